"""Weekly partitions of a table by ``received_at``: made ahead, dropped when they are old.

The table has a default partition, so that no row is ever refused for its time; rows of a week whose
partition is made late move over to it. Any number of instances may keep the same table.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg

from libs.postgres.pool import transaction
from libs.runtime import log

WEEKS_BEHIND = 1
WEEKS_AHEAD = 4
WEEK = timedelta(days=7)

logger = log.get("postgres")


async def keep(
    pool: asyncpg.Pool, table: str, now: datetime, older: timedelta | None = None
) -> list[str]:
    """Make the partitions of ``schema.table`` that will be needed; the names of those dropped.

    ``older``: what ended longer ago than this goes; ``None`` keeps everything.
    """
    today = now.astimezone(UTC).date()
    names = await partitions(pool, table)
    for monday in wanted(today):
        if name_of(table, monday) not in names:
            await make(pool, table, monday)
    if older is None:
        return []
    dropped = outlived(names, today, older)
    async with transaction(pool) as connection:
        await lock(connection, table)
        for name in dropped:
            await connection.execute(f"DROP TABLE IF EXISTS {schema_of(table)}.{name}")
        await connection.execute(
            f"DELETE FROM {await rest_of(connection, table)} WHERE received_at < $1",  # noqa: S608 - a name of ours
            now - older,
        )
    if dropped:
        logger.info("partitions dropped", table=table, partitions=dropped)
    return dropped


def week_of(day: date) -> date:
    """Its Monday."""
    return day - timedelta(days=day.weekday())


def schema_of(table: str) -> str:
    return table.partition(".")[0]


def name_of(table: str, monday: date) -> str:
    return f"{table.partition('.')[2]}_{monday:%Y%m%d}"


def wanted(today: date) -> list[date]:
    """The Mondays of the weeks that need a partition."""
    first = week_of(today) - WEEKS_BEHIND * WEEK
    return [first + number * WEEK for number in range(WEEKS_BEHIND + WEEKS_AHEAD + 1)]


def outlived(names: list[str], today: date, older: timedelta) -> list[str]:
    """The partitions whose last day is over for longer than asked."""
    old: list[str] = []
    for name in names:
        day = name.rpartition("_")[2]
        if day.isdigit() and date.fromisoformat(day) + WEEK + older <= today:
            old.append(name)
    return old


async def partitions(connection: Any, table: str) -> list[str]:
    """The names of a table's partitions, without the schema."""
    rows = await connection.fetch(
        "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
        " WHERE inhparent = $1::regclass",
        table,
    )
    return [row["relname"] for row in rows]


async def rest_of(connection: Any, table: str) -> str:
    """The default partition, where rows lie whose week has no partition."""
    return await connection.fetchval(
        "SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
        " WHERE inhparent = $1::regclass AND pg_get_expr(relpartbound, inhrelid) = 'DEFAULT'",
        table,
    )


async def lock(connection: Any, table: str) -> None:
    """One instance at a time makes and drops partitions; until the end of the transaction."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"partitions of {table}"
    )


async def make(pool: asyncpg.Pool, table: str, monday: date) -> None:
    """A week's partition, unless another instance made it meanwhile."""
    name = f"{schema_of(table)}.{name_of(table, monday)}"
    days = f"FOR VALUES FROM ('{monday}') TO ('{monday + WEEK}')"
    try:
        async with transaction(pool) as connection:
            await lock(connection, table)
            await connection.execute(
                f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} {days}"
            )
    except asyncpg.CheckViolationError:
        async with transaction(pool) as connection:
            await lock(connection, table)
            if name_of(table, monday) not in await partitions(connection, table):
                await adopt(connection, table, name, monday)
        logger.warning("partition made late", table=table, partition=name)


async def adopt(connection: Any, table: str, name: str, monday: date) -> None:
    """A partition for a week of which the default partition holds rows already."""
    rest = await rest_of(connection, table)
    await connection.execute(
        f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;"  # noqa: S608 - names of ours
        f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL EXCLUDING IDENTITY);"
        f"WITH moved AS (DELETE FROM {rest} WHERE received_at >= '{monday}'"
        f" AND received_at < '{monday + WEEK}' RETURNING *) INSERT INTO {name} SELECT * FROM moved;"
        f"ALTER TABLE {table} ATTACH PARTITION {name}"
        f" FOR VALUES FROM ('{monday}') TO ('{monday + WEEK}')"
    )
