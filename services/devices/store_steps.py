"""SQL of what goes on for a while at a station: its requests, and each status that it told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import json

from libs.contracts.step import Step
from libs.ocpp.message import Version
from services.devices import store_requests
from services.devices.store_requests import Cursor, Kept

Connection = Any

STEPS_MAX = 1000
"""Statuses that are read of one request."""


class Which(NamedTuple):
    """A station's requests of some actions."""

    tenant: str
    station: str
    actions: Sequence[str]


async def page(
    connection: Connection, which: Which, before: Cursor | None, limit: int
) -> list[Kept]:
    """Newest first."""
    rows = await connection.fetch(
        store_requests.ALL
        + """
        WHERE tenant = $1 AND station = $2 AND action = ANY($3::text[])
          AND ($4::timestamptz IS NULL OR (asked_at, id) < ($4, $5))
        ORDER BY asked_at DESC, id DESC LIMIT $6
        """,
        *which,
        before.asked_at if before else None,
        before.id if before else None,
        limit,
    )
    return [store_requests.kept(row) for row in rows]


async def steps(connection: Connection, requests: Sequence[UUID]) -> dict[UUID, list[Step]]:
    """What the station said of each, oldest first."""
    rows = await connection.fetch(
        """
        SELECT request, received_at, status, payload FROM devices.report
        WHERE request = ANY($1::uuid[]) AND status IS NOT NULL
        ORDER BY received_at, message_id LIMIT $2
        """,
        list(requests),
        STEPS_MAX * max(len(requests), 1),
    )
    found: dict[UUID, list[Step]] = {request: [] for request in requests}
    for row in rows:
        payload = json.decode(row["payload"], type=dict[str, Any])
        step = Step(
            at=row["received_at"],
            status=row["status"],
            info=payload.get("statusInfo"),
            locations=payload.get("location") or [],
        )
        found[row["request"]].append(step)
    return found


async def replaced(connection: Connection, which: Which, since: datetime) -> list[datetime]:
    """When requests took the place of one that was under way, oldest first."""
    rows = await connection.fetch(
        """
        SELECT asked_at, answer FROM devices.request
        WHERE tenant = $1 AND station = $2 AND action = ANY($3::text[]) AND asked_at > $4
          AND outcome = 'answered' ORDER BY asked_at LIMIT 1000
        """,
        *which,
        since,
    )
    answers = [(row["asked_at"], store_requests.data(row["answer"]) or {}) for row in rows]
    return [at for at, answer in answers if answer.get("status") == "AcceptedCanceled"]


async def asked(connection: Connection, which: Which, since: datetime) -> list[datetime]:
    """When the station was asked, oldest first."""
    rows = await connection.fetch(
        """
        SELECT asked_at FROM devices.request
        WHERE tenant = $1 AND station = $2 AND action = ANY($3::text[]) AND asked_at > $4
        ORDER BY asked_at LIMIT 1000
        """,
        *which,
        since,
    )
    return [row["asked_at"] for row in rows]


async def request_of(
    connection: Connection, tenant: str, station: str, family: str, number: int | None
) -> Kept | None:
    """The request that a message belongs to: the last of its family with its number, if it has
    one.
    """
    row = await connection.fetchrow(
        store_requests.ALL
        + """
        WHERE tenant = $1 AND station = $2 AND family = $3
          AND ($4::bigint IS NULL OR $4 = ANY (numbers))
        ORDER BY asked_at DESC LIMIT 1
        """,
        tenant,
        station,
        family,
        number,
    )
    return store_requests.kept(row) if row else None


async def speaks(
    connection: Connection, which: Which, told: Sequence[str], version: Version
) -> bool:
    """Whether a station ever told one of these messages, or answered one of the actions."""
    found: bool = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM devices.report WHERE tenant = $1 AND station = $2
                       AND action = ANY($4::text[]) AND version = $5)
            OR EXISTS (SELECT FROM devices.request WHERE tenant = $1 AND station = $2
                       AND action = ANY($3::text[]) AND version = $5 AND outcome = 'answered')
        """,
        *which,
        list(told),
        version,
    )
    return found
