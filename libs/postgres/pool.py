"""Connections to PostgreSQL."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from libs.postgres.fault import DatabaseAway, dsn_refused, misconfigured, transient
from libs.runtime import log

CONNECT_SECONDS = 5.0
ACQUIRE_SECONDS = 5.0
COMMAND_SECONDS = 60.0
PATIENCE_SECONDS = 60.0
RETRY_SECONDS_MAX = 2.0
SETTINGS = {
    "timezone": "UTC",
    # A station waits 30 s for its answer: a statement that takes longer serves nobody.
    "statement_timeout": "25s",
    # Shorter than a statement may take: who waits for a lock fails before who holds it is given up.
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "jit": "off",
}

logger = log.get("postgres")


async def connect(
    dsn: str, name: str, size: int = 10, *, patience: float = PATIENCE_SECONDS
) -> asyncpg.Pool:
    """A pool for the service ``name``, which is also its schema and comes first in the search path.

    Services start in any order, so a server that is not there yet is waited for: DatabaseAway after
    ``patience`` seconds. The pool survives restarts of the server: acquire again. What a session
    sets stays set, for connections are not reset between users (that would cost a round trip
    each): use ``SET LOCAL`` and transaction-scoped locks only.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    wait = 0.1
    while True:
        try:
            return await _create(dsn, name, size)
        except Exception as error:
            if misconfigured(error):
                raise dsn_refused(error) from error
            if not transient(error):
                raise
            if loop.time() + wait > deadline:
                raise DatabaseAway(
                    f"PostgreSQL did not answer for {patience:.0f} s: {error}"
                ) from error
            logger.warning("database is not there yet", error=str(error), retry_seconds=wait)
        await asyncio.sleep(wait * random.uniform(0.5, 1.0))
        wait = min(wait * 2, RETRY_SECONDS_MAX)


@asynccontextmanager
async def transaction(pool: asyncpg.Pool) -> AsyncGenerator[Any]:
    """A connection in a transaction, which commits when left without an error."""
    try:
        async with pool.acquire(timeout=ACQUIRE_SECONDS) as connection, connection.transaction():
            yield connection
    except asyncpg.ReadOnlySQLTransactionError:
        # What was the primary is a replica now: new connections find the new one.
        await pool.expire_connections()
        raise


async def _create(dsn: str, name: str, size: int) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        timeout=CONNECT_SECONDS,
        command_timeout=COMMAND_SECONDS,
        reset=_keep,
        server_settings=SETTINGS
        | {"application_name": f"voltbus {name}", "search_path": f'"{name}", public'},
    )


async def _keep(connection: Any) -> None:
    """Nothing to reset; asyncpg itself has rolled back a transaction left open."""
