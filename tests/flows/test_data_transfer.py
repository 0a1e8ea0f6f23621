"""P: vendors' own data (P_02, P_03, TC_064)."""

from typing import Any

import pytest

from tests.flows.messages import ALL, TWO, event, status
from tests.flows.station import booted
from tests.system import System, eventually

CUSTOM = {"vendorId": "org.example.vendor", "any": {"thing": [1, 2.5, "x"]}, "limit_L2": 3}


@pytest.mark.parametrize("version", ALL)
async def test_an_unknown_vendor_is_told_so(system: System, identity: str, version: str) -> None:
    """TC_P_02, TC_064: and what it said is kept."""
    data = {"vendorId": "org.example", "messageId": "Hello", "data": "of vendors"}
    async with booted(system, identity, version) as station:
        answer = await station.ask("DataTransfer", data)
    kept = (await system.get(f"stations/{identity}/reports", action="DataTransfer"))["items"]
    assert answer == {"status": "UnknownVendorId"}
    assert [report["payload"] for report in kept] == [data]


@pytest.mark.parametrize("version", ALL)
async def test_an_operator_sends_data_of_a_vendor(
    system: System, identity: str, version: str
) -> None:
    data = {"vendorId": "org.example", "messageId": "Hello", "data": "to you"}
    granted = {"status": "Accepted", "data": "and to you"}
    async with booted(system, identity, version) as station:
        station.answers["DataTransfer"] = granted
        answer = await system.post(f"stations/{identity}/calls/DataTransfer", data)
    assert station.calls == [("DataTransfer", data)]
    assert (answer["status"], answer["payload"]) == ("answered", granted)


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize("strict", [False, True])
async def test_custom_data_is_welcome_everywhere_and_kept(
    system: System, identity: str, version: str, strict: bool
) -> None:
    """TC_P_03: in StatusNotification and TransactionEvent, outside and inside."""
    await system.put(f"stations/{identity}", {"strict": strict})
    begun, body = event("Started", "Authorized", "tx", 0, token="DEMO0001", register=10)
    body["customData"] = body["transactionInfo"]["customData"] = CUSTOM
    body["idToken"]["customData"] = body["meterValue"][0]["sampledValue"][0]["customData"] = CUSTOM
    name, told = status(version, "Occupied")
    async with booted(system, identity, version) as station:
        assert await station.ask(name, {**told, "customData": CUSTOM}) == {}
        started = await station.ask(begun, body)
        granted = {"status": "Accepted", "customData": CUSTOM}
        station.answers["Reset"] = granted
        answer = await system.post(
            f"stations/{identity}/calls/Reset", {"type": "OnIdle", "customData": CUSTOM}
        )

    async def logged() -> list[Any]:
        page = await system.get(f"stations/{identity}/log", action="TransactionEvent")
        return [exchange["request"] for exchange in page["items"]]

    assert await eventually(logged) == [body]
    (record,) = await system.all("transactions", station=identity)
    assert started == {"idTokenInfo": {"status": "Accepted"}}
    assert station.calls == [("Reset", {"type": "OnIdle", "customData": CUSTOM})]
    assert answer["payload"] == granted
    assert record["flags"] == []
