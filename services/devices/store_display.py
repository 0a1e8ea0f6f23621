"""SQL of displays."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import json

from libs.contracts.display import DisplayText, DisplayView

Connection = Any
Row = Any


class Line(NamedTuple):
    """A message on a display; ``message`` is its MessageInfo as JSON."""

    id: int
    priority: str
    state: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    transaction: str | None
    message: str


class Filter(NamedTuple):
    """What a GetDisplayMessages asked for; None is all."""

    ids: list[int] | None
    priority: str | None
    state: str | None


async def put(
    connection: Connection, tenant: str, station: str, line: Line, *, at: datetime
) -> None:
    """A station accepted a message; the same id replaces (O06)."""
    await connection.execute(
        """
        INSERT INTO devices.display (tenant, station, id, priority, state, starts_at, ends_at,
                                     transaction, message, set_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::json, $10)
        ON CONFLICT (tenant, station, id) DO UPDATE
        SET priority = excluded.priority, state = excluded.state, starts_at = excluded.starts_at,
            ends_at = excluded.ends_at, transaction = excluded.transaction,
            message = excluded.message, set_at = excluded.set_at, confirmed_at = NULL,
            seen_in = NULL
        WHERE display.set_at IS NULL OR display.set_at <= excluded.set_at
        """,
        tenant,
        station,
        *line,
        at,
    )


async def confirm(
    connection: Connection,
    place: tuple[str, str],
    lines: Sequence[Line],
    number: int,
    at: datetime,
) -> None:
    """A station reported these in the report of that number; the same id twice: the last."""
    latest = {line.id: line for line in lines}.values()
    await connection.execute(
        """
        INSERT INTO devices.display (tenant, station, id, priority, state, starts_at, ends_at,
                                     transaction, message, confirmed_at, seen_in)
        SELECT $1, $2, id, priority, state, starts_at, ends_at, transaction, message::json, $3, $4
        FROM unnest($5::bigint[], $6::text[], $7::text[], $8::timestamptz[], $9::timestamptz[],
                    $10::text[], $11::text[])
            AS t (id, priority, state, starts_at, ends_at, transaction, message)
        ON CONFLICT (tenant, station, id) DO UPDATE
        SET priority = excluded.priority, state = excluded.state, starts_at = excluded.starts_at,
            ends_at = excluded.ends_at, transaction = excluded.transaction,
            message = excluded.message, confirmed_at = excluded.confirmed_at,
            seen_in = excluded.seen_in
        """,
        *place,
        at,
        number,
        *([line[column] for line in latest] for column in range(len(Line._fields))),
    )


async def filter_of(
    connection: Connection, tenant: str, station: str, number: int
) -> tuple[Filter, datetime] | None:
    """What the last request of this number asked for, and when; None: nobody asked."""
    row = await connection.fetchrow(
        """
        SELECT payload, asked_at FROM devices.request
        WHERE tenant = $1 AND station = $2 AND family = 'display' AND $3 = ANY (numbers)
        ORDER BY asked_at DESC LIMIT 1
        """,
        tenant,
        station,
        number,
    )
    if row is None:
        return None
    asked = json.decode(row["payload"], type=dict[str, Any])
    return Filter(asked.get("id"), asked.get("priority"), asked.get("state")), row["asked_at"]


async def drop_unseen(
    connection: Connection,
    place: tuple[str, str],
    wanted: Filter,
    number: int,
    asked_at: datetime,
) -> None:
    """What should have been in a complete report, and was not: it is gone. A message that was set
    after the question is not meant.
    """
    await connection.execute(
        """
        DELETE FROM devices.display
        WHERE tenant = $1 AND station = $2 AND (set_at IS NULL OR set_at < $4)
          AND NOT (seen_in IS NOT DISTINCT FROM $3 AND confirmed_at >= $4 - interval '5 seconds')
          AND ($5::bigint[] IS NULL OR id = ANY ($5)) AND ($6::text IS NULL OR priority = $6)
          AND ($7::text IS NULL OR state = $7)
        """,
        *place,
        number,
        asked_at,
        *wanted,
    )


async def drop(connection: Connection, tenant: str, station: str, id: int, *, at: datetime) -> None:
    """Not what was set after that."""
    await connection.execute(
        """
        DELETE FROM devices.display
        WHERE tenant = $1 AND station = $2 AND id = $3 AND (set_at IS NULL OR set_at <= $4)
        """,
        tenant,
        station,
        id,
        at,
    )


async def drop_of_transaction(
    connection: Connection, tenant: str, station: str, transaction: str
) -> None:
    await connection.execute(
        "DELETE FROM devices.display WHERE tenant = $1 AND station = $2 AND transaction = $3",
        tenant,
        station,
        transaction,
    )


async def drop_ended(connection: Connection, now: datetime) -> None:
    """Stations remove what has ended by themselves (O02)."""
    await connection.execute("DELETE FROM devices.display WHERE ends_at <= $1", now)


async def page(
    connection: Connection, place: tuple[str, str], after: int | None, limit: int, now: datetime
) -> list[DisplayView]:
    """In the order of the ids."""
    rows = await connection.fetch(
        """
        SELECT id, priority, state, starts_at, ends_at, transaction, message, set_at, confirmed_at
        FROM devices.display
        WHERE tenant = $1 AND station = $2 AND ($3::bigint IS NULL OR id > $3)
          AND (ends_at IS NULL OR ends_at > $5)
        ORDER BY id LIMIT $4
        """,
        *place,
        after,
        limit,
        now,
    )
    return [view(row, now) for row in rows]


def view(row: Row, now: datetime) -> DisplayView:
    info = json.decode(row["message"], type=dict[str, Any])
    return DisplayView(
        id=row["id"],
        priority=row["priority"],
        state=row["state"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        transaction=row["transaction"],
        message=text(info["message"]),
        extra=[text(each) for each in info.get("messageExtra", [])],
        display=info.get("display"),
        scheduled=row["starts_at"] is not None and row["starts_at"] > now,
        confirmed_at=row["confirmed_at"],
        set_at=row["set_at"],
    )


def text(content: dict[str, Any]) -> DisplayText:
    return DisplayText(
        format=content["format"], language=content.get("language"), content=content["content"]
    )
