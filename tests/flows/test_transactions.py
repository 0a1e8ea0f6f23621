"""E, J: sessions in any order, with every oddity of the field (E01 to E14, field.md)."""

import itertools
import random

import pytest

from tests import bare
from tests.flows import sequences
from tests.flows.messages import TWO, authorize, event, info, minute, start, status, stop
from tests.flows.station import booted
from tests.system import System


async def only_session(system: System, station: str) -> dict[str, object]:
    items = (await system.get("transactions", station=station))["items"]
    assert len(items) == 1
    return items[0]


@pytest.mark.parametrize("version", TWO)
async def test_events_in_any_order_give_the_same_session(
    system: System, identity: str, version: str
) -> None:
    """TC_E_31 and more: Ended first, Started last, two of everything."""
    tx = f"{identity}-1"
    events = [
        event("Started", "Authorized", tx, 0, token="DEMO0001", register=1_000),
        *(
            event("Updated", "MeterValuePeriodic", tx, n, register=1_000 + 100 * n)
            for n in (1, 2, 3)
        ),
        event("Ended", "EVDeparted", tx, 4, register=1_450),
    ]
    shuffled = [*reversed(events), *events]
    random.Random(7).shuffle(shuffled)
    socket = await bare.boot(system.ocpp_url, identity, version)
    for message in [*reversed(events), *shuffled]:
        await socket.ask(*message)
    socket.close()
    record = await only_session(system, identity)
    assert (record["status"], float(str(record["energy_wh"]))) == ("ended", 450)
    assert (record["events"], record["complete"], record.get("gaps", [])) == (5, True, [])
    cdrs = (await system.get("cdrs", station=identity))["items"]
    assert float(cdrs[0]["energy_wh"]) == 450


@pytest.mark.parametrize("version", TWO)
async def test_a_gap_is_shown_and_closes(system: System, identity: str, version: str) -> None:
    tx = f"{identity}-1"
    socket = await bare.boot(system.ocpp_url, identity, version)
    await socket.ask(*event("Started", "Authorized", tx, 0, token="DEMO0001", register=0))
    await socket.ask(*event("Ended", "EVDeparted", tx, 3, register=900))
    gap = await only_session(system, identity)
    for number in (1, 2):
        await socket.ask(*event("Updated", "MeterValuePeriodic", tx, number, register=300 * number))
    whole = await only_session(system, identity)
    socket.close()
    assert (gap["complete"], gap["gaps"]) == (False, [{"first": 1, "last": 2}])
    assert (whole["complete"], whole.get("gaps", [])) == (True, [])
    assert whole["energy_wh"] == gap["energy_wh"]


async def test_a_16_start_sent_again_is_the_same_session(system: System, identity: str) -> None:
    """Same content, new message id: the same transactionId (ocpp.md 4.5)."""
    start = {
        "connectorId": 1,
        "idTag": "DEMO0001",
        "meterStart": 50,
        "timestamp": "2026-11-22T10:00:00Z",
    }
    socket = await bare.boot(system.ocpp_url, identity, "1.6")
    first = await socket.ask("StartTransaction", start)
    second = await socket.ask("StartTransaction", start)
    stop = {
        "transactionId": first["transactionId"],
        "meterStop": 99,
        "timestamp": "2026-11-22T11:00:00Z",
    }
    answers = [await socket.ask("StopTransaction", stop) for _ in range(2)]
    socket.close()
    record = await only_session(system, identity)
    cdrs = (await system.get("cdrs", station=identity))["items"]
    assert first == second
    assert first["transactionId"] > 0
    assert answers[0] == answers[1]
    assert (record["status"], float(str(record["energy_wh"])), len(cdrs)) == ("ended", 49, 1)


async def test_a_16_stop_of_a_session_that_we_never_saw_is_kept(
    system: System, identity: str
) -> None:
    stop = {"transactionId": 987_654, "meterStop": 4_200, "timestamp": "2026-11-22T11:00:00Z"}
    socket = await bare.boot(system.ocpp_url, identity, "1.6")
    answer = await socket.ask("StopTransaction", stop)
    socket.close()
    record = await only_session(system, identity)
    assert "idTagInfo" not in answer
    assert (record["transaction"], record["status"]) == ("987654", "ended")
    assert "unknown_transaction" in record["flags"]


