"""P: vendors' own data (P_02, P_03, TC_064)."""

from typing import Any
from urllib.parse import quote

import pytest

from libs.station import VirtualStation
from libs.station.vendor import Said, Vendors
from tests.flows.messages import ALL, TWO, event, status
from tests.flows.station import Station, booted
from tests.system import System, eventually

CUSTOM = {"vendorId": "org.example.vendor", "any": {"thing": [1, 2.5, "x"]}, "limit_L2": 3}


case = pytest.mark.certification


@case("TC_P_02", "TC_064")
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


@case("TC_P_03")
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


# -- vendors that are known ----------------------------------------------------------------------


@pytest.mark.parametrize("version", ALL)
async def test_a_tenant_says_how_a_vendor_is_answered(
    system: System, identity: str, version: str
) -> None:
    """P02: accepted, rejected, an unknown message of a known vendor, and unknown again."""
    vendor = f"org.example.{identity}/{version}"
    handler = f"vendors/{quote(vendor, safe='')}"

    async def said(station: Station, message: str) -> str:
        data = {"vendorId": vendor, "messageId": message, "data": "x"}
        return (await station.ask("DataTransfer", data))["status"]

    async with booted(system, identity, version) as station:
        set_to = await system.put(handler, {"policy": "accept", "messages": ["Hello"]})
        assert await system.get(handler) == set_to
        assert set_to in await system.all("vendors")
        answers = [await said(station, "Hello"), await said(station, "Other")]
        await system.put(handler, {"policy": "reject"})
        answers.append(await said(station, "Other"))
        assert (await system.http.delete(handler)).status_code == 204
        assert (await system.http.get(handler)).status_code == 404
        assert (await system.http.delete(handler)).status_code == 404
        answers.append(await said(station, "Hello"))
    assert answers == ["Accepted", "UnknownMessageId", "Rejected", "UnknownVendorId"]
    seen = await system.all(f"stations/{identity}/data-transfers", vendor=vendor)
    assert [(each["direction"], each["message"], each["status"]) for each in seen] == [
        ("up", "Hello", "UnknownVendorId"),
        ("up", "Other", "Rejected"),
        ("up", "Other", "UnknownMessageId"),
        ("up", "Hello", "Accepted"),
    ]


@pytest.mark.parametrize(
    ("version", "data"), [("1.6", "text"), ("2.0.1", {"any": [1, None]}), ("2.1", 7)]
)
async def test_an_operator_sends_data_by_its_own_resource(
    system: System, identity: str, version: str, data: Any
) -> None:
    async with booted(system, identity, version) as station:
        station.answers["DataTransfer"] = {"status": "UnknownMessageId", "data": data}
        answer = await system.post(
            f"stations/{identity}/data-transfers",
            {"vendor": "org.example", "message": "Hello", "data": data},
        )
        assert await station.call() == (
            "DataTransfer",
            {"vendorId": "org.example", "messageId": "Hello", "data": data},
        )
    assert answer["payload"]["status"] == "UnknownMessageId"
    (seen,) = await system.all(f"stations/{identity}/data-transfers")
    assert {name: seen[name] for name in ("direction", "data", "answer", "request")} == {
        "direction": "down",
        "data": data,
        "answer": data,
        "request": answer["request"],
    }


async def test_1_6_takes_no_data_but_text(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6") as station:
        body = {"vendor": "org.example", "data": {"no": "text"}}
        answer = await system.http.post(f"stations/{identity}/data-transfers", json=body)
        assert answer.status_code == 422
        assert "$.data" in answer.json()["detail"]
        assert station.calls == []


@pytest.mark.parametrize("version", ["v16", "v201", "v21"])
async def test_a_whole_station_has_handlers_of_its_own(
    system: System, identity: str, version: Any
) -> None:
    """Unknown vendor, unknown message, and one that is understood."""
    async with VirtualStation(identity, system.ocpp_url, version) as station:
        await station.booted()
        vendors = station.controller.feature(Vendors)
        vendors.register("org.example", "Echo", lambda data: Said("Accepted", data))
        answers = [
            await system.post(f"stations/{identity}/data-transfers", body)
            for body in (
                {"vendor": "org.other"},
                {"vendor": "org.example", "message": "Hello"},
                {"vendor": "org.example", "message": "Echo", "data": "x"},
            )
        ]
        said: list[Any] = []
        vendors.send("org.example", "Hello", "of vendors", said.append)
        await station.wait_for(lambda: bool(said), "the answer to its own message")
    assert said[0].status == "UnknownVendorId"
    assert [answer["payload"] for answer in answers] == [
        {"status": "UnknownVendorId"},
        {"status": "UnknownMessageId"},
        {"status": "Accepted", "data": "x"},
    ]
