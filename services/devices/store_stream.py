"""SQL of periodic event streams."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import asyncpg
from msgspec import UNSET

from libs.contracts.streams import PutStreamSettings, StreamSettings, StreamView
from libs.ocpp import v21
from libs.postgres import weeks
from services.devices.stream import LAG_MAX, Pace, Value

Connection = Any
Row = Any


class Cursor(NamedTuple):
    """Where a page of values ended."""

    at: datetime
    received_at: datetime
    part: int


class Standing(NamedTuple):
    """How a stream stands after a message."""

    monitor: int
    pace: Pace
    lag: list[int]


async def open_count(connection: Connection, place: tuple[str, str], but: int) -> int:
    """Open streams of a station, without that one."""
    found: int = await connection.fetchval(
        """
        SELECT count(*) FROM devices.stream
        WHERE tenant = $1 AND station = $2 AND closed_at IS NULL AND id <> $3
        """,
        *place,
        but,
    )
    return found


async def put(
    connection: Connection, place: tuple[str, str], data: v21.ConstantStreamData, at: datetime
) -> None:
    """A stream begins; one of the same id begins anew (N11)."""
    await connection.execute(
        """
        INSERT INTO devices.stream (tenant, station, id, monitor, interval, batch, opened_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (tenant, station, id) DO UPDATE
        SET monitor = excluded.monitor, interval = excluded.interval, batch = excluded.batch,
            opened_at = excluded.opened_at, closed_at = NULL, received = 0, lag = '{}',
            last_at = NULL, last_value = NULL, adjusted = 0
        """,
        *place,
        data.id,
        data.variable_monitoring_id,
        data.params.interval,
        data.params.values,
        at,
    )


async def confirm(
    connection: Connection,
    place: tuple[str, str],
    streams: Sequence[v21.ConstantStreamData],
    at: datetime,
) -> None:
    """A station named all its open streams: others are closed, those that we missed are open."""
    await connection.execute(
        """
        WITH named AS (
            SELECT * FROM unnest($4::bigint[], $5::bigint[], $6::int[], $7::int[])
                AS t (id, monitor, interval, batch)
        ), closed AS (
            UPDATE devices.stream SET closed_at = $3
            WHERE tenant = $1 AND station = $2 AND closed_at IS NULL
              AND id NOT IN (SELECT id FROM named)
        )
        INSERT INTO devices.stream (tenant, station, id, monitor, interval, batch, opened_at)
        SELECT DISTINCT ON (id) $1, $2, id, monitor, interval, batch, $3::timestamptz FROM named
        ON CONFLICT (tenant, station, id) DO UPDATE
        SET monitor = excluded.monitor, interval = excluded.interval, batch = excluded.batch,
            closed_at = NULL
        """,
        *place,
        at,
        [each.id for each in streams],
        [each.variable_monitoring_id for each in streams],
        [each.params.interval for each in streams],
        [each.params.values for each in streams],
    )


async def adjust(connection: Connection, place: tuple[str, str], id: int, pace: Pace) -> None:
    """A station sends otherwise from now on."""
    await connection.execute(
        """
        UPDATE devices.stream
        SET interval = coalesce($4, interval), batch = coalesce($5, batch), lag = '{}',
            adjusted = adjusted + 1
        WHERE tenant = $1 AND station = $2 AND id = $3
        """,
        *place,
        id,
        *pace,
    )


async def close(connection: Connection, place: tuple[str, str], id: int, at: datetime) -> None:
    await connection.execute(
        """
        UPDATE devices.stream SET closed_at = $4
        WHERE tenant = $1 AND station = $2 AND id = $3 AND closed_at IS NULL
        """,
        *place,
        id,
        at,
    )


async def add_values(
    connection: Connection,
    place: tuple[str, str, int],
    values: Sequence[Value],
    received_at: datetime,
    message_id: str,
) -> None:
    """Values of one message, in their order."""
    await connection.execute(
        """
        INSERT INTO devices.stream_value (tenant, station, stream, received_at, message_id, part,
                                          at, value)
        SELECT $1, $2, $3, $4, $5, part, at, value
        FROM unnest($6::timestamptz[], $7::text[]) WITH ORDINALITY AS t (at, value, part)
        ON CONFLICT DO NOTHING
        """,
        *place,
        received_at,
        message_id,
        [value.at for value in values],
        [value.value for value in values],
    )


async def count(
    connection: Connection, place: tuple[str, str, int], values: Sequence[Value], pending: int
) -> Standing | None:
    """Values came; None: the station never opened such a stream."""
    row = await connection.fetchrow(
        """
        UPDATE devices.stream
        SET received = received + $4, lag = (lag || $5::int)[greatest(cardinality(lag) - $8, 1):],
            last_value = CASE WHEN last_at > $6 THEN last_value ELSE $7 END,
            last_at = greatest(last_at, $6)
        WHERE tenant = $1 AND station = $2 AND id = $3
        RETURNING monitor, interval, batch, lag
        """,
        *place,
        len(values),
        pending,
        values[-1].at,
        values[-1].value,
        LAG_MAX - 2,
    )
    if row is None:
        return None
    return Standing(row["monitor"], Pace(row["interval"], row["batch"]), row["lag"])


async def forgive(connection: Connection, place: tuple[str, str], id: int) -> None:
    """What waited until now is not counted against a station again."""
    await connection.execute(
        "UPDATE devices.stream SET lag = '{}' WHERE tenant = $1 AND station = $2 AND id = $3",
        *place,
        id,
    )


async def page(
    connection: Connection, place: tuple[str, str], after: int | None, limit: int
) -> list[StreamView]:
    """In the order of the ids."""
    rows = await connection.fetch(
        """
        SELECT id, monitor, interval, batch, opened_at, closed_at, received, lag, last_at,
               last_value, adjusted
        FROM devices.stream
        WHERE tenant = $1 AND station = $2 AND ($3::bigint IS NULL OR id > $3)
        ORDER BY id LIMIT $4
        """,
        *place,
        after,
        limit,
    )
    return [view(row) for row in rows]


def view(row: Row) -> StreamView:
    return StreamView(
        id=row["id"],
        monitor=row["monitor"],
        interval_seconds=row["interval"],
        values=row["batch"],
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
        received=row["received"],
        pending=row["lag"][-1] if row["lag"] else 0,
        last_at=row["last_at"],
        last_value=row["last_value"],
        adjusted=row["adjusted"],
    )


async def known(connection: Connection, place: tuple[str, str], id: int) -> bool:
    found = await connection.fetchval(
        "SELECT true FROM devices.stream WHERE tenant = $1 AND station = $2 AND id = $3",
        *place,
        id,
    )
    return bool(found)


async def values(
    connection: Connection, place: tuple[str, str, int], before: Cursor | None, limit: int
) -> list[tuple[Cursor, Value]]:
    """Newest first, of the streams that had this id."""
    rows = await connection.fetch(
        """
        SELECT at, received_at, part, value FROM devices.stream_value
        WHERE tenant = $1 AND station = $2 AND stream = $3
          AND ($4::timestamptz IS NULL OR (at, received_at, part) < ($4, $5, $6))
        ORDER BY at DESC, received_at DESC, part DESC LIMIT $7
        """,
        *place,
        before.at if before else None,
        before.received_at if before else None,
        before.part if before else None,
        limit,
    )
    return [
        (Cursor(row["at"], row["received_at"], row["part"]), Value(row["at"], row["value"]))
        for row in rows
    ]


async def settings(connection: Connection, tenant: str) -> StreamSettings:
    row = await connection.fetchrow(
        "SELECT accept, streams_max, adjust FROM devices.stream_settings WHERE tenant = $1", tenant
    )
    return StreamSettings(**row) if row else StreamSettings()


async def put_settings(connection: Connection, ask: PutStreamSettings) -> StreamSettings:
    row = await connection.fetchrow(
        """
        INSERT INTO devices.stream_settings AS s (tenant, accept, streams_max, adjust)
        VALUES ($1, coalesce($2, true), coalesce($3, 100), coalesce($4, true))
        ON CONFLICT (tenant) DO UPDATE
        SET accept = coalesce($2, s.accept), streams_max = coalesce($3, s.streams_max),
            adjust = coalesce($4, s.adjust)
        RETURNING accept, streams_max, adjust
        """,
        ask.tenant,
        *(None if each is UNSET else each for each in (ask.accept, ask.streams_max, ask.adjust)),
    )
    return StreamSettings(**row)


async def keep(pool: asyncpg.Pool, days: int) -> None:
    """Make the partitions of the coming weeks, drop those older than asked."""
    await weeks.keep(pool, "devices.stream_value", datetime.now(UTC), timedelta(days=days))
