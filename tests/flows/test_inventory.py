"""B07.FR.14: what the platform asks of its own accord after a boot, and that it can be told not to.

A platform of its own, because all other tests run without.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from libs.station import VirtualStation
from libs.station.dialect import Hardware
from tests import bare
from tests.flows.messages import ALL, TWO
from tests.flows.station import Station, connected
from tests.flows.test_device_model import datum, report
from tests.flows.test_dialects import MAKERS, plugged_in
from tests.system import System, eventually


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asking(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    settings = {"inventory_after_boot": "true", "inventory_spread_seconds": "0"}
    named = {name.upper(): value for name, value in settings.items()}
    async with System(tmp_path_factory.mktemp("asking"), **named) as running:
        yield running


@pytest_asyncio.fixture
async def system(asking: System) -> AsyncIterator[System]:
    async with asking.client() as seen:
        yield seen


def boot(version: str, firmware: str) -> dict[str, Any]:
    if version == "1.6":
        return {**bare.BOOTS["1.6"], "firmwareVersion": firmware}
    station = {**bare.BOOTS[version]["chargingStation"], "firmwareVersion": firmware}
    return {**bare.BOOTS[version], "chargingStation": station}


async def inventory(station: Station, version: str) -> int:
    """The next call is for everything; it is answered, and told of at once."""
    action, call = await station.call()
    if version == "1.6":
        assert (action, call) == ("GetConfiguration", {})
        return 0
    assert (action, call["reportBase"]) == ("GetBaseReport", "FullInventory")
    await report(
        station, call["requestId"], {0: [datum({"component": "A", "variable": "B"}, "1")]}, 0
    )
    return int(call["requestId"])


@pytest.mark.parametrize("version", ALL)
async def test_a_new_station_and_a_new_firmware_are_asked_for_everything_once(
    system: System, identity: str, version: str
) -> None:
    async with connected(system, identity, version) as station:
        station.answers["GetConfiguration"] = {
            "configurationKey": [{"key": "A", "readonly": False, "value": "1"}]
        }
        await station.ask("BootNotification", boot(version, "1.0"))
        await inventory(station, version)

        async def complete() -> bool:
            requests = await system.all(f"stations/{identity}/requests")
            return [r["progress"] for r in requests] == ["complete"] and requests[0]["by"] == (
                "inventory"
            )

        await eventually(complete)
        await station.ask("BootNotification", boot(version, "1.0"))
        await station.ask("BootNotification", boot(version, "2.0"))
        await inventory(station, version)
        assert len(station.calls) == 2
    assert len(await system.all(f"stations/{identity}/variables")) == 1


@pytest.mark.certification("TC_B_01", "TC_001")
@pytest.mark.parametrize("version", ALL)
async def test_a_station_that_is_not_automatic_hears_what_its_operator_asks(
    system: System, identity: str, version: str
) -> None:
    """A station that booted after it was asked, and it was not."""
    await system.put(f"stations/{identity}", {"automatic": False})
    async with connected(system, identity, version) as station:
        await station.ask("BootNotification", boot(version, "1.0"))
        async with connected(system, f"{identity}-later", version) as later:
            later.answers["GetConfiguration"] = {"configurationKey": []}
            await later.ask("BootNotification", boot(version, "1.0"))
            await inventory(later, version)
        await system.post(f"stations/{identity}/reset", {"hard": True})
        assert await station.told() == []
    assert [action for action, _ in station.calls] == ["Reset"]


async def wishes(system: System, identity: str) -> None:
    """A local list that is kept in step, and a template that is enforced."""
    path = f"stations/{identity}/local-list"
    await system.put(path, {"entries": [{"token": "DEMO0001"}]})
    await system.put(f"{path}/sync", {"on": True})
    wanted = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "77"}
    body = {"settings": [wanted], "selector": {"stations": [identity]}, "enforce": True}
    await system.put(f"templates/{identity}", body)


SPEAKS = {
    "1.6": {"GetConfiguration", "GetLocalListVersion", "SendLocalList", "ChangeConfiguration"},
    "2.0.1": {"GetBaseReport", "GetLocalListVersion", "SendLocalList", "SetVariables"},
    "2.1": {"GetBaseReport", "GetLocalListVersion", "SendLocalList", "SetVariables"},
}
HELD: dict[str, Any] = {
    "GetLocalListVersion": {"listVersion": 0, "versionNumber": 0},
    "GetConfiguration": {
        "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]
    },
}


@pytest.mark.parametrize("version", ALL)
async def test_neither_list_nor_template_reaches_a_station_that_is_not_automatic(
    system: System, identity: str, version: str
) -> None:
    """Another one, that booted after it, gets all of it."""
    other = f"{identity}-other"
    for each in (identity, other):
        await system.put(f"stations/{each}", {"automatic": each == other})
        await wishes(system, each)
    async with (
        connected(system, identity, version) as station,
        connected(system, other, version) as automatic,
    ):
        for each in (station, automatic):
            each.answers |= HELD
            await each.ask("BootNotification", boot(version, "1.0"))
        if version != "1.6":
            data = [datum({"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}, "300")]
            for each in (station, automatic):
                await report(each, 1, {0: data}, 0)

        async def heard() -> set[str]:
            return {action for action, _ in automatic.calls}

        await eventually(heard, lambda actions: actions >= SPEAKS[version])
        assert await station.told() == []
        assert station.calls == []


@pytest.mark.parametrize("version", TWO)
async def test_a_station_that_is_not_accepted_is_not_asked(
    system: System, identity: str, version: str
) -> None:
    """B02: but as soon as it is."""
    await system.put(f"stations/{identity}", {"registration": "Pending"})
    async with connected(system, identity, version) as station:
        assert (await station.ask("BootNotification", boot(version, "1")))["status"] == "Pending"
        await system.put(f"stations/{identity}", {"registration": "Accepted"})
        action, _ = await station.call()
        assert action == "TriggerMessage"
        await station.ask("BootNotification", boot(version, "1"))
        await inventory(station, version)
    assert [action for action, _ in station.calls] == ["TriggerMessage", "GetBaseReport"]


async def test_a_station_without_inventory_is_asked_for_its_configuration(
    system: System, identity: str
) -> None:
    async with connected(system, identity, "2.0.1") as station:
        station.answers["GetBaseReport"] = {"status": "NotSupported"}
        await station.ask("BootNotification", boot("2.0.1", "1"))
        bases = [(await station.call())[1]["reportBase"] for _ in range(2)]
    assert bases == ["FullInventory", "ConfigurationInventory"]


@pytest.mark.parametrize("version", ["v16", "v201", "v21"])
async def test_a_virtual_station_tells_all_it_has(
    system: System, identity: str, version: Any
) -> None:
    hardware = Hardware(serial=identity, firmware="9.9")
    async with VirtualStation(identity, system.ocpp_url, version, hardware=hardware) as station:
        await station.booted()
        await eventually(
            lambda: system.all(f"stations/{identity}/requests"),
            lambda found: [request["progress"] for request in found] == ["complete"],
        )
        shown = await system.all(f"stations/{identity}/variables")
    values = {(v["component"], v["variable"], v["evse"]): v["value"] for v in shown}
    assert values["TxCtrlr", "EVConnectionTimeOut", None] == "60"
    assert values["SecurityCtrlr", "BasicAuthPassword", None] is None


async def test_who_is_not_to_be_asked_for_everything_has_its_inventory_taken_key_by_key(
    system: System, identity: str
) -> None:
    maker = next(maker for maker in MAKERS if maker.dialect == "entratek-power-dot")
    path = f"stations/{identity}"
    async with plugged_in(system, identity, maker) as station:
        await station.booted()
        known = await eventually(
            lambda: system.all(f"{path}/variables", search="Interval"),
            lambda items: len(items) >= 3,
        )
        asked = await system.all(f"{path}/requests", action="GetConfiguration")
    assert {item["key"] for item in known} >= {"HeartbeatInterval", "MeterValueSampleInterval"}
    assert all(1 <= len(request["payload"]["key"]) <= 4 for request in asked)
    assert {request["by"] for request in asked} == {"inventory"}
