"""How the ledger is stored: by weeks, by index, and as long as the operator wants."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.bus import Invalid, NotFound
from libs.contracts.transactions import GetTransaction, ListCdrs, ListTransactions
from libs.ocpp import v16, v21, v201
from libs.ocpp.message import Version
from libs.postgres import weeks
from services.transactions import partitions, sweeper
from services.transactions.app import App, planned
from services.transactions.cache import Cache
from services.transactions.store import Key
from tests.services.transactions import traces
from tests.services.transactions.conftest import Desk
from tests.services.transactions.traces import Plan


async def charge(desk: Desk, station: str, plan: Plan, **more: Any) -> traces.Trace:
    trace = traces.make(plan)
    answer = await desk.say(station, trace.messages[0], **more)
    if plan.version == "v16":
        trace = traces.renumbered(trace, answer.transaction_id)
    for message in trace.messages[1:]:
        await desk.say(station, message, **more)
    return trace


async def test_messages_lie_in_the_week_of_their_arrival(app: App, desk: Desk) -> None:
    absurd = datetime(1971, 5, 1, tzinfo=UTC)
    await charge(desk, "CP1", Plan(version="v201", begin=absurd))
    await charge(desk, "CP2", Plan(version="v201"), received_at=absurd)
    found = await app.pool.fetch(
        "SELECT s.station, e.tableoid::regclass::text AS part, count(*) FROM transactions.entry e "
        "JOIN transactions.session s ON s.id = e.session WHERE s.tenant = $1 "
        "GROUP BY 1, 2 ORDER BY 1",
        desk.tenant,
    )
    monday = weeks.week_of(datetime.now(UTC).date())
    week = f"entry_{monday:%Y%m%d}"
    assert [(row["station"], row["part"].strip('"'), row["count"]) for row in found] == [
        ("CP1", week, 7),
        ("CP2", "entry_default", 7),
    ]
    for station in ("CP1", "CP2"):
        detail = await desk.detail((await desk.session(station)).id)
        assert len(detail.meter_values) == 7


async def test_old_partitions_go_and_sessions_stay(app: App, desk: Desk) -> None:
    trace = await charge(desk, "CP1", Plan(version="v201"))
    await desk.say("CP2", trace.messages[0])
    await desk.say("CP2", trace.messages[3])
    later = datetime.now(UTC) + timedelta(days=60)
    await partitions.maintain(app.pool, later, None)
    assert len((await desk.detail((await desk.session("CP1")).id)).meter_values) == 7
    await partitions.maintain(app.pool, later, timedelta(days=30))
    detail = await desk.detail((await desk.session("CP1")).id)
    assert (detail.transaction.energy_wh, detail.meter_values) == (400, [])
    assert len(await desk.cdrs("CP1")) == 1
    # What comes now goes on top of what is known, and what is known changes nothing.
    for message in (trace.messages[3], trace.messages[1], trace.messages[-1], trace.messages[-1]):
        await desk.say("CP2", message)
    session = await desk.session("CP2")
    assert (session.status, session.energy_wh, session.events) == ("ended", 400, 4)
    # What came meanwhile lies in no week of its own, and moves there.
    await partitions.maintain(app.pool, datetime.now(UTC), None)
    assert len((await desk.detail(session.id)).meter_values) == 2
    assert (
        await app.pool.fetchval(
            "SELECT count(*) FROM transactions.entry_default WHERE session = $1", session.id
        )
        == 0
    )


async def test_no_statement_scans_a_table(app: App, desk: Desk) -> None:
    """The cost of a message must not grow with what is stored."""
    before = await told(app, "seq_scan")
    for number, version in enumerate(traces.VERSIONS * 2):
        station = f"CP{number}"
        trace = await charge(desk, station, Plan(version=version, stop_token="TAG1"))
        await desk.say(station, trace.messages[2])
        session = await desk.session(station)
        await desk.detail(session.id)
    await desk.say("CP9", traces.make(Plan(version="v16", number=-1)).messages[-1])
    await desk.sessions(status="active")
    await desk.sessions(token="TAG1", flag="late_events", started_after=traces.BEGIN)
    await desk.cdrs("CP1")
    await desk.bus.ask(ListCdrs(tenant=desk.tenant, token="TAG1"))
    await sweeper.sweep(app)
    assert await told(app, "seq_scan") == before
    assert (await told(app, "idx_scan"))["session"] > 40


@pytest.mark.parametrize("version", ["v16", "v201"])
async def test_messages_find_their_session_by_its_name(
    app: App, desk: Desk, version: Version
) -> None:
    """PostgreSQL knows nothing of a young table: any index on the tenant looks as good to it."""
    before = await used(app)
    for number in range(30):
        await charge(desk, f"CP{number % 3}", Plan(version=version, transaction=f"N{number}"))
    after = await used(app)
    indexes = {name for name in after if after[name] > before[name]}
    assert indexes <= {"session_pkey", "session_name", "session_start"}


async def used(app: App) -> dict[str, int]:
    """How often each index of sessions was."""
    await told(app, "idx_scan")
    rows = await app.pool.fetch(
        "SELECT indexrelname, idx_scan FROM pg_stat_user_indexes WHERE relname = 'session'"
    )
    return {row[0]: row[1] for row in rows}


async def test_updates_of_a_session_touch_no_index(app: App, desk: Desk) -> None:
    """Only the row is written, on the page where it is (PostgreSQL: heap-only tuples)."""
    trace = traces.make(Plan(version="v201", updates=60))
    await desk.say("CP1", trace.messages[0])
    before = await told(app, "n_tup_upd - n_tup_hot_upd")
    for message in trace.messages[1:-1]:
        await desk.say("CP1", message)
    assert await told(app, "n_tup_upd - n_tup_hot_upd") == before
    assert (await told(app, "n_tup_hot_upd"))["session"] >= 60


async def told(app: App, column: str) -> dict[str, int]:
    """A statistic of each table, once all connections have reported theirs."""
    async with AsyncExitStack() as stack:
        for _ in range(app.pool.get_size()):
            connection = await stack.enter_async_context(app.pool.acquire())
            await connection.execute("SELECT pg_stat_force_next_flush()")
            await connection.execute("SELECT 1")
    rows = await app.pool.fetch(
        f"SELECT relname, {column} FROM pg_stat_user_tables WHERE schemaname = 'transactions' "
        "AND relname NOT IN ('outbox', 'migration')"
    )
    return {row[0]: row[1] for row in rows}


def test_statements_are_planned_for_a_table_that_grows() -> None:
    assert planned("postgresql://h/db") == (
        "postgresql://h/db?enable_seqscan=off&enable_hashjoin=off&enable_mergejoin=off"
    )
    assert planned("postgresql://h/db?a=b").startswith("postgresql://h/db?a=b&enable_seqscan=off")


def test_memory_of_sessions_is_bounded() -> None:
    cache = Cache(sessions_max=10)
    keys = [Key("t", "s", str(number)) for number in range(100)]
    for key in keys:
        cache.put(key, key)  # type: ignore[arg-type]
    assert len(cache) <= 10
    assert cache.take(keys[-1]) == keys[-1]
    assert cache.take(keys[-1]) is None
    assert cache.take(keys[0]) is None


# -- what others see -----------------------------------------------------------------------------


async def test_sessions_are_listed_newest_first_in_pages(app: App, desk: Desk) -> None:
    for number in range(5):
        begin = traces.BEGIN + timedelta(hours=number % 3)
        plan = Plan(version="v201", transaction=f"T{number}", begin=begin)
        await charge(desk, f"CP{number}", plan)
    seen: list[str] = []
    after = None
    while True:
        page = await desk.bus.ask(ListTransactions(tenant=desk.tenant, limit=2, after=after))
        seen += [item.transaction for item in page.items]
        if page.next is None:
            break
        after = page.next
    assert seen == ["T2", "T4", "T1", "T3", "T0"]
    with pytest.raises(Invalid):
        await desk.bus.ask(ListTransactions(tenant=desk.tenant, after="here"))


async def test_sessions_are_found_by_what_is_known_of_them(app: App, desk: Desk) -> None:
    await charge(desk, "CP1", Plan(version="v201", token="Tag1", offline=True))
    await desk.say("CP2", traces.make(Plan(version="v201", token="TAG2")).messages[0])

    async def found(**more: Any) -> list[str]:
        return [session.station for session in await desk.sessions(**more)]

    assert await found(status="active") == ["CP2"]
    assert await found(status="ended") == ["CP1"]
    assert await found(token="TAG1") == ["CP1"]
    assert await found(flag="offline") == ["CP1"]
    assert await found(flag="overlap") == []
    assert await found(started_after=traces.BEGIN) == []
    assert sorted(await found(started_before=traces.BEGIN + timedelta(1))) == ["CP1", "CP2"]


async def test_a_session_is_shown_with_all_that_was_sampled(app: App, desk: Desk) -> None:
    await charge(desk, "CP1", Plan(version="v21", updates=3, kilo=True))
    session = await desk.session("CP1")
    detail = await desk.bus.ask(GetTransaction(tenant=desk.tenant, id=session.id, limit=2))
    assert [value.seq_no for value in detail.meter_values] == [0, 1]
    rest = await desk.bus.ask(
        GetTransaction(tenant=desk.tenant, id=session.id, limit=3, after=detail.next)
    )
    assert ([value.seq_no for value in rest.meter_values], rest.next) == ([2, 3, 4], None)
    register, power, volts, soc = rest.meter_values[0].samples
    assert (str(register.value), register.unit, register.location) == ("123.656", "kWh", "Outlet")
    assert (power.measurand, power.unit) == ("Power.Active.Import", "kW")
    assert (str(volts.value), volts.unit, volts.phase) == ("230.1", "V", "L1-N")
    assert (soc.value, soc.unit, soc.location) == (24, "Percent", "EV")
    for unknown in ("nonsense", "0190a5a0-0000-7000-8000-000000000000"):
        with pytest.raises(NotFound):
            await desk.detail(unknown)


async def test_meter_values_of_1_6_are_shown_with_start_and_stop(app: App, desk: Desk) -> None:
    await charge(desk, "CP1", Plan(version="v16", updates=2))
    detail = await desk.detail((await desk.session("CP1")).id)
    contexts = [value.samples[0].context for value in detail.meter_values]
    assert contexts == [
        "Transaction.Begin",
        "Sample.Periodic",
        "Sample.Periodic",
        "Transaction.End",
    ]
    assert [int(value.samples[0].value) for value in detail.meter_values] == [
        123_456,
        123_556,
        123_656,
        123_656,
    ]


async def test_a_tenant_sees_its_own(app: App, desk: Desk) -> None:
    await charge(desk, "CP1", Plan(version="v201"))
    session = await desk.session("CP1")
    other = desk.tenant + "x"
    assert (await desk.bus.ask(ListTransactions(tenant=other))).items == []
    assert (await desk.bus.ask(ListCdrs(tenant=other))).items == []
    with pytest.raises(NotFound):
        await desk.bus.ask(GetTransaction(tenant=other, id=session.id))


async def test_records_are_listed_in_pages_and_narrowed(app: App, desk: Desk) -> None:
    for number in range(3):
        plan = Plan(version="v201", transaction=f"T{number}", token=f"TAG{number}")
        await charge(desk, "CP1", plan)
    first = await desk.bus.ask(ListCdrs(tenant=desk.tenant, limit=2))
    rest = await desk.bus.ask(ListCdrs(tenant=desk.tenant, limit=2, after=first.next))
    assert [record.token for record in [*first.items, *rest.items]] == ["TAG2", "TAG1", "TAG0"]
    assert rest.next is None
    one = first.items[0]
    ask = ListCdrs(tenant=desk.tenant, transaction_id=one.transaction_id, token="tag2")
    assert (await desk.bus.ask(ask)).items == [one]
    assert (await desk.bus.ask(ListCdrs(tenant=desk.tenant, transaction_id="x"))).items == []
    with pytest.raises(Invalid):
        await desk.bus.ask(ListCdrs(tenant=desk.tenant, after="x"))


async def test_meters_that_serve_no_session_are_kept(app: App, desk: Desk) -> None:
    """J01: clock-aligned values of idle EVSEs and of the main meter (EVSE 0)."""
    value: Any = {"timestamp": "2026-03-01T10:00:00Z", "sampledValue": [{"value": 5.0}]}
    old: Any = {"timestamp": "2026-03-01T10:00:00Z", "sampledValue": [{"value": "5"}]}
    said: list[tuple[Any, dict[str, Any]]] = [
        (v201.MeterValues, {"evseId": 0, "meterValue": [value]}),
        (v21.MeterValues, {"evseId": 2, "meterValue": [value]}),
        (v16.MeterValues, {"connectorId": 0, "meterValue": [old]}),
        (v16.MeterValues, {"connectorId": 1, "transactionId": 0, "meterValue": [old]}),
        (v16.MeterValues, {"connectorId": 1, "transactionId": -1, "meterValue": [old]}),
    ]
    for kind, fields in said:
        assert await desk.say("CP1", traces.msgspec.convert(fields, kind)) == kind.response()
    rows = await app.pool.fetch(
        "SELECT version, evse FROM transactions.reading WHERE tenant = $1 ORDER BY received_at",
        desk.tenant,
    )
    assert [tuple(row) for row in rows] == [
        ("v201", 0),
        ("v21", 2),
        ("v16", 0),
        ("v16", 1),
        ("v16", 1),
    ]
    assert await desk.sessions() == []
