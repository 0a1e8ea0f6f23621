"""Weekly partitions: there in time, gone when asked, and no row is lost on the way."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from libs.postgres import weeks

TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TABLE = "diary.line"


@pytest.fixture
async def pool(database: str):
    async with asyncpg.create_pool(database, min_size=1, max_size=4) as pool:
        await pool.execute(
            "DROP SCHEMA IF EXISTS diary CASCADE; CREATE SCHEMA diary;"
            "CREATE TABLE diary.line (id bigint GENERATED ALWAYS AS IDENTITY,"
            " received_at timestamptz NOT NULL, text text) PARTITION BY RANGE (received_at);"
            "CREATE TABLE diary.line_rest PARTITION OF diary.line DEFAULT"
        )
        yield pool


async def places(pool: asyncpg.Pool) -> dict[str, str]:
    """Where each line lies."""
    rows = await pool.fetch("SELECT text, tableoid::regclass::text AS place FROM diary.line")
    return {row["text"]: row["place"].strip('"') for row in rows}


async def write(pool: asyncpg.Pool, **lines: datetime) -> None:
    for text, at in lines.items():
        await pool.execute("INSERT INTO diary.line (received_at, text) VALUES ($1, $2)", at, text)


def test_there_is_a_partition_for_the_last_week_and_the_next_ones():
    mondays = weeks.wanted(TODAY)
    assert mondays[0] == date(2026, 11, 9)
    assert mondays[-1] == date(2026, 12, 14)
    assert all(monday.weekday() == 0 for monday in mondays)


def test_a_partition_outlives_its_last_day_by_what_is_kept():
    names = ["line_20261102", "line_20261109", "line_20261116", "line_rest"]
    assert weeks.outlived(names, TODAY, timedelta(days=6)) == ["line_20261102", "line_20261109"]
    assert weeks.outlived(names, TODAY, timedelta(days=7)) == ["line_20261102"]


async def test_a_row_lies_in_its_week_or_in_the_rest(pool):
    await weeks.keep(pool, TABLE, NOON)
    await write(pool, now=NOON, long_ago=datetime(1971, 1, 1, tzinfo=UTC))
    assert await places(pool) == {"now": "diary.line_20261116", "long_ago": "diary.line_rest"}


async def test_rows_move_when_their_partition_is_made_late(pool):
    await write(pool, now=NOON, later=NOON + timedelta(days=7))
    await weeks.keep(pool, TABLE, NOON)
    assert await places(pool) == {"now": "diary.line_20261116", "later": "diary.line_20261123"}


async def test_what_is_old_goes_and_nothing_else(pool):
    await weeks.keep(pool, TABLE, NOON - timedelta(days=60))
    await write(pool, old=NOON - timedelta(days=60), odd=datetime(1971, 1, 1, tzinfo=UTC), now=NOON)
    assert await weeks.keep(pool, TABLE, NOON) == []
    assert set(await places(pool)) == {"old", "odd", "now"}
    dropped = await weeks.keep(pool, TABLE, NOON, timedelta(days=30))
    assert "line_20260921" in dropped
    assert set(await places(pool)) == {"now"}
    assert await weeks.keep(pool, TABLE, NOON, timedelta(days=30)) == []


async def test_many_instances_may_keep_the_same_table(pool):
    await write(pool, now=NOON)
    await asyncio.gather(*(weeks.keep(pool, TABLE, NOON, timedelta(days=30)) for _ in range(8)))
    assert await places(pool) == {"now": "diary.line_20261116"}
    assert len(await weeks.partitions(pool, TABLE)) == 7