@pytest.mark.parametrize("version", TWO)
async def test_an_offline_begin_of_zero_does_not_bend_the_bill(
    system: System, identity: str, version: str
) -> None:
    """One system billed 910 kWh instead of 0.083 (field.md)."""
    tx = f"{identity}-1"
    socket = await bare.boot(system.ocpp_url, identity, version)
    started = event("Started", "Authorized", tx, 0, token="DEMO0001", register=0, offline=True)
    await socket.ask(*started)
    for number, register in zip(itertools.count(1), (910_000, 910_040, 910_083), strict=False):
        await socket.ask(*event("Updated", "MeterValuePeriodic", tx, number, register=register))
    await socket.ask(*event("Ended", "EVDeparted", tx, 4, register=910_083))
    socket.close()
    record = await only_session(system, identity)
    assert float(str(record["energy_wh"])) == 83
    assert "begin_zero" in record["flags"]


@pytest.mark.parametrize("version", TWO)
async def test_the_detail_of_a_session_holds_its_meter_values(
    system: System, identity: str, version: str
) -> None:
    tx = f"{identity}-1"
    socket = await bare.boot(system.ocpp_url, identity, version)
    await socket.ask(*event("Started", "Authorized", tx, 0, token="DEMO0001", register=10))
    await socket.ask(*event("Ended", "EVDeparted", tx, 1, register=30))
    socket.close()
    record = await only_session(system, identity)
    detail = await system.get(f"transactions/{record['id']}")
    values = [
        (m["at"][:19], m["seq_no"], m["samples"][0]["measurand"], float(m["samples"][0]["value"]))
        for m in detail["meter_values"]
    ]
    register = "Energy.Active.Import.Register"
    assert values == [
        (minute(0)[:19], 0, register, 10),
        (minute(1)[:19], 1, register, 30),
    ]


async def test_a_payload_that_fits_no_schema_is_kept_when_it_carries_energy(
    system: System, identity: str
) -> None:
    """A tolerant station is answered and the message kept; a strict one is refused."""
    odd = event("Updated", "NobodyKnowsWhy", f"{identity}-1", 1, register=5)
    socket = await bare.boot(system.ocpp_url, identity)
    await socket.ask(*event("Started", "Authorized", f"{identity}-1", 0, token="DEMO0001"))
    answer = await socket.ask(*odd)
    record = await only_session(system, identity)
    await system.put(f"stations/{identity}", {"strict": True})
    socket.close()
    strict = await bare.boot(system.ocpp_url, identity)
    with pytest.raises(bare.Refused) as refused:
        await strict.ask(*odd)
    strict.close()
    assert answer == {}
    assert "quarantined_message" in record["flags"]
    assert refused.value.args[0] == "PropertyConstraintViolation"
    assert "triggerReason" in refused.value.args[1]


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize("name", sequences.CASES)
async def test_every_way_to_start_and_stop_is_answered_and_billed(
    system: System, identity: str, name: str, version: str
) -> None:
    """TC_E_01 to TC_E_39: idTokenInfo wherever a token is shown, nothing else; the whole sum."""
    case = sequences.CASES[name]
    told = []
    async with booted(system, identity, version) as station:
        await station.ask(*authorize(version, sequences.GOOD))
        await station.ask(*status(version, "Occupied"))
        for number, step in enumerate(case.steps):
            message = event(step.kind, step.trigger, "tx", number, **step.fields())
            answer = await station.ask(*message)
            told.append(answer and info(version, answer)["status"])
    record = await only_session(system, identity)
    words = {None: {}, sequences.GOOD: "Accepted", sequences.BAD: "Unknown"}
    shown = {step.token for step in case.steps}
    assert told == [words[step.token] for step in case.steps]
    assert record["status"] == ("ended" if case.reason else "active")
    assert record.get("stop_reason") == case.reason
    assert (record["energy_wh"], record["events"]) == (case.energy, len(case.steps))
    assert record["complete"] == bool(case.reason)
    assert record["flags"] == (["unknown_token", "token_refused"] if sequences.BAD in shown else [])


