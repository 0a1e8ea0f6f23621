"""Several instances on one database, and a database that goes away: still once, still all of it."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest_asyncio

from libs.bus import BusError
from libs.bus.embedded import NatsServer
from libs.postgres.embedded import PostgresServer
from services.transactions.app import App
from tests.services.transactions import traces
from tests.services.transactions.conftest import Desk, eventually, ledger
from tests.services.transactions.traces import Plan, Trace


@pytest_asyncio.fixture
async def pair(nats: NatsServer, database: str) -> AsyncIterator[list[App]]:
    async with ledger(nats, database) as one, ledger(nats, database) as two:
        yield [one, two]


async def events(desk: Desk, wanted: int) -> list[dict[str, Any]]:
    """The first so many announced events of the tenant, and what else comes soon."""
    found: list[dict[str, Any]] = []
    begin = datetime.now(UTC) - timedelta(hours=1)
    reader = desk.bus.read_events(desk.tenant, start_time=begin)
    try:
        async with asyncio.timeout(20):
            while len(found) < wanted:
                _, body = await anext(reader)
                found.append(msgspec.json.decode(body))
        async with asyncio.timeout(0.3):
            while True:
                _, body = await anext(reader)
                found.append(msgspec.json.decode(body))
    except TimeoutError:
        return found


async def surely(desk: Desk, station: str, message: Any) -> Any:
    """A station that repeats what is not answered."""
    while True:
        try:
            return await desk.say(station, message, timeout=2)
        except BusError as error:
            if not error.passing:
                raise
            await asyncio.sleep(0.05)


async def charge(desk: Desk, station: str, plan: Plan, copies: int = 1) -> Trace:
    """Report a whole session, each message ``copies`` times at once."""
    trace = traces.make(plan)
    start, *rest = trace.messages
    answers = await asyncio.gather(*(surely(desk, station, start) for _ in range(copies)))
    if plan.version == "v16":
        (number,) = {answer.transaction_id for answer in answers}
        trace = traces.renumbered(trace, number)
        rest = trace.messages[1:]
    for message in rest:
        await asyncio.gather(*(surely(desk, station, message) for _ in range(copies)))
    return trace


async def test_instances_share_one_truth(pair: list[App], desk: Desk) -> None:
    """Each message comes twice at once, so that both instances work on the same sessions."""
    stations = [f"CP{number}" for number in range(30)]
    plans = [
        Plan(version=traces.VERSIONS[number % 3], transaction=f"T{number}", stop_token="TAG1")
        for number in range(len(stations))
    ]
    await asyncio.gather(
        *(charge(desk, station, plan, 2) for station, plan in zip(stations, plans, strict=True))
    )
    sessions = await desk.sessions()
    assert Counter(session.station for session in sessions) == Counter(stations)
    assert {(s.status, s.energy_wh, s.complete, s.events) for s in sessions} == {
        ("ended", 400, True, 7)
    }
    # What came a second time may have come in between, never twice into the ledger.
    assert {flag for session in sessions for flag in session.flags} <= {"late_events"}
    assert Counter(record.station for record in await desk.cdrs()) == Counter(stations)


async def test_all_at_once_in_any_order_is_one_session(pair: list[App], desk: Desk) -> None:
    trace = traces.make(Plan(version="v201", updates=8))
    await asyncio.gather(*(surely(desk, "CP1", message) for message in trace.messages * 3))
    session = await desk.session("CP1")
    assert (session.energy_wh, session.events, session.complete) == (trace.energy_wh, 10, True)


async def test_each_event_is_in_the_stream_once(pair: list[App], desk: Desk) -> None:
    await charge(desk, "CP1", Plan(version="v201"), 2)
    session = await desk.session("CP1")
    # One for the start, one for each of five updates, one for the end, one for its record.
    found = await events(desk, 8)
    assert Counter(event["type"] for event in found) == {
        "transaction.started": 1,
        "transaction.updated": 5,
        "transaction.ended": 1,
        "cdr.created": 1,
    }
    assert len({event["id"] for event in found}) == 8
    ended = next(event for event in found if event["type"] == "transaction.ended")
    assert ended["data"]["energy_wh"] == "400"
    assert ended["data"]["id"] == session.id
    left = "SELECT count(*) FROM transactions.outbox"
    await eventually(lambda: empty(pair[0], left))


async def empty(app: App, count: str) -> bool:
    return await app.pool.fetchval(count) == 0


async def test_updates_carry_what_is_known_so_far(pair: list[App], desk: Desk) -> None:
    await charge(desk, "CP1", Plan(version="v21", updates=2))
    found = [event for event in await events(desk, 5) if event["type"] == "transaction.updated"]
    data = [event["data"] for event in sorted(found, key=lambda each: each["data"]["revision"])]
    assert [(each["seq_no"], each["energy_wh"], each["soc"]) for each in data] == [
        (1, "100", 22.0),
        (2, "200", 24.0),
    ]
    assert data[0]["charging_state"] == "Charging"
    assert data[0]["power_w"] > 0


# -- a database that goes away -------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_database_that_restarts_under_load_loses_nothing(
    nats: NatsServer, desk: Desk, tmp_path: Path
) -> None:
    """What was answered is stored exactly once; what was not, is sent again and stored once."""
    server = PostgresServer(tmp_path, port=free_port(), durable=True)
    await server.start()
    try:
        async with ledger(nats, server.dsn):
            running = [
                asyncio.create_task(many(desk, f"CP{number}", traces.VERSIONS[number % 3]))
                for number in range(12)
            ]
            for _ in range(2):
                await asyncio.sleep(0.3)
                await server.stop()
                await server.start()
            counts = await asyncio.gather(*running)
            sessions = [s for n in range(12) for s in await desk.sessions(f"CP{n}", limit=500)]
            assert len(sessions) == sum(counts)
            wrong = [s for s in sessions if (s.status, s.energy_wh, s.events) != ("ended", 400, 7)]
            assert wrong == []
            assert len({record.transaction_id for record in await desk.cdrs("CP1")}) == counts[1]
            # Started, five updates, ended and the record of each session, whatever happened.
            found = await events(desk, 8 * sum(counts))
            assert Counter(event["id"] for event in found).most_common(1)[0][1] == 1
            assert len(found) == 8 * sum(counts)
    finally:
        await server.stop()


async def many(desk: Desk, station: str, version: Any) -> int:
    """Session after session for as long as the database comes and goes; how many there were."""
    end = asyncio.get_running_loop().time() + 2.5
    number = 0
    while asyncio.get_running_loop().time() < end:
        begin = traces.BEGIN + timedelta(hours=number)
        plan = Plan(version=version, transaction=f"{station}-{number}", begin=begin)
        await charge(desk, station, plan)
        number += 1
    return number
