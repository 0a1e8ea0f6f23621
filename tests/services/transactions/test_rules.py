"""Sessions that nobody ends: what is decided about them, and what comes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from msgspec import structs

from libs.bus import cloudevent
from libs.contracts.stations import ConnectorStatusChanged
from libs.contracts.transactions import Gap
from services.transactions import rules, sweeper
from services.transactions.app import App
from services.transactions.record import Closed
from services.transactions.rules import Ask, Case, Close, Flag, Limits, Settle, Status, Wait
from tests.services.transactions import traces
from tests.services.transactions.conftest import Desk, eventually, ledger
from tests.services.transactions.traces import Plan

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIMITS = Limits()
QUIET = Case(
    version="v201",
    ended=False,
    has_gaps=False,
    started_at=NOW - timedelta(hours=1),
    last_at=NOW - 2 * MINUTE,
    heard_at=NOW - 2 * MINUTE,
)


def judge(**changes: Any) -> rules.Verdict:
    return rules.judge(structs.replace(QUIET, **changes), LIMITS, NOW)


def test_a_session_that_is_well_is_left_alone() -> None:
    assert judge() == Wait()
    assert judge(ended=True) == Wait()
    assert judge(version="v16", ended=True, has_gaps=True) == Wait()


def test_a_newer_session_at_its_evse_ends_the_older_one_after_a_while() -> None:
    since = {"superseded_at": NOW - 30 * MINUTE, "superseded_heard_at": NOW - 4 * MINUTE}
    assert judge(version="v16", **since) == Wait()
    since["superseded_heard_at"] = NOW - 6 * MINUTE
    closed = Closed("superseded", QUIET.last_at, since["superseded_at"])
    assert judge(version="v16", **since) == Close(closed)
    assert judge(**since) == Ask("superseded")


def test_an_available_connector_ends_a_session_of_1_6_after_a_while() -> None:
    silent = {"version": "v16", "heard_at": NOW - 20 * MINUTE, "last_at": NOW - 20 * MINUTE}
    assert judge(**silent, available_at=NOW - 4 * MINUTE) == Wait()
    since = NOW - 6 * MINUTE
    assert judge(**silent, available_at=since) == Close(Closed("available", since))
    assert judge(**{**silent, "version": "v21"}, available_at=since) == Wait()


def test_a_session_that_speaks_after_its_connector_was_available_goes_on() -> None:
    assert judge(version="v16", heard_at=NOW, available_at=NOW - 30 * MINUTE) == Wait()


def test_a_silent_station_of_2_x_is_asked() -> None:
    assert judge(heard_at=NOW - 59 * MINUTE) == Wait()
    assert judge(heard_at=NOW - 61 * MINUTE) == Ask("silent")
    assert judge(version="v16", heard_at=NOW - 61 * MINUTE) == Wait()


def test_a_session_of_a_week_is_flagged_once() -> None:
    long = {"started_at": NOW - timedelta(days=8), "version": "v16"}
    assert judge(**long) == Flag()
    assert judge(**long, flagged=True) == Wait()


@pytest.mark.parametrize(
    ("why", "status", "verdict"),
    [
        ("gaps", Status(ongoing=False, queued=False), Settle()),
        ("gaps", Status(ongoing=False, queued=True), Wait()),
        ("gaps", Status(), Wait()),
        ("silent", Status(ongoing=True, queued=False), Wait()),
        ("silent", Status(ongoing=False, queued=True), Wait()),
        ("silent", Status(ongoing=None, queued=False), Wait()),
        (
            "silent",
            Status(ongoing=False, queued=False),
            Close(Closed("not_ongoing", QUIET.last_at)),
        ),
        ("superseded", Status(ongoing=True, queued=False), Wait()),
        ("superseded", Status(), Wait()),
        (
            "superseded",
            Status(ongoing=False, queued=False),
            Close(Closed("superseded", QUIET.last_at)),
        ),
    ],
)
def test_what_the_station_answers_decides(why: Any, status: Status, verdict: rules.Verdict) -> None:
    assert rules.answered(QUIET, Ask(why), status, LIMITS, NOW) == verdict


# -- the rules at work ---------------------------------------------------------------------------


@pytest.fixture
async def hasty(nats: Any, database: str) -> Any:
    """A ledger whose rules wait for nothing."""
    at_once = dict.fromkeys(
        ("look_seconds", "gap_seconds", "superseded_seconds", "available_seconds"), 0.0
    )
    async with ledger(nats, database, **at_once, silent_seconds=0.0, never_ending_days=30.0) as app:
        yield app


async def begin(desk: Desk, plan: Plan, upto: int) -> traces.Trace:
    """Report the first messages of a session."""
    trace = traces.make(plan)
    answer = await desk.say("CP1", trace.messages[0])
    if plan.version == "v16":
        trace = traces.renumbered(trace, answer.transaction_id)
    for message in trace.messages[1:upto]:
        await desk.say("CP1", message)
    return trace


RECENT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


async def test_a_superseded_session_is_closed_without_inventing_energy(
    hasty: App, desk: Desk
) -> None:
    trace = await begin(desk, Plan(version="v16", begin=RECENT), 3)
    await begin(desk, Plan(version="v16", begin=RECENT + 30 * MINUTE), 1)
    await sweeper.sweep(hasty)
    newer, older = await desk.sessions("CP1")
    assert (older.status, older.energy_wh, newer.status) == ("ended", 200, "active")
    assert set(older.flags) == {"closed_by_rule", "estimated_end", "ended_missing"}
    assert older.ended_at == RECENT + 2 * MINUTE
    # The end comes after all, and replaces the estimate.
    await desk.say("CP1", trace.messages[-1])
    older = (await desk.sessions("CP1"))[1]
    assert (older.energy_wh, older.ended_at) == (400, RECENT + timedelta(seconds=307))
    assert older.flags == ["late_events", "corrected_after_end"] or older.flags == [
        "corrected_after_end"
    ]
    assert [record.energy_wh for record in await desk.cdrs("CP1")] == [400, 200]


@pytest.mark.parametrize("year", [1970, 2036])
async def test_a_session_is_superseded_by_later_ones_only(
    hasty: App, desk: Desk, year: int
) -> None:
    """Whatever a clock said once: what was heard before a session cannot have followed it."""
    odd, sane = datetime(year, 1, 1, tzinfo=UTC), RECENT
    before, begins = (odd, sane) if year > RECENT.year else (sane, odd)
    first = await begin(desk, Plan(version="v16", begin=before), 6)
    await desk.say("CP1", first.messages[-1])
    await begin(desk, Plan(version="v16", begin=begins), 3)
    await sweeper.sweep(hasty)
    assert sorted(session.status for session in await desk.sessions("CP1")) == ["active", "ended"]


async def test_sessions_that_overlap_are_flagged(hasty: App, desk: Desk) -> None:
    trace = await begin(desk, Plan(version="v16", begin=RECENT), 2)
    await begin(desk, Plan(version="v16", begin=RECENT + 2 * MINUTE), 1)
    await sweeper.sweep(hasty)
    await desk.say("CP1", trace.messages[-1])
    assert "overlap" in (await desk.sessions("CP1"))[1].flags


async def test_the_station_is_asked_before_a_session_of_2_x_is_closed(
    hasty: App, desk: Desk
) -> None:
    desk.peers.protocols["CP1"] = "v201"
    await begin(desk, Plan(version="v201", begin=RECENT), 3)
    await sweeper.sweep(hasty)
    assert (await desk.session("CP1")).status == "active"
    answer = {"ongoingIndicator": True, "messagesInQueue": False}
    calls, edge = desk.answer_calls("CP1", {"GetTransactionStatus": answer})
    await sweeper.sweep(hasty)
    assert (await desk.session("CP1")).status == "active"
    answer["ongoingIndicator"] = False
    await sweeper.sweep(hasty)
    edge.unsubscribe()
    session = await desk.session("CP1")
    assert (session.status, session.energy_wh) == ("ended", 200)
    assert {call[2]["transactionId"] for call in calls} == {"T-1"}


async def test_a_station_that_is_left_alone_is_not_asked(hasty: App, desk: Desk) -> None:
    """Its operator may ask; a session that nobody asked about is not closed either."""
    desk.peers.protocols["CP1"] = "v201"
    desk.peers.left_alone.add("CP1")
    await begin(desk, Plan(version="v201", begin=RECENT), 3)
    answer = {"ongoingIndicator": False, "messagesInQueue": False}
    calls, edge = desk.answer_calls("CP1", {"GetTransactionStatus": answer})
    await sweeper.sweep(hasty)
    assert (calls, (await desk.session("CP1")).status) == ([], "active")
    desk.peers.left_alone.clear()
    await sweeper.sweep(hasty)
    edge.unsubscribe()
    assert (len(calls), (await desk.session("CP1")).status) == (1, "ended")


async def test_gaps_are_asked_about_until_the_station_has_no_more(hasty: App, desk: Desk) -> None:
    desk.peers.protocols["CP1"] = "v21"
    trace = await begin(desk, Plan(version="v21", begin=RECENT), 2)
    await desk.say("CP1", trace.messages[-1])
    answer = {"ongoingIndicator": False, "messagesInQueue": True}
    calls, edge = desk.answer_calls("CP1", {"GetTransactionStatus": answer})
    await sweeper.sweep(hasty)
    answer["messagesInQueue"] = False
    await sweeper.sweep(hasty)
    asked = len(calls)
    await sweeper.sweep(hasty)
    edge.unsubscribe()
    assert len(calls) == asked
    session = await desk.session("CP1")
    assert (session.gaps, session.complete) == ([Gap(first=2, last=5)], False)


async def test_an_available_connector_closes_its_session(
    nats: Any, database: str, desk: Desk
) -> None:
    async with ledger(nats, database, look_seconds=0.0, available_seconds=0.3) as app:
        await begin(desk, Plan(version="v16", begin=RECENT), 3)
        at = datetime.now(UTC)
        await announce(desk, "Available", "Charging", at)
        await eventually(lambda: available(app, desk, at))
        await announce(desk, "Preparing", "Available", at + MINUTE)
        await eventually(lambda: available(app, desk, None))
        at = datetime.now(UTC)
        await announce(desk, "Available", "Charging", at)
        session = await eventually(lambda: swept(app, desk))
    assert (session.energy_wh, session.ended_at) == (200, at)
    assert "closed_by_rule" in session.flags


async def test_a_connector_that_was_available_long_ago_waits_for_what_is_queued(
    nats: Any, database: str, desk: Desk
) -> None:
    """A station that was offline for days says its statuses first, then delivers the end."""
    async with ledger(nats, database, look_seconds=0.0) as app:
        trace = await begin(desk, Plan(version="v16", begin=RECENT), 3)
        long_ago = "UPDATE transactions.session SET heard_at = now() - '3 days'::interval"
        await app.pool.execute(f"{long_ago} WHERE tenant = $1", desk.tenant)
        at = datetime.now(UTC) - timedelta(days=2)
        await announce(desk, "Available", "Charging", at)
        await eventually(lambda: available(app, desk, at))
        await sweeper.sweep(app)
        assert (await desk.session("CP1")).status == "active"
        await desk.say("CP1", trace.messages[-1])
        (record,) = await desk.cdrs("CP1")
    assert (record.energy_wh, record.flags) == (400, [])


async def test_a_session_that_ends_after_all_misses_no_end(
    nats: Any, database: str, desk: Desk
) -> None:
    async with ledger(nats, database, look_seconds=0.0, never_ending_days=0.01) as app:
        trace = await begin(desk, Plan(version="v16", begin=RECENT), 6)
        await sweeper.sweep(app)
        assert (await desk.session("CP1")).flags == ["ended_missing"]
        await desk.say("CP1", trace.messages[-1])
        assert (await desk.session("CP1")).flags == []


async def test_a_session_that_never_ends_is_flagged(nats: Any, database: str, desk: Desk) -> None:
    async with ledger(nats, database, look_seconds=0.0, never_ending_days=0.01) as app:
        await begin(desk, Plan(version="v16", begin=RECENT), 2)
        for _ in range(2):
            await sweeper.sweep(app)
        session = await desk.session("CP1")
    assert (session.status, session.flags) == ("active", ["ended_missing"])


async def announce(desk: Desk, status: Any, previous: Any, at: datetime) -> None:
    event = ConnectorStatusChanged(
        tenant=desk.tenant,
        at=at,
        station="CP1",
        evse=1,
        connector=1,
        status=status,
        previous=previous,
    )
    announced = cloudevent.announcement(event, "stations")
    await desk.bus.announce(announced.subject, announced.body, announced.id)


async def available(app: App, desk: Desk, at: datetime | None) -> bool:
    """Is that what is known of the session's connector?"""
    known = "SELECT available_at FROM transactions.session WHERE tenant = $1"
    return await app.pool.fetchval(known, desk.tenant) == at


async def swept(app: App, desk: Desk) -> Any:
    """The session, once the rules have ended it."""
    await sweeper.sweep(app)
    session = await desk.session("CP1")
    return session if session.status == "ended" else None


async def test_due_sessions_are_looked_at_by_one_instance(
    nats: Any, database: str, desk: Desk
) -> None:
    async with ledger(nats, database) as one, ledger(nats, database) as two:
        for number in range(5):
            plan = Plan(version="v201", transaction=f"T{number}", begin=RECENT)
            await desk.say("CP1", traces.make(plan).messages[0])
        await make_due(database, desk.tenant)
        looked = [await sweeper.sweep(one), await sweeper.sweep(two)]
    assert looked == [5, 0]


async def make_due(dsn: str, tenant: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "UPDATE transactions.session SET due_at = NULL WHERE tenant <> $1", tenant
    )
    await connection.execute(
        "UPDATE transactions.session SET due_at = now() WHERE tenant = $1", tenant
    )
    await connection.close()