@pytest.mark.parametrize("version", TWO)
async def test_each_transaction_may_begin_with_the_same_number(
    system: System, identity: str, version: str
) -> None:
    """TC_E_53: seqNo 0 at each start; a counter that goes on over transactions is fine too."""
    async with booted(system, identity, version) as station:
        for tx, numbers in (("a", (0, 1)), ("b", (0, 1)), ("c", (7, 8))):
            first, last = numbers
            await station.ask(*event("Started", "Authorized", tx, first, token="DEMO0001"))
            await station.ask(*event("Ended", "EVDeparted", tx, last))
    records = (await system.get("transactions", station=identity))["items"]
    assert sorted((r["transaction"], r["complete"], len(r["flags"])) for r in records) == [
        ("a", True, 1), ("b", True, 1), ("c", True, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("version", TWO)
async def test_the_station_is_asked_what_it_has_not_sent_yet(
    system: System, identity: str, version: str
) -> None:
    """TC_E_29, TC_E_30, TC_E_31, TC_E_33, TC_E_34: the end comes first, two numbers missing."""
    path = f"stations/{identity}/calls/GetTransactionStatus"
    async with booted(system, identity, version) as station:
        await station.ask(*event("Started", "Authorized", "tx", 0, token="DEMO0001", register=0))
        station.answers["GetTransactionStatus"] = {"messagesInQueue": False}
        idle = await system.post(path)
        station.answers["GetTransactionStatus"] = {
            "messagesInQueue": True, "ongoingIndicator": False,
        }  # fmt: skip
        await station.ask(*event("Ended", "EVDeparted", "tx", 3, register=900))
        queued = await system.post(path, {"transactionId": "tx"})
        for number in (1, 2):
            late = event("Updated", "MeterValuePeriodic", "tx", number, register=300 * number)
            assert await station.ask(*late) == {}
    record = await only_session(system, identity)
    assert idle["payload"] == {"messagesInQueue": False}
    assert queued["payload"] == {"messagesInQueue": True, "ongoingIndicator": False}
    assert ("GetTransactionStatus", {}) in station.calls
    assert ("GetTransactionStatus", {"transactionId": "tx"}) in station.calls
    assert (record["status"], record["energy_wh"], record["complete"]) == ("ended", 900, True)


@pytest.mark.parametrize(
    ("reason", "more"),
    [
        ("Local", {"idTag": "DEMO0003"}),
        ("EVDisconnected", {"idTag": "DEMO0003"}),
        ("UnlockCommand", {}),
        ("HardReset", {}),
        ("PowerLoss", {}),
        ("DeAuthorized", {}),
    ],
)
async def test_a_16_session_from_the_plug_to_the_bill(
    system: System, identity: str, reason: str, more: dict[str, str]
) -> None:
    """TC_003, TC_004_1, TC_005_1, TC_007, TC_018_1, TC_032_1: idTagInfo exactly if an idTag is
    told; a reason that is absent is Local.
    """
    said = {} if reason == "Local" else {"reason": reason}
    values = {"timestamp": minute(3), "sampledValue": [{"value": "1200"}]}
    async with booted(system, identity, "1.6") as station:
        await station.ask(*status("1.6", "Preparing"))
        begun = await station.ask(*start("DEMO0003"))
        await station.ask(*status("1.6", "Charging"))
        meter = {"connectorId": 1, "transactionId": begun["transactionId"], "meterValue": [values]}
        sampled = await station.ask("MeterValues", meter)
        over = await station.ask(*stop(begun["transactionId"], **said, **more))
        await station.ask(*status("1.6", "Available"))
    record = await only_session(system, identity)
    assert begun["transactionId"] > 0
    assert begun["idTagInfo"] == {"status": "Accepted"}
    assert sampled == {}
    assert over == ({"idTagInfo": {"status": "Accepted"}} if more else {})
    assert (record["status"], record["stop_reason"], record["energy_wh"]) == ("ended", reason, 450)
    assert (record["complete"], record["flags"]) == (True, [])


async def test_a_16_station_without_its_number_gets_one_even_if_refused(
    system: System, identity: str
) -> None:
    """TC_037_1, TC_037_3, TC_039: what began offline counts; an unknown token is Invalid and
    still has a usable transactionId.
    """
    async with booted(system, identity, "1.6") as station:
        refused = await station.ask(*start("NOBODY-KNOWS"))
        ended = await station.ask(*stop(refused["transactionId"], 1_010, 1, reason="DeAuthorized"))
        offline = await station.ask(*start("DEMO0003", 1_010, 2))
        await station.ask(*stop(offline["transactionId"], 1_500, 8, idTag="DEMO0003"))
    records = (await system.get("transactions", station=identity))["items"]
    assert refused["idTagInfo"] == {"status": "Invalid"}
    assert refused["transactionId"] > 0
    assert ended == {}
    assert offline["idTagInfo"] == {"status": "Accepted"}
    assert offline["transactionId"] not in {0, refused["transactionId"]}
    assert [(r["energy_wh"], r["stop_reason"]) for r in records] == [
        (490, "Local"), (10, "DeAuthorized"),
    ]  # fmt: skip
    assert "unknown_token" in records[1]["flags"]


async def test_a_16_plug_that_does_not_come_leaves_no_session(
    system: System, identity: str
) -> None:
    """TC_004_2, TC_011_2: Preparing, then Available again."""
    async with booted(system, identity, "1.6") as station:
        allowed = await station.ask(*authorize("1.6", "DEMO0003"))
        await station.ask(*status("1.6", "Preparing", at=minute(0)))
        await station.ask(*status("1.6", "Available", at=minute(1)))
    assert allowed == {"idTagInfo": {"status": "Accepted"}}
    assert (await system.get("transactions", station=identity))["items"] == []
