"""The promise of the ledger, over the bus: committed before answered, once, in any order."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from libs.bus import ViolationInfo
from libs.contracts.transactions import Gap, TransactionView
from libs.ocpp import v16, v21, v201
from services.transactions.app import App
from tests.services.transactions import traces
from tests.services.transactions.conftest import Desk
from tests.services.transactions.traces import Plan, Trace

HISTORY = {"late_events", "corrected_after_end"}
"""Flags that say how a session came to be known."""


async def charge(desk: Desk, station: str, plan: Plan) -> tuple[Trace, list[Any]]:
    """Report a whole session in order; its messages and their answers."""
    trace = traces.make(plan)
    answers = [await desk.say(station, trace.messages[0])]
    if plan.version == "v16":
        trace = traces.renumbered(trace, answers[0].transaction_id)
    answers += [await desk.say(station, message) for message in trace.messages[1:]]
    return trace, answers


def facts(session: TransactionView) -> TransactionView:
    """A session without what depends on how it came to be known."""
    kept = [flag for flag in session.flags if flag not in HISTORY]
    return structs.replace(
        session,
        id="",
        transaction="",
        station="",
        cdr=None,
        revision=0,
        updated_at=None,
        flags=kept,
    )


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_a_session_is_in_the_ledger_to_the_watt_hour(
    app: App, desk: Desk, version: str
) -> None:
    _, answers = await charge(desk, "CP1", Plan(version=version, stop_token="TAG1"))
    session = await desk.session("CP1")
    assert (session.status, session.complete, session.flags) == ("ended", True, [])
    assert (session.energy_wh, session.meter_start_wh, session.meter_stop_wh) == (
        400,
        123_456,
        123_856,
    )
    assert (session.duration_s, session.token, session.authorization) == (307, "TAG1", "Accepted")
    (record,) = await desk.cdrs("CP1")
    assert (record.energy_wh, record.transaction_id, record.corrects) == (400, session.id, None)
    assert session.cdr == record.id
    if version == "v16":
        assert answers[0].id_tag_info.status == answers[-1].id_tag_info.status == "Accepted"
    else:
        assert answers[0].id_token_info.status == answers[-1].id_token_info.status == "Accepted"
        assert answers[1].id_token_info is None


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_what_is_answered_is_committed(
    app: App, desk: Desk, database: str, version: str
) -> None:
    connection = await asyncpg.connect(database)
    count = (
        "SELECT count(*) FROM transactions.entry e "
        "JOIN transactions.session s ON s.id = e.session WHERE s.tenant = $1"
    )
    trace = traces.make(Plan(version=version))
    answer = await desk.say("CP1", trace.messages[0])
    if version == "v16":
        trace = traces.renumbered(trace, answer.transaction_id)
    for number, message in enumerate(trace.messages[1:], 2):
        await desk.say("CP1", message)
        assert await connection.fetchval(count, desk.tenant) == number
    await connection.close()


@pytest.mark.parametrize("version", traces.VERSIONS)
async def test_a_message_sent_again_changes_nothing(app: App, desk: Desk, version: str) -> None:
    trace, answers = await charge(desk, "CP1", Plan(version=version, stop_token="TAG1"))
    before = await desk.session("CP1")
    for message, answer in zip(trace.messages, answers, strict=True):
        assert await desk.say("CP1", message) == answer
    assert structs.replace(await desk.session("CP1"), updated_at=None) == structs.replace(
        before, updated_at=None
    )
    assert len(await desk.cdrs("CP1")) == 1


async def test_the_same_start_gets_the_same_number_and_another_one_its_own(
    app: App, desk: Desk
) -> None:
    start = traces.make(Plan(version="v16")).messages[0]
    first, again = await asyncio.gather(desk.say("CP1", start), desk.say("CP1", start))
    assert first.transaction_id == again.transaction_id
    numbers = {first.transaction_id}
    changes: list[dict[str, Any]] = [
        {"connector_id": 2},
        {"id_tag": "TAG2"},
        {"meter_start": 1},
        {"timestamp": datetime(2026, 1, 1, tzinfo=UTC)},
    ]
    for change in changes:
        answer = await desk.say("CP1", structs.replace(start, **change))
        numbers.add(answer.transaction_id)
    numbers.add((await desk.say("CP2", start)).transaction_id)
    assert len(numbers) == 6
    assert all(0 < number < 2**31 for number in numbers)


async def test_stop_with_an_unknown_number_is_kept_under_it(app: App, desk: Desk) -> None:
    trace = traces.make(Plan(version="v16", number=777_777))
    answer = await desk.say("CP1", trace.messages[-1])
    assert answer == v16.StopTransactionResponse()
    for message in trace.messages[1:-1]:
        await desk.say("CP1", message)
    session = await desk.session("CP1")
    assert (session.transaction, session.status, session.energy_wh) == ("777777", "ended", 300)
    assert {"unknown_transaction", "started_missing"} <= set(session.flags)


async def test_a_number_that_a_station_used_already_is_not_given_to_it(
    app: App, desk: Desk
) -> None:
    start = traces.make(Plan(version="v16")).messages[0]
    last = (await desk.say("CP1", start)).transaction_id
    stop = traces.make(Plan(version="v16", number=last + 1)).messages[-1]
    await desk.say("CP2", stop)
    assert (await desk.say("CP2", start)).transaction_id == last + 2


async def test_a_station_that_never_learned_its_number_ends_its_session(
    app: App, desk: Desk
) -> None:
    """1.6 errata: transactionId -1 is answered as if it were valid."""
    trace = traces.renumbered(traces.make(Plan(version="v16")), -1)
    await desk.say("CP1", trace.messages[0])
    for message in trace.messages[1:]:
        await desk.say("CP1", message)
    assert await desk.say("CP1", trace.messages[-1]) == v16.StopTransactionResponse()
    session = await desk.session("CP1")
    assert (session.status, session.energy_wh) == ("ended", 400)
    assert session.flags == ["unknown_transaction"]
    for _ in range(2):
        await desk.say("CP2", trace.messages[-1])
    lonely = await desk.session("CP2")
    assert (lonely.status, lonely.energy_wh) == ("ended", None)
    assert {"unknown_transaction", "no_register"} <= set(lonely.flags)


async def test_late_updates_correct_an_ended_session(app: App, desk: Desk) -> None:
    """TC_E_31: Ended comes first, with two numbers skipped."""
    trace = traces.make(Plan(version="v201", updates=3, reset_at=1))
    first, one, two, three, last = trace.messages
    for message in (first, one, last):
        await desk.say("CP1", message)
    early = await desk.session("CP1")
    assert (early.status, early.complete, early.gaps) == ("ended", False, [Gap(first=2, last=3)])
    assert "missing_events" in early.flags
    for message in (three, two):
        await desk.say("CP1", message)
    session = await desk.session("CP1")
    assert (session.status, session.complete, session.gaps) == ("ended", True, [])
    assert session.energy_wh == trace.energy_wh
    assert {"late_events", "corrected_after_end", "register_reset"} == set(session.flags)
    records = await desk.cdrs("CP1")
    assert [record.corrects for record in records] == [records[1].id, None]
    assert (records[0].energy_wh, records[0].complete) == (trace.energy_wh, True)
    assert records[0].revision > records[1].revision
    assert session.cdr == records[0].id


async def test_a_late_value_that_changes_no_bill_needs_no_correction(app: App, desk: Desk) -> None:
    trace = traces.make(Plan(version="v16"))
    answer = await desk.say("CP1", trace.messages[0])
    trace = traces.renumbered(trace, answer.transaction_id)
    for place in (1, 3, 4, 5, 6, 2):
        await desk.say("CP1", trace.messages[place])
    session = await desk.session("CP1")
    assert (session.status, session.flags, session.energy_wh) == ("ended", ["late_events"], 400)
    assert len(await desk.cdrs("CP1")) == 1


async def test_a_record_is_never_changed(app: App, desk: Desk, database: str) -> None:
    await charge(desk, "CP1", Plan())
    connection = await asyncpg.connect(database)
    for statement in ("UPDATE transactions.cdr SET token = 'x'", "DELETE FROM transactions.cdr"):
        with pytest.raises(asyncpg.RaiseError, match="never changed"):
            await connection.execute(statement)
    await connection.close()


async def test_a_counter_that_restarts_loses_nothing(app: App, desk: Desk) -> None:
    """A station that counts from 0 again after a crash in the middle of a session."""
    trace = traces.make(Plan(version="v201", updates=4))
    for place, message in enumerate(trace.messages):
        again = structs.replace(message, seq_no=message.seq_no - 3) if place > 2 else message
        await desk.say("CP1", again)
    session = await desk.session("CP1")
    assert (session.status, session.energy_wh, session.events) == ("ended", trace.energy_wh, 6)
    assert "sequence_reused" in session.flags


@pytest.mark.parametrize("version", ["v201", "v21"])
async def test_a_start_told_again_by_a_clock_set_back_begins_nothing(
    app: App, desk: Desk, version: str
) -> None:
    """The end bears an earlier time than the start: the start is later than it, and yet its own."""
    plan = Plan(version=version, back_at=2)
    trace, _ = await charge(desk, "CP1", plan)
    session = await desk.session("CP1")
    await desk.say("CP1", trace.messages[0])
    again = await desk.session("CP1")
    assert (again.id, again.energy_wh, again.status) == (session.id, session.energy_wh, "ended")


async def test_two_ends_are_one_end(app: App, desk: Desk) -> None:
    trace, _ = await charge(desk, "CP1", Plan(version="v16"))
    stop = trace.messages[-1]
    assert isinstance(stop, v16.StopTransaction)
    other = structs.replace(
        stop, meter_stop=stop.meter_stop + 9000, timestamp=stop.timestamp + timedelta(hours=1)
    )
    await desk.say("CP1", other)
    session = await desk.session("CP1")
    assert (session.energy_wh, session.ended_at) == (400, stop.timestamp)
    assert "ended_twice" in session.flags


async def test_texts_that_a_database_cannot_hold_are_kept_all_the_same(
    app: App, desk: Desk
) -> None:
    trace = traces.make(Plan(version="v201", transaction="T\x00", token="A\x00B"))
    await desk.say("CP1", trace.messages[0])
    await desk.say("CP1", trace.messages[-1])
    session = await desk.session("CP1")
    assert (session.transaction, session.token, session.status) == ("T\ufffd", "A\ufffdB", "ended")
    assert len(await desk.cdrs("CP1")) == 1


@st.composite
def disorder(draw: st.DrawFn) -> tuple[Plan, list[int]]:
    """A plan and the order of its messages: drawn before anything is said, so that it is the same
    at every attempt.
    """
    plan = draw(traces.plans())
    return plan, draw(traces.disturbed(traces.make(plan)))


@given(disorder())
@settings(max_examples=12)
async def test_any_order_over_the_bus_gives_the_session_of_the_ordered_trace(
    app: App, desk: Desk, scene: tuple[Plan, list[int]]
) -> None:
    plan, places = scene
    number = await sequence(desk)
    ordered, mixed = f"ordered-{number}", f"mixed-{number}"
    trace, _ = await charge(desk, ordered, plan)
    messages = trace.messages
    if plan.version == "v16":
        # What follows a start needs its number.
        answer = await desk.say(mixed, messages[0])
        messages = traces.renumbered(trace, answer.transaction_id).messages
    for start in range(0, len(places), 3):
        at_once = places[start : start + 3]
        await asyncio.gather(*(desk.say(mixed, messages[place]) for place in at_once))
    assert facts(await desk.session(mixed)) == facts(await desk.session(ordered))


async def sequence(desk: Desk) -> int:
    return desk.messages


# -- what does not conform -----------------------------------------------------------------------

BROKEN = ViolationInfo(code="PropertyConstraintViolation", description="too long\x00", path="$.x")


async def quarantined(desk: Desk, kind: Any, payload: dict[str, Any]) -> Any:
    raw = msgspec.json.encode(payload)
    return msgspec.json.decode(await desk.say_raw("CP1", kind, raw, violation=BROKEN))


async def test_a_broken_start_gets_a_number_and_its_stop_ends_it(app: App, desk: Desk) -> None:
    start = {"connectorId": 1, "idTag": "T" * 30, "meterStart": "100", "timestamp": "yesterday"}
    answer = await quarantined(desk, v16.StartTransaction, start)
    again = await quarantined(desk, v16.StartTransaction, start)
    assert answer == again
    assert answer["idTagInfo"] == {"status": "Accepted"}
    stop = {"transactionId": answer["transactionId"], "meterStop": 700.5, "reason": 5}
    assert await quarantined(desk, v16.StopTransaction, stop) == {}
    session = await desk.session("CP1")
    assert (session.status, session.token, session.evse) == ("ended", "T" * 30, 1)
    assert str(session.energy_wh) == "600.5"
    assert "quarantined_message" in session.flags


@pytest.mark.parametrize("kind", [v201.TransactionEvent, v21.TransactionEvent])
async def test_a_broken_event_is_part_of_its_session(app: App, desk: Desk, kind: Any) -> None:
    version = kind.version
    trace = traces.make(Plan(version=version))
    for message in trace.messages[:-1]:
        await desk.say("CP1", message)
    payload = msgspec.to_builtins(trace.messages[-1])
    payload["triggerReason"] = "BecauseISaySo"
    payload["idToken"] = {"idToken": "TAG1", "type": "Odd"}
    answer = await quarantined(desk, kind, payload)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    session = await desk.session("CP1")
    assert (session.status, session.energy_wh, session.complete) == ("ended", trace.energy_wh, True)
    assert session.flags == ["quarantined_message"]


async def test_what_cannot_be_told_apart_is_kept_and_answered(
    app: App, desk: Desk, database: str
) -> None:
    kinds = (
        v16.MeterValues,
        v16.StopTransaction,
        v201.TransactionEvent,
        v201.MeterValues,
        v21.MeterValues,
    )
    for kind in kinds:
        assert await quarantined(desk, kind, {"odd": kind.__name__}) == {}
    assert await desk.sessions("CP1") == []
    connection = await asyncpg.connect(database)
    rows = await connection.fetch(
        "SELECT action, reason, body FROM transactions.quarantine WHERE tenant = $1", desk.tenant
    )
    await connection.close()
    assert sorted(row["action"] for row in rows) == sorted(kind.action for kind in kinds)
    assert rows[0]["reason"] == "too long\ufffd"
    assert msgspec.json.decode(rows[0]["body"]) == {"odd": "MeterValues"}
