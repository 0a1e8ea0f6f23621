"""The platform with stations written with the PyPI package ``ocpp``; seen through the API alone."""

import asyncio
from decimal import Decimal

import pytest

from tests.flows.independent import connected
from tests.system import System, eventually

BOTH = pytest.mark.parametrize("version", ["1.6", "2.0.1"])
TOKEN = "DEMO0001"
REGISTERS = [120_000, 121_500, 123_017, 131_049]


async def session(system: System, identity: str, transaction: str) -> dict[str, object]:
    """The ledger's record of what the station calls by this name."""

    async def ask() -> dict[str, object] | None:
        page = await system.get("transactions", station=identity)
        return next((t for t in page["items"] if t["transaction"] == transaction), None)

    return await eventually(ask)  # type: ignore[return-value]


@BOTH
async def test_a_session_is_in_the_ledger_to_the_watt_hour(
    system: System, identity: str, version: str
) -> None:
    async with connected(system.ocpp_url, identity, version) as station:
        assert await station.boot() == "Accepted"
        assert await station.authorize(TOKEN) == "Accepted"
        transaction = await station.charge(TOKEN, REGISTERS)
        record = await session(system, identity, transaction)
    assert record["status"] == "ended"
    assert Decimal(str(record["energy_wh"])) == 11_049
    assert Decimal(str(record["meter_start_wh"])) == 120_000
    assert Decimal(str(record["meter_stop_wh"])) == 131_049
    assert record["token"] == TOKEN
    assert record["duration_s"] == 180
    assert record["complete"] is True
    assert record.get("flags", []) == []


@BOTH
async def test_the_detail_record_says_what_the_session_says(
    system: System, identity: str, version: str
) -> None:
    async with connected(system.ocpp_url, identity, version) as station:
        await station.boot()
        transaction = await station.charge(TOKEN, REGISTERS)
        record = await session(system, identity, transaction)
    cdrs = (await system.get("cdrs", station=identity))["items"]
    assert [cdr["transaction_id"] for cdr in cdrs] == [record["id"]]
    assert Decimal(str(cdrs[0]["energy_wh"])) == 11_049


@BOTH
async def test_an_unknown_token_is_told_so(system: System, identity: str, version: str) -> None:
    async with connected(system.ocpp_url, identity, version) as station:
        await station.boot()
        assert await station.authorize("NOBODY") in {"Invalid", "Unknown"}


@BOTH
async def test_an_operator_starts_and_stops_a_session(
    system: System, identity: str, version: str
) -> None:
    """F01 to F03: the station's answer comes back, the session carries the operator's token."""
    async with connected(system.ocpp_url, identity, version) as station:
        await station.boot()
        started = await system.post(f"stations/{identity}/start", {"token": "DEMO0002", "evse": 1})
        kind, asked = await asyncio.wait_for(station.asked.get(), 10)
        assert (kind, started["status"], started["payload"]) == (
            "start", "answered", {"status": "Accepted"},
        )  # fmt: skip
        if version == "1.6":
            transaction = await station.begin(asked["id_tag"], 500)
        else:
            remote = {"remote_start_id": asked["remote_start_id"]}
            transaction = await station.begin(asked["id_token"]["id_token"], 500, **remote)
        record = await session(system, identity, transaction)
        assert (record["status"], record["token"]) == ("active", "DEMO0002")
        stopped = await system.post(
            f"stations/{identity}/stop", {"transaction": str(record["transaction"])}
        )
        kind, asked = await asyncio.wait_for(station.asked.get(), 10)
        assert (kind, str(asked["transaction_id"])) == ("stop", transaction)
        assert stopped["payload"] == {"status": "Accepted"}
        await station.finish(transaction, "DEMO0002", 5, 1750)
        ended = await session(system, identity, transaction)
    assert (ended["status"], Decimal(str(ended["energy_wh"]))) == ("ended", 1250)


@BOTH
async def test_an_operator_resets_a_station(system: System, identity: str, version: str) -> None:
    async with connected(system.ocpp_url, identity, version) as station:
        await station.boot()
        answer = await system.post(f"stations/{identity}/reset", {})
        kind, asked = await asyncio.wait_for(station.asked.get(), 10)
    assert answer["status"] == "answered"
    assert answer["payload"] == {"status": "Accepted"}
    assert (kind, asked["type"]) == ("reset", "Soft" if version == "1.6" else "OnIdle")


async def test_configuration_is_changed_and_read_in_16(system: System, identity: str) -> None:
    async with connected(system.ocpp_url, identity, "1.6") as station:
        await station.boot()
        changed = await system.post(
            f"stations/{identity}/calls/ChangeConfiguration",
            {"key": "HeartbeatInterval", "value": "77"},
        )
        read = await system.post(
            f"stations/{identity}/calls/GetConfiguration", {"key": ["HeartbeatInterval", "Nope"]}
        )
    assert changed["payload"] == {"status": "Accepted"}
    assert read["payload"] == {
        "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "77"}],
        "unknownKey": ["Nope"],
    }


async def test_variables_are_set_and_read_in_201(system: System, identity: str) -> None:
    """B05, B06."""
    where = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "OfflineThreshold"}}
    async with connected(system.ocpp_url, identity, "2.0.1") as station:
        await station.boot()
        written = await system.post(
            f"stations/{identity}/calls/SetVariables",
            {"setVariableData": [{"attributeValue": "123", **where}]},
        )
        read = await system.post(
            f"stations/{identity}/calls/GetVariables", {"getVariableData": [where]}
        )
    assert written["payload"] == {
        "setVariableResult": [{"attributeStatus": "Accepted", **where}],
    }
    assert read["payload"] == {
        "getVariableResult": [{"attributeStatus": "Accepted", "attributeValue": "123", **where}],
    }


@BOTH
async def test_the_log_shows_every_exchange(system: System, identity: str, version: str) -> None:
    async with connected(system.ocpp_url, identity, version) as station:
        await station.boot()
        await station.authorize(TOKEN)
        await station.charge(TOKEN, REGISTERS)
        await system.post(f"stations/{identity}/reset", {})
    events = {
        "1.6": ["StartTransaction", "MeterValues", "MeterValues", "StopTransaction"],
        "2.0.1": ["TransactionEvent"] * 4,
    }
    statuses = ["StatusNotification"] * (2 if version == "1.6" else 1)
    wanted = ["BootNotification", *statuses, "Authorize", *events[version], "Reset"]

    async def actions() -> list[str]:
        page = await system.get(f"stations/{identity}/log", limit=100)
        return [line["action"] for line in reversed(page["items"])]

    assert await eventually(actions, lambda seen: len(seen) >= len(wanted)) == wanted
    newest = (await system.get(f"stations/{identity}/log", limit=1))["items"][0]
    assert (newest["direction"], newest["outcome"]) == ("down", "answered")
    assert newest["response"] == {"status": "Accepted"}
