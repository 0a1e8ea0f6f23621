"""Which partitions there must be: weeks, a few ahead; old ones go when the operator wants it."""

from datetime import UTC, date, datetime, timedelta

import asyncpg

from libs.postgres import transaction
from libs.runtime import log
from services.transactions import store_aside

TABLES = ("entry", "reading", "quarantine")
WEEKS_BEHIND = 1
WEEKS_AHEAD = 4
WEEK = timedelta(days=7)
REMOTE_STARTS_KEPT = timedelta(days=30)

logger = log.get("transactions")


def week_of(day: date) -> date:
    """Its Monday."""
    return day - timedelta(days=day.weekday())


def name_of(table: str, monday: date) -> str:
    return f"{table}_{monday:%Y%m%d}"


def wanted(today: date) -> list[date]:
    """The Mondays of the weeks that need a partition."""
    first = week_of(today) - WEEKS_BEHIND * WEEK
    return [first + number * WEEK for number in range(WEEKS_BEHIND + WEEKS_AHEAD + 1)]


def outlived(names: list[str], today: date, keep: timedelta) -> list[str]:
    """The partitions whose last day is over for longer than they are kept."""
    old: list[str] = []
    for name in names:
        day = name.rpartition("_")[2]
        if day.isdigit() and datetime.strptime(day, "%Y%m%d").date() + WEEK + keep <= today:  # noqa: DTZ007 - a day has no zone
            old.append(name)
    return old


async def maintain(pool: asyncpg.Pool, now: datetime, keep: timedelta | None) -> None:
    """Make what will be needed; with ``keep``, drop what is older. Sessions and bills stay."""
    today = now.astimezone(UTC).date()
    for table in TABLES:
        names = await store_aside.partitions(pool, table)
        for monday in wanted(today):
            if name_of(table, monday) not in names:
                await make(pool, table, monday)
        for name in outlived(names, today, keep) if keep is not None else []:
            async with transaction(pool) as connection:
                await store_aside.lock_partitions(connection)
                await store_aside.drop_partition(connection, name)
            logger.info("partition dropped", partition=name)
    await store_aside.forget_remote_starts(pool, REMOTE_STARTS_KEPT)


async def make(pool: asyncpg.Pool, table: str, monday: date) -> None:
    """A week's partition, unless another instance made it meanwhile."""
    name, end = name_of(table, monday), monday + WEEK
    try:
        async with transaction(pool) as connection:
            await store_aside.lock_partitions(connection)
            await store_aside.create_partition(connection, table, name, monday, end)
    except asyncpg.CheckViolationError:
        async with transaction(pool) as connection:
            await store_aside.lock_partitions(connection)
            if name not in await store_aside.partitions(connection, table):
                await store_aside.adopt_partition(connection, table, name, monday, end)
        logger.warning("partition made late", partition=name)
