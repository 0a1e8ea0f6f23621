"""E, J: sessions in any order, with every oddity of the field (E01 to E14, field.md)."""

import itertools
import random
from typing import NamedTuple

import pytest

from tests import bare
from tests.flows import sequences
from tests.flows.messages import TWO, authorize, event, info, minute, status
from tests.flows.station import booted
from tests.system import System


async def only_session(system: System, station: str) -> dict[str, object]:
    items = (await system.get("transactions", station=station))["items"]
    assert len(items) == 1
    return items[0]


@pytest.mark.certification("TC_E_31")
@pytest.mark.parametrize("version", TWO)
async def test_events_in_any_order_give_the_same_session(
    system: System, identity: str, version: str
) -> None:
    """Ended first, Started last, two of everything."""
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
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.certification(name)) for name in sequences.CASES],
)
async def test_every_way_to_start_and_stop_is_answered_and_billed(
    system: System, identity: str, name: str, version: str
) -> None:
    """idTokenInfo wherever a token is shown, nothing else; the whole sum."""
    case = sequences.CASES[name]
    told = []
    async with booted(system, identity, version) as station:
        allowed = await station.ask(*authorize(version, sequences.GOOD))
        assert info(version, allowed) == {"status": "Accepted"}
        assert await station.ask(*status(version, "Occupied")) == {}
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


@pytest.mark.certification("TC_E_53")
@pytest.mark.parametrize("version", TWO)
async def test_each_transaction_may_begin_with_the_same_number(
    system: System, identity: str, version: str
) -> None:
    """seqNo 0 at each start; a counter that goes on over transactions is fine too."""
    async with booted(system, identity, version) as station:
        for tx, numbers in (("a", (0, 1)), ("b", (0, 1)), ("c", (7, 8))):
            first, last = numbers
            await station.ask(*event("Started", "Authorized", tx, first, token="DEMO0001"))
            await station.ask(*event("Ended", "EVDeparted", tx, last))
    records = (await system.get("transactions", station=identity))["items"]
    assert sorted((r["transaction"], r["complete"], len(r["flags"])) for r in records) == [
        ("a", True, 1), ("b", True, 1), ("c", True, 1),
    ]  # fmt: skip


class Query(NamedTuple):
    """GetTransactionStatus: with its transaction or without; what the station answers."""

    named: bool
    ended: bool
    queued: bool

    @property
    def answer(self) -> dict[str, bool]:
        ongoing = {"ongoingIndicator": not self.ended} if self.named else {}
        return {"messagesInQueue": self.queued, **ongoing}


QUERIES = {
    "TC_E_29": Query(named=True, ended=False, queued=True),
    "TC_E_30": Query(named=True, ended=False, queued=False),
    "TC_E_31": Query(named=True, ended=True, queued=True),
    "TC_E_33": Query(named=False, ended=False, queued=True),
    "TC_E_34": Query(named=False, ended=False, queued=False),
}


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize(
    "query",
    [
        pytest.param(query, marks=pytest.mark.certification(name), id=name)
        for name, query in QUERIES.items()
    ],
)
async def test_the_station_is_asked_what_it_has_not_sent_yet(
    system: System, identity: str, query: Query, version: str
) -> None:
    """What was queued comes after the answer, behind later numbers, and closes the gap."""
    body = {"transactionId": "tx"} if query.named else {}
    last = (
        event("Ended", "EVDeparted", "tx", 3, register=900)
        if query.ended
        else event("Updated", "MeterValuePeriodic", "tx", 3, register=900)
    )
    late = [event("Updated", "MeterValuePeriodic", "tx", n, register=300 * n) for n in (1, 2)]
    async with booted(system, identity, version) as station:
        station.answers["GetTransactionStatus"] = query.answer
        await station.ask(*event("Started", "Authorized", "tx", 0, token="DEMO0001", register=0))
        before = [last] if query.queued else [*late, last]
        assert [await station.ask(*message) for message in before] == [{} for _ in before]
        told = await system.post(f"stations/{identity}/calls/GetTransactionStatus", body)
        gap = (await only_session(system, identity)).get("gaps", [])
        if query.queued:
            assert [await station.ask(*message) for message in late] == [{}, {}]
    record = await only_session(system, identity)
    assert (told["status"], told["payload"]) == ("answered", query.answer)
    assert ("GetTransactionStatus", body) in station.calls
    assert gap == ([{"first": 1, "last": 2}] if query.queued else [])
    assert record["status"] == ("ended" if query.ended else "active")
    assert (record["energy_wh"], record["events"], record.get("gaps", [])) == (900, 4, [])
