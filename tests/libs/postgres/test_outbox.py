import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import nats as nats_client
import pytest

from libs.bus import Bus
from libs.bus.embedded import NatsServer
from libs.bus.errors import Unavailable
from libs.bus.message import Event
from libs.postgres import GroupCommit, Outbox, connect, outbox_rows

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class SessionEnded(Event):
    subject = "event.{tenant}.session.ended.{station}"

    station: str
    number: int

    def key(self) -> str:
        return f"{self.station}:{self.number}"


def event(tenant: str, number: int) -> SessionEnded:
    return SessionEnded(tenant=tenant, at=AT, station="CP.1", number=number)


class Stream:
    """A stream that can be away, and that keeps what it is told."""

    def __init__(self) -> None:
        self.stored: dict[str, str] = {}
        self.told: list[str] = []
        self.refuses: Callable[[str], bool] = lambda _: False

    async def announce(self, subject: str, body: bytes, message_id: str) -> None:
        self.told.append(message_id)
        if self.refuses(message_id):
            raise Unavailable("no connection to NATS")
        self.stored[message_id] = subject

    def numbers(self) -> list[int]:
        return [int(message_id.rpartition(":")[2]) for message_id in self.stored]


@pytest.fixture
async def pool(database: str, tenant: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await connect(database, tenant, size=5)
    await pool.execute(f'CREATE SCHEMA "{tenant}"')
    yield pool
    await pool.close()


@pytest.fixture
def stream() -> Stream:
    return Stream()


def outbox_of(pool: asyncpg.Pool, tenant: str, stream: Stream) -> Outbox:
    return Outbox(pool, tenant, stream.announce, settle_seconds=0.05, sweep_seconds=0.1)


async def commit(outbox: Outbox, *events: SessionEnded) -> None:
    async with outbox.transaction() as connection:
        await outbox.add(connection, events)


async def until_empty(pool: asyncpg.Pool) -> None:
    async with asyncio.timeout(20):
        while await pool.fetchval("SELECT count(*) FROM outbox"):
            await asyncio.sleep(0.01)


def test_an_event_becomes_a_row_with_an_id_of_its_content(tenant: str) -> None:
    rows = outbox_rows([event(tenant, 1)], "transactions")
    assert rows.msg_ids == outbox_rows([event(tenant, 1)], "transactions").msg_ids
    assert rows.msg_ids != outbox_rows([event(tenant, 2)], "transactions").msg_ids
    assert rows.subjects == [f"event.{tenant}.session.ended.CP=2E1"]
    assert json.loads(rows.bodies[0])["data"]["number"] == 1


async def test_what_is_committed_is_published_at_once_and_deleted(
    pool: asyncpg.Pool, tenant: str, stream: Stream
) -> None:
    async with Outbox(pool, tenant, stream.announce, sweep_seconds=3600) as outbox:
        await commit(outbox, event(tenant, 1), event(tenant, 2))
        await commit(outbox, event(tenant, 3))
        await until_empty(pool)
    assert stream.numbers() == [1, 2, 3]
    assert set(stream.stored.values()) == {f"event.{tenant}.session.ended.CP=2E1"}


async def test_what_is_undone_is_never_published(
    pool: asyncpg.Pool, tenant: str, stream: Stream
) -> None:
    async def fail(outbox: Outbox) -> None:
        async with outbox.transaction() as connection:
            await outbox.add(connection, [event(tenant, 1)])
            raise ValueError("seq_no")

    async with outbox_of(pool, tenant, stream) as outbox:
        with pytest.raises(ValueError, match="seq_no"):
            await fail(outbox)
        await commit(outbox, event(tenant, 2))
        await until_empty(pool)
    assert stream.numbers() == [2]
    assert outbox._staged == {}


async def test_a_group_commit_announces_what_it_wrote(
    pool: asyncpg.Pool, tenant: str, stream: Stream
) -> None:
    """Also when an item spoils its batch: what was staged for the batch is not told twice."""
    await pool.execute("CREATE TABLE item (n int CHECK (n <> 13))")

    async def flush(connection: Any, items: list[int]) -> list[int]:
        await outbox.add(connection, [event(tenant, n) for n in items])
        await connection.execute("INSERT INTO item SELECT unnest($1::int[])", items)
        return items

    # A sweep, which is for what others left, may tell a second time what is just being told.
    async with Outbox(pool, tenant, stream.announce, sweep_seconds=3600) as outbox:
        async with GroupCommit(pool, flush, outbox=outbox) as group:
            await asyncio.gather(*map(group.submit, range(20)), return_exceptions=True)
        await until_empty(pool)
    assert stream.numbers() == [n for n in range(20) if n != 13]
    assert len(stream.told) == 19


async def test_events_wait_in_the_table_while_nats_is_away(
    pool: asyncpg.Pool, tenant: str, stream: Stream
) -> None:
    stream.refuses = lambda _: True
    async with outbox_of(pool, tenant, stream) as outbox:
        for number in range(30):
            await commit(outbox, event(tenant, number))
        async with asyncio.timeout(10):
            while not stream.told:
                await asyncio.sleep(0.01)
        assert await pool.fetchval("SELECT count(*) FROM outbox") == 30
        stream.refuses = lambda _: False
        await until_empty(pool)
    assert sorted(stream.numbers()) == list(range(30))


async def test_memory_is_bounded_while_nats_is_away(
    pool: asyncpg.Pool, tenant: str, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.postgres.relay.BACKLOG_MAX", 10)
    silent = asyncio.Event()

    async def never(subject: str, body: bytes, message_id: str) -> None:
        await silent.wait()
        await stream.announce(subject, body, message_id)

    async with Outbox(pool, tenant, never, settle_seconds=0.05, sweep_seconds=0.1) as outbox:
        for number in range(50):
            await commit(outbox, event(tenant, number))
            assert len(outbox.relay._backlog) <= 10
        silent.set()
        await until_empty(pool)
    assert sorted(stream.numbers()) == list(range(50))


async def test_an_event_that_cannot_be_stored_does_not_hold_up_the_others(
    pool: asyncpg.Pool, tenant: str, stream: Stream
) -> None:
    stream.refuses = lambda message_id: message_id.endswith(":13")
    async with outbox_of(pool, tenant, stream) as outbox:
        for number in range(30):
            await commit(outbox, event(tenant, number))
        async with asyncio.timeout(10):
            while await pool.fetchval("SELECT count(*) FROM outbox") > 1:
                await asyncio.sleep(0.01)
        await commit(outbox, event(tenant, 99))
        async with asyncio.timeout(10):
            while 99 not in stream.numbers():
                await asyncio.sleep(0.01)
    assert sorted(stream.numbers()) == [*(n for n in range(30) if n != 13), 99]


async def test_leftovers_of_another_life_are_published(
    pool: asyncpg.Pool, tenant: str, stream: Stream
) -> None:
    async with outbox_of(pool, tenant, Stream()) as dead:
        pass
    await commit(dead, event(tenant, 1), event(tenant, 2))
    async with outbox_of(pool, tenant, stream):
        await until_empty(pool)
    assert stream.numbers() == [1, 2]


async def test_fresh_rows_of_another_instance_are_left_to_it(
    pool: asyncpg.Pool, tenant: str, stream: Stream
) -> None:
    async with outbox_of(pool, tenant, Stream()) as other:
        pass
    await commit(other, event(tenant, 1))
    await pool.execute("UPDATE outbox SET created_at = now() - interval '1 hour'")
    await commit(other, event(tenant, 2))
    async with Outbox(pool, tenant, stream.announce, settle_seconds=3600):
        async with asyncio.timeout(10):
            while await pool.fetchval("SELECT count(*) FROM outbox") > 1:
                await asyncio.sleep(0.01)
    assert stream.numbers() == [1]


async def test_several_instances_sweep_in_turns(
    pool: asyncpg.Pool, tenant: str, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.postgres.relay.WINDOW", 10)
    async with outbox_of(pool, tenant, Stream()) as dead:
        pass
    for number in range(100):
        await commit(dead, event(tenant, number))
    async with outbox_of(pool, tenant, stream), outbox_of(pool, tenant, stream):
        await until_empty(pool)
    assert sorted(stream.numbers()) == list(range(100))
    assert len(stream.told) == 100


async def test_many_instances_may_start_at_once(
    pool: asyncpg.Pool, tenant: str, stream: Stream
) -> None:
    outboxes = [outbox_of(pool, tenant, stream) for _ in range(5)]
    await asyncio.gather(*(outbox.start() for outbox in outboxes))
    for number, outbox in enumerate(outboxes):
        await commit(outbox, event(tenant, number))
    await until_empty(pool)
    await asyncio.gather(*(outbox.stop() for outbox in outboxes))
    assert sorted(stream.numbers()) == [0, 1, 2, 3, 4]


async def test_stopping_publishes_what_is_in_memory(
    pool: asyncpg.Pool, tenant: str, stream: Stream
) -> None:
    outbox = Outbox(pool, tenant, stream.announce)
    await outbox.start()
    for number in range(20):
        await commit(outbox, event(tenant, number))
    await outbox.stop()
    await outbox.stop()
    assert stream.numbers() == list(range(20))
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


CRASHING = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from libs.bus import Bus
from libs.bus.message import Event
from libs.postgres import Outbox, connect

class SessionEnded(Event):
    subject = "event.{tenant}.session.ended.{station}"
    station: str
    number: int
    def key(self) -> str:
        return f"{self.station}:{self.number}"

async def main(dsn, url, tenant, moment):
    pool = await connect(dsn, tenant)
    bus = await Bus.connect(url, name="crashing")

    async def announce(subject, body, message_id):
        if moment == "before publishing":
            os.kill(os.getpid(), signal.SIGKILL)
        await bus.announce(subject, body, message_id)
        os.kill(os.getpid(), signal.SIGKILL)

    outbox = Outbox(pool, tenant, announce)
    await outbox.start()
    async with outbox.transaction() as connection:
        at = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
        told = SessionEnded(tenant=tenant, at=at, station="CP.1", number=1)
        await outbox.add(connection, [told])
    await asyncio.sleep(60)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("moment", ["before publishing", "after publishing"])
async def test_a_crash_neither_loses_nor_doubles_an_event(
    pool: asyncpg.Pool, database: str, nats: NatsServer, bus: Bus, tenant: str, moment: str
) -> None:
    crashed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CRASHING, database, nats.url, tenant, moment
    )
    assert await asyncio.wait_for(crashed.wait(), 30) == -signal.SIGKILL
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1
    async with Outbox(pool, tenant, bus.announce, settle_seconds=0.05, sweep_seconds=0.1):
        await until_empty(pool)
    client = await nats_client.connect(nats.url)
    info = await client.jetstream().stream_info("EVENTS", subjects_filter=f"event.{tenant}.>")
    await client.close()
    assert info.state.subjects == {f"event.{tenant}.session.ended.CP=2E1": 1}
