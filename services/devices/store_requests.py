"""SQL of requests: what stations were asked, and what came of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from msgspec import json

from libs.contracts.command import CommandResult
from libs.contracts.devices import ListRequests, Report
from libs.ocpp.message import Version
from services.devices.correlation import Link

Connection = Any
Row = Any

ALL = """
SELECT id, tenant, station, version, action, payload, asked_by, asked_at, wait_until, family,
    numbers, repeats, outcome, answered_at, answer, code, description, details,
    given_up_at
FROM devices.request
"""


class Told(NamedTuple):
    """A message that a request caused."""

    number: int | None
    part: int | None
    more: bool | None
    status: str | None


class Kept(NamedTuple):
    """A request as it is kept."""

    id: UUID
    tenant: str
    station: str
    version: Version
    action: str
    payload: dict[str, Any]
    by: str
    asked_at: datetime
    wait_until: datetime
    family: str | None
    numbers: list[int]
    repeats: int
    answered_at: datetime | None
    result: CommandResult | None
    given_up_at: datetime | None
    """When the rest of what it is to cause was waited for in vain."""


class Cursor(NamedTuple):
    """Where a page ended."""

    asked_at: datetime
    id: UUID


class New(NamedTuple):
    """A request that is about to be sent."""

    tenant: str
    station: str
    version: Version
    action: str
    payload: bytes
    by: str
    asked_at: datetime
    wait_until: datetime
    link: Link


async def add(connection: Connection, new: New) -> UUID:
    """Keep a request before it is sent."""
    found: UUID = await connection.fetchval(
        """
        INSERT INTO devices.request (tenant, station, version, action, payload, asked_by, asked_at,
                                     wait_until, family, numbers)
        VALUES ($1, $2, $3, $4, $5::json, $6, $7, $8, $9, $10) RETURNING id
        """,
        new.tenant,
        new.station,
        new.version,
        new.action,
        new.payload.decode(),
        new.by,
        new.asked_at,
        new.wait_until,
        new.link.family,
        [] if new.link.number is None else [new.link.number],
    )
    return found


async def settle(
    connection: Connection, request: UUID, result: CommandResult, now: datetime
) -> None:
    """Keep what became of it."""
    await connection.execute(
        """
        UPDATE devices.request SET outcome = $2, answered_at = $3, answer = $4::json, code = $5,
            description = $6, details = $7::json
        WHERE id = $1
        """,
        request,
        result.status,
        now,
        text(result.payload),
        clean(result.code),
        clean(result.description),
        text(result.details),
    )


async def followed(connection: Connection, request: UUID) -> None:
    """Everything here is in step with its outcome."""
    await connection.execute("UPDATE devices.request SET followed = true WHERE id = $1", request)


async def take_unfollowed(connection: Connection, before: datetime, tries_max: int) -> list[Kept]:
    """Answered before then, and not in step yet. Each is given to one instance at a time."""
    rows = await connection.fetch(
        """
        UPDATE devices.request SET tries = tries + 1
        WHERE id IN (
            SELECT id FROM devices.request
            WHERE outcome = 'answered' AND NOT followed AND answered_at < $1 AND tries < $2
            ORDER BY answered_at LIMIT 100 FOR UPDATE SKIP LOCKED
        )
        RETURNING *
        """,
        before,
        tries_max,
    )
    return [kept(row) for row in rows]


def clean(said: str | None) -> str | None:
    """A text as the database can hold it."""
    return None if said is None else said.replace("\x00", "\ufffd")


def text(value: dict[str, Any] | None) -> str | None:
    return None if value is None else json.encode(value).decode()


async def get(connection: Connection, tenant: str, request: UUID) -> Kept | None:
    row = await connection.fetchrow(
        ALL + "WHERE tenant = $1 AND id = $2",
        tenant,
        request,
    )
    return kept(row) if row else None


async def page(
    connection: Connection, ask: ListRequests, before: Cursor | None, limit: int
) -> list[Kept]:
    """Newest first."""
    rows = await connection.fetch(
        ALL
        + """
        WHERE tenant = $1 AND station = $2 AND ($3::text IS NULL OR action = $3)
          AND ($4::timestamptz IS NULL OR (asked_at, id) < ($4, $5))
        ORDER BY asked_at DESC, id DESC LIMIT $6
        """,
        ask.tenant,
        ask.station,
        ask.action,
        before.asked_at if before else None,
        before.id if before else None,
        limit,
    )
    return [kept(row) for row in rows]


async def told(connection: Connection, requests: Sequence[UUID]) -> dict[UUID, list[Told]]:
    """What came of each, without the payloads, oldest first."""
    rows = await connection.fetch(
        """
        SELECT request, number_asked, part, more, status FROM devices.report
        WHERE request = ANY($1::uuid[]) ORDER BY received_at, message_id
        """,
        list(requests),
    )
    found: dict[UUID, list[Told]] = {request: [] for request in requests}
    for request, *rest in rows:
        found[request].append(Told(*rest))
    return found


async def later(connection: Connection, request: UUID, limit: int) -> list[Report]:
    """The messages themselves, oldest first."""
    rows = await connection.fetch(
        """
        SELECT number, received_at, station, version, action, payload FROM devices.report
        WHERE request = $1 ORDER BY received_at, message_id LIMIT $2
        """,
        request,
        limit,
    )
    return [
        Report(
            id=row["number"],
            at=row["received_at"],
            station=row["station"],
            version=row["version"],
            action=row["action"],
            payload=json.decode(row["payload"], type=dict[str, Any]),
            request=str(request),
        )
        for row in rows
    ]


async def forget(pool: asyncpg.Pool, before: datetime) -> None:
    """Old requests go; their messages go with their own partitions."""
    await pool.execute("DELETE FROM devices.request WHERE asked_at < $1", before)


def kept(row: Row) -> Kept:
    result = None
    if row["outcome"] is not None:
        result = CommandResult(
            status=row["outcome"],
            version=row["version"],
            action=row["action"],
            payload=data(row["answer"]),
            code=row["code"],
            description=row["description"],
            details=data(row["details"]),
        )
    return Kept(
        id=row["id"],
        tenant=row["tenant"],
        station=row["station"],
        version=row["version"],
        action=row["action"],
        payload=data(row["payload"]) or {},
        by=row["asked_by"],
        asked_at=row["asked_at"],
        wait_until=row["wait_until"],
        family=row["family"],
        numbers=row["numbers"],
        repeats=row["repeats"],
        answered_at=row["answered_at"],
        result=result,
        given_up_at=row["given_up_at"],
    )


def data(text: str | None) -> dict[str, Any] | None:
    return None if text is None else json.decode(text, type=dict[str, Any])
