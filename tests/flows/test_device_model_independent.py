"""The device model with a station that is not ours (PyPI ``ocpp``), and with a virtual one."""

import asyncio
from typing import Any, cast

import pytest

from libs.station import VirtualStation
from libs.station.settings import variables
from tests.flows.independent import Station16, Station201, connected
from tests.flows.test_device_model import finished, known
from tests.system import System


async def test_a_report_in_three_parts_with_one_lost_is_asked_for_again(
    system: System, identity: str
) -> None:
    """B07: the lost part is asked for again under the same request."""
    async with connected(system.ocpp_url, identity, "2.0.1") as found:
        station = cast("Station201", found)
        assert await station.boot() == "Accepted"
        answer = await system.post(f"stations/{identity}/reports", {"base": "FullInventory"})
        _, first = await asyncio.wait_for(station.asked.get(), 30)
        await station.report(first["request_id"], [0, 2], 3)
        underway = await system.get(f"stations/{identity}/requests/{answer['request']}")
        _, again = await asyncio.wait_for(station.asked.get(), 30)
        await station.report(again["request_id"], [0, 1, 2], 3)
        seen = await finished(system, identity, answer["request"])
    assert (underway["progress"], underway["parts_missing"]) == ("running", [1])
    assert again["report_base"] == first["report_base"] == "FullInventory"
    assert again["request_id"] != first["request_id"]
    assert (seen["progress"], seen["repeats"], seen["parts_missing"]) == ("complete", 1, [])
    assert [part["payload"]["seqNo"] for part in seen["later"]] == [0, 2, 0, 1, 2]
    assert await known(system, identity) == {f"Indie.Part{n}": str(n) for n in range(3)}


@pytest.mark.certification("TC_B_06", "TC_B_09")
async def test_variables_are_set_and_read_back(system: System, identity: str) -> None:
    path = f"stations/{identity}/variables"
    name = {"component": "OCPPCommCtrlr", "variable": "OfflineThreshold"}
    async with connected(system.ocpp_url, identity, "2.0.1") as station:
        await station.boot()
        put = await system.post(f"{path}/set", {"variables": [{**name, "value": "123"}]})
        got = await system.post(
            f"{path}/get", {"variables": [name, {"component": "C", "variable": "Unheard"}]}
        )
    assert [item["status"] for item in put["items"]] == ["Accepted"]
    assert [(item["status"], item["value"]) for item in got["items"]] == [
        ("Accepted", "123"), ("UnknownVariable", None),
    ]  # fmt: skip


@pytest.mark.certification("TC_019_1", "TC_021")
async def test_the_configuration_of_16_is_changed_and_read_back(
    system: System, identity: str
) -> None:
    path = f"stations/{identity}"
    async with connected(system.ocpp_url, identity, "1.6") as found:
        station = cast("Station16", found)
        await station.boot()
        write = {"variables": [{"key": "HeartbeatInterval", "value": "77"}]}
        put = await system.post(f"{path}/variables/set", write)
        answer = await system.post(f"{path}/reports", {"base": "FullInventory"})
    assert put["items"][0]["status"] == "Accepted"
    assert answer["status"] == "answered"
    assert await known(system, identity, variable="heartbeatinterval") == {
        "OCPPCommCtrlr.HeartbeatInterval": "77"
    }


@pytest.mark.parametrize("version", ["v201", "v21"])
async def test_a_part_that_a_virtual_station_loses_is_asked_for_again(
    system: System, identity: str, version: Any
) -> None:
    async with VirtualStation(identity, system.ocpp_url, version) as station:
        await station.booted()
        station.lose_parts(1)
        answer = await system.post(f"stations/{identity}/reports", {"base": "FullInventory"})
        seen = await finished(system, identity, answer["request"])
        shown = await system.all(f"stations/{identity}/variables")
    assert (seen["progress"], seen["repeats"]) == ("complete", 1)
    own = list(variables(station.controller.profile.evses))
    assert len(shown) == len(own)
    assert {v["value"] for v in shown if v["mutability"] == "WriteOnly"} == {None}
