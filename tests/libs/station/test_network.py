"""B09 and B10: a station moves to another server, and finds its way back."""

from typing import Any

import pytest

from tests.libs.station.conftest import ONLY_2
from tests.libs.station.csms import Csms, running

PRIORITY = {
    "component": {"name": "OCPPCommCtrlr"},
    "variable": {"name": "NetworkConfigurationPriority"},
}
ACTIVE = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "ActiveNetworkProfile"}}


async def fill(csms: Csms, slot: int = 2, **change: Any) -> tuple[str, str | None]:
    """Status and reason of a SetNetworkProfile."""
    data = {
        "ocpp_version": "OCPP20" if csms.version == "v201" else "OCPP21",
        "ocpp_transport": "JSON",
        "ocpp_csms_url": "ws://127.0.0.1:9/",
        "message_timeout": 25,
        "security_profile": 0,
        "ocpp_interface": "Wired0",
        **change,
    }
    answer = await csms.call("SetNetworkProfile", configuration_slot=slot, connection_data=data)
    info = getattr(answer, "status_info", None)
    return answer.status, info["reason_code"] if info else None


async def prefer(csms: Csms, order: str) -> str:
    item = {**PRIORITY, "attribute_value": order}
    answer = await csms.call("SetVariables", set_variable_data=[item])
    return answer.set_variable_result[0]["attribute_status"]


async def active(csms: Csms) -> str:
    answer = await csms.call("GetVariables", get_variable_data=[ACTIVE])
    return answer.get_variable_result[0]["attribute_value"]


@ONLY_2
async def test_a_station_moves_when_it_restarts_and_boots_there(csms, station):
    async with running(csms.version) as other, station() as made:
        await made.booted()
        assert await fill(csms, ocpp_csms_url=other.url) == ("Accepted", None)
        assert (await active(csms), await prefer(csms, "2,1")) == ("1", "RebootRequired")
        assert other.calls == []
        await csms.call("Reset", type="Immediate")
        await other.heard("BootNotification")
        await made.booted()
        assert (await active(other), len(csms.said("BootNotification"))) == ("2", 1)
        assert made.setting("OCPPCommCtrlr.MessageTimeout[Default]") == "25"


@ONLY_2
async def test_a_station_that_finds_nobody_goes_back_to_where_it_was(csms, station):
    """After NetworkProfileConnectionAttempts the next slot of the order."""
    settings = {"OCPPCommCtrlr.NetworkProfileConnectionAttempts": "2"}
    async with station(settings=settings, link_speed=200) as made:
        await made.booted()
        assert await fill(csms) == ("Accepted", None)
        await prefer(csms, "2,1")
        await csms.call("Reset", type="Immediate")
        await csms.heard("BootNotification", 2)
        await made.booted()
        assert await active(csms) == "1"


@ONLY_2
@pytest.mark.parametrize(
    ("slot", "change", "reason"),
    [
        (4, {}, "InvalidConfSlot"),
        (2, {"ocpp_transport": "SOAP"}, "InvalidNetworkConf"),
        (2, {"ocpp_version": "OCPP16"}, "InvalidNetworkConf"),
        (2, {"security_profile": 2}, "InvalidNetworkConf"),
        (2, {"ocpp_csms_url": "https://csms.example"}, "InvalidNetworkConf"),
    ],
)
async def test_a_profile_that_cannot_work_is_refused(csms, station, slot, change, reason):
    async with station() as made:
        await made.booted()
        assert await fill(csms, slot, **change) == ("Rejected", reason)
        assert await prefer(csms, "2,1") == "Rejected"


@ONLY_2
async def test_security_is_not_weakened(csms, station):
    async with station(password="0123456789abcdef") as made:
        await made.booted()
        assert await fill(csms) == ("Rejected", "NoSecurityDowngrade")
        assert made.setting("SecurityCtrlr.SecurityProfile") == "1"


@pytest.mark.parametrize("version", ["v201", "v21"])
async def test_a_slot_in_use_is_changed_by_201_alone(csms, station):
    async with station() as made:
        await made.booted()
        answer = await fill(csms, slot=1, ocpp_csms_url=csms.url)
        expected = {"v201": ("Accepted", None), "v21": ("Rejected", "ActiveNetworkConf")}
        assert answer == expected[csms.version]


@ONLY_2
async def test_a_part_of_a_report_is_lost_once(csms, station):
    async with station() as made:
        await made.booted()
        made.lose_parts(1)
        for number in (5, 6):
            await csms.call("GetBaseReport", request_id=number, report_base="FullInventory")

        def told(number: int) -> list[int]:
            parts = [p for p in csms.said("NotifyReport") if p["requestId"] == number]
            return [p["seqNo"] for p in parts if parts[-1].get("tbc") is not True]

        await csms.until(lambda: bool(told(6)))
        assert told(6) == list(range(len(told(6))))
        assert told(5) == [number for number in told(6) if number != 1]
