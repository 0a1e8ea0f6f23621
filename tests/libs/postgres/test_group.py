import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from libs.postgres import DatabaseAway, GroupCommit, connect
from libs.postgres.embedded import PostgresServer

Flush = Callable[[Any, list[int]], Awaitable[list[int]]]
INSERT = "INSERT INTO item (n) SELECT unnest($1::int[])"
POISON = 13


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PostgresServer]:
    """A server that the tests here may kill."""
    server = PostgresServer(tmp_path_factory.mktemp("killed"))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def pool(server: PostgresServer, tenant: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await connect(await server.create_database(tenant), "ledger", size=5)
    await pool.execute(
        "CREATE TABLE public.item (id bigint GENERATED ALWAYS AS IDENTITY, n int CHECK (n <> 13), "
        "written_by xid8 DEFAULT pg_current_xact_id())"
    )
    yield pool
    await pool.close()


async def flush(connection: Any, items: list[int]) -> list[int]:
    await connection.execute(INSERT, items)
    return [-item for item in items]


async def written(pool: asyncpg.Pool) -> list[int]:
    return [row["n"] for row in await pool.fetch("SELECT n FROM item ORDER BY id")]


@asynccontextmanager
async def held(pool: asyncpg.Pool, group: GroupCommit[int, int]) -> AsyncIterator[None]:
    """While this lasts, the group's batch waits for a lock, and more can be submitted."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE item")
        first = group.submit(1_000_000)
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        async with asyncio.timeout(10):
            while not await pool.fetchval(waiting):
                await asyncio.sleep(0.01)
        yield
    await first


async def test_an_item_alone_is_written_at_once(pool: asyncpg.Pool) -> None:
    async with GroupCommit(pool, flush) as group:
        assert await group.submit(7) == -7
        assert await written(pool) == [7]


async def test_all_that_comes_during_a_commit_goes_into_the_next(pool: asyncpg.Pool) -> None:
    async with GroupCommit(pool, flush) as group:
        async with held(pool, group):
            waiters = [group.submit(n) for n in range(100, 200)]
        assert await asyncio.gather(*waiters) == [-n for n in range(100, 200)]
    assert await pool.fetchval("SELECT count(DISTINCT written_by) FROM item") == 2


async def test_items_are_written_in_the_order_in_which_they_came(pool: asyncpg.Pool) -> None:
    sent = [n for n in range(1_000) if n != POISON]
    async with GroupCommit(pool, flush, batch_max=50) as group:
        await asyncio.gather(*(group.submit(n) for n in sent))
    assert await written(pool) == sent
    assert (
        await pool.fetchval(
            "SELECT max(count) FROM (SELECT count(*) FROM item GROUP BY written_by)"
        )
        == 50
    )


async def test_a_bad_item_fails_alone(pool: asyncpg.Pool) -> None:
    sent = list(range(50))
    async with GroupCommit(pool, flush) as group:
        async with held(pool, group):
            waiters = [group.submit(n) for n in sent]
        results = await asyncio.gather(*waiters, return_exceptions=True)
    assert isinstance(results.pop(POISON), asyncpg.CheckViolationError)
    sent.remove(POISON)
    assert results == [-n for n in sent]
    assert await written(pool) == [1_000_000, *sent]


async def test_a_flush_that_forgets_an_item_is_told(pool: asyncpg.Pool) -> None:
    async def forgetful(connection: Any, items: list[int]) -> list[int]:
        await flush(connection, items)
        return []

    async with GroupCommit(pool, forgetful) as group:
        with pytest.raises(Exception, match="returned 0 results for 1 items"):
            await group.submit(1)
    assert await written(pool) == []


async def test_transactions_that_collide_are_tried_again(pool: asyncpg.Pool) -> None:
    tries = 0

    async def colliding(connection: Any, items: list[int]) -> list[int]:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise asyncpg.DeadlockDetectedError("deadlock detected")
        return await flush(connection, items)

    async with GroupCommit(pool, colliding) as group:
        assert await group.submit(1) == -1


async def test_collisions_without_end_are_the_database_being_away(pool: asyncpg.Pool) -> None:
    async def colliding(connection: Any, items: list[int]) -> list[int]:
        raise asyncpg.DeadlockDetectedError("deadlock detected")

    async with GroupCommit(pool, colliding) as group:
        with pytest.raises(DatabaseAway):
            await group.submit(1)


async def test_a_lost_connection_is_told_to_all_who_wait(pool: asyncpg.Pool) -> None:
    async with GroupCommit(pool, flush) as group:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("LOCK TABLE item")
            waiters = [group.submit(n) for n in (1, 2, 3)]
            waiting = "SELECT pid FROM pg_locks WHERE NOT granted"
            async with asyncio.timeout(10):
                while (pid := await pool.fetchval(waiting)) is None:
                    await asyncio.sleep(0.01)
            await pool.execute("SELECT pg_terminate_backend($1)", pid)
            results = await asyncio.gather(*waiters, return_exceptions=True)
        assert [type(result) for result in results] == [DatabaseAway] * 3
        assert await group.submit(4) == -4
    assert await written(pool) == [4]


async def test_what_was_answered_survives_a_crash_of_the_server(
    server: PostgresServer, pool: asyncpg.Pool
) -> None:
    """The promise of the ledger: answered is committed; not answered may be tried again."""
    answered: list[int] = []
    away = asyncio.Event()

    async def station(first: int) -> None:
        for n in range(first, first + 10_000):
            try:
                await group.submit(n)
            except DatabaseAway:
                away.set()
                return
            answered.append(n)

    async with GroupCommit(pool, flush) as group:
        async with asyncio.TaskGroup() as stations:
            for number in range(1, 21):
                stations.create_task(station(number * 100_000))
            while len(answered) < 500:
                await asyncio.sleep(0.01)
            assert server.pid is not None
            os.kill(server.pid, signal.SIGKILL)
        assert away.is_set()
        await server.stop()
        await server.start()
        assert await group.submit(1) == -1
    assert set(answered) <= set(await written(pool))


async def test_while_the_database_is_away_every_waiter_is_told_so(
    server: PostgresServer, pool: asyncpg.Pool
) -> None:
    async with GroupCommit(pool, flush, batch_max=2) as group:
        await server.stop()
        results = await asyncio.gather(*map(group.submit, range(20)), return_exceptions=True)
        assert [type(result) for result in results] == [DatabaseAway] * 20
        await server.start()
        assert await group.submit(1) == -1


async def test_stopping_writes_what_was_submitted_and_takes_nothing_more(
    pool: asyncpg.Pool,
) -> None:
    group = GroupCommit(pool, flush, batch_max=10)
    waiters = [group.submit(n) for n in range(100, 150)]
    await group.stop()
    assert [waiter.result() for waiter in waiters] == [-n for n in range(100, 150)]
    with pytest.raises(DatabaseAway, match="Stopping"):
        await group.submit(1)


async def test_who_gave_up_before_it_was_written_is_not_written(pool: asyncpg.Pool) -> None:
    async with GroupCommit(pool, flush) as group:
        async with held(pool, group):
            group.submit(5).cancel()
            other = group.submit(6)
        await other
    assert await written(pool) == [1_000_000, 6]


async def test_what_waits_is_bounded(pool: asyncpg.Pool) -> None:
    async with GroupCommit(pool, flush, pending_max=3) as group:
        results = await asyncio.gather(*map(group.submit, range(5)), return_exceptions=True)
    assert [type(result) for result in results] == [int, int, int, DatabaseAway, DatabaseAway]


async def test_a_cancelled_writer_leaves_nobody_waiting(pool: asyncpg.Pool) -> None:
    group = GroupCommit(pool, flush)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE item")
        waiter = group.submit(1)
        await asyncio.sleep(0)
        assert group._writer is not None
        group._writer.cancel()
        with pytest.raises(DatabaseAway):
            await waiter
