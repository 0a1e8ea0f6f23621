import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from libs.postgres import DatabaseAway, connect, transaction, transient
from libs.postgres.embedded import PostgresServer
from libs.runtime import ConfigError


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PostgresServer]:
    """A server that the tests here may stop."""
    server = PostgresServer(tmp_path_factory.mktemp("restarted"), durable=False)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await connect(database, "transactions", size=3)
    yield pool
    await pool.close()


async def test_a_connection_says_whose_it_is_and_bounds_its_waits(pool: asyncpg.Pool) -> None:
    names = "application_name", "TimeZone", "search_path", "statement_timeout", "lock_timeout"
    assert [await pool.fetchval("SELECT current_setting($1)", name) for name in names] == [
        "voltbus transactions",
        "UTC",
        '"transactions", public',
        "25s",
        "10s",
    ]


async def test_a_transaction_is_committed_or_undone(pool: asyncpg.Pool) -> None:
    await pool.execute("CREATE TABLE public.committed (n int)")
    async with transaction(pool) as connection:
        await connection.execute("INSERT INTO committed VALUES (1)")

    async def fail() -> None:
        async with transaction(pool) as connection:
            await connection.execute("INSERT INTO committed VALUES (2)")
            raise ValueError("seq_no")

    with pytest.raises(ValueError, match="seq_no"):
        await fail()
    assert await pool.fetch("TABLE committed") == [(1,)]


async def test_a_connection_comes_back_without_a_round_trip(pool: asyncpg.Pool) -> None:
    """Resetting a connection costs as much as a small query, so nobody leaves settings."""
    async with pool.acquire() as connection:
        await connection.execute("SET lock_timeout = '1s'")
        statement = await connection.fetchval("SELECT 1")
    assert statement == 1
    async with pool.acquire() as connection:
        last = await connection.fetchval(
            "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        )
        assert last.startswith("SELECT query")
        assert await connection.fetchval("SHOW lock_timeout") == "1s"


async def test_a_cancelled_transaction_leaves_a_usable_connection(pool: asyncpg.Pool) -> None:
    async def work() -> None:
        async with transaction(pool) as connection:
            await connection.execute("SELECT pg_sleep(60)")

    tasks = [asyncio.create_task(work()) for _ in range(3)]
    async with asyncio.timeout(10):
        while pool.get_idle_size() or pool.get_size() < 3:
            await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert await asyncio.wait_for(pool.fetchval("SELECT 1"), 10) == 1


async def test_a_pool_survives_a_restart_of_the_server(server: PostgresServer) -> None:
    pool = await connect(server.dsn, "transactions", size=3)
    await asyncio.gather(*(pool.fetchval("SELECT pg_sleep(0.05)") for _ in range(3)))
    await server.stop()
    with pytest.raises(Exception) as raised:
        async with transaction(pool) as connection:
            await connection.execute("SELECT 1")
    assert transient(raised.value)
    await server.start()
    assert await pool.fetchval("SELECT 1") == 1
    await pool.close()


async def test_a_service_may_start_before_its_database(server: PostgresServer) -> None:
    await server.stop()
    connecting = asyncio.create_task(connect(server.dsn, "transactions"))
    await asyncio.sleep(0)
    await server.start()
    pool = await asyncio.wait_for(connecting, 20)
    assert await pool.fetchval("SELECT 1") == 1
    await pool.close()


async def test_a_database_that_never_comes_is_given_up() -> None:
    with pytest.raises(DatabaseAway, match="did not answer for 0 s"):
        await connect("postgresql://u:p@127.0.0.1:1/x", "transactions", patience=0.2)


async def test_a_wrong_password_is_told_at_once(database: str) -> None:
    head, _, tail = database.partition("@")
    with pytest.raises(ConfigError, match="password authentication failed"):
        await connect(f"{head.rpartition(':')[0]}:guess@{tail}", "transactions")


async def test_who_finds_a_replica_asks_for_new_connections(pool: asyncpg.Pool) -> None:
    """After a failover the old primary is read only: its connections are of no use any more."""
    await pool.execute("CREATE TABLE public.written (n int)")
    async with pool.acquire() as connection:
        before = connection.get_server_pid()
        await connection.execute("SET default_transaction_read_only = on")
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError) as raised:
        async with transaction(pool) as connection:
            await connection.execute("INSERT INTO written VALUES (1)")
    assert transient(raised.value)
    async with transaction(pool) as connection:
        await connection.execute("INSERT INTO written VALUES (1)")
        assert connection.get_server_pid() != before
