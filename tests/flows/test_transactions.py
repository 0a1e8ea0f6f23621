"""E, J: sessions in any order, with every oddity of the field (E01 to E14, field.md)."""

import itertools
import random

import pytest

from tests import bare
from tests.flows.messages import TWO, event
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
        ("2026-11-22T10:00:00", 0, register, 10),
        ("2026-11-22T10:01:00", 1, register, 30),
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
