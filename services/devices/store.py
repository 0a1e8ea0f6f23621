"""SQL of reports: what stations told, as it came in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from msgspec import json

from libs.contracts.devices import ListReports, Report
from libs.ocpp.message import Version
from libs.postgres import weeks
from services.devices.correlation import NOTHING, Link

Connection = Any

decode = json.Decoder(dict[str, Any]).decode


class Line(NamedTuple):
    """A message of a station, to be kept."""

    tenant: str
    station: str
    received_at: datetime
    message_id: str
    version: Version
    action: str
    payload: bytes
    link: Link = NOTHING


class Cursor(NamedTuple):
    """Where a page ended."""

    received_at: datetime
    message_id: str


async def add(connection: Connection, lines: Sequence[Line]) -> None:
    """Keep messages, each with the request that caused it; one that came before is kept once."""
    await connection.execute(
        """
        INSERT INTO devices.report
            (tenant, station, received_at, message_id, version, action, payload, request,
             number_asked, part, more, status)
        SELECT t.tenant, t.station, received_at, message_id, t.version, t.action, t.payload::json,
               r.id, number_asked, part, more, status
        FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[],
                    $7::text[], $8::text[], $9::bigint[], $10::int[], $11::boolean[], $12::text[])
            AS t (tenant, station, received_at, message_id, version, action, payload, family,
                  number_asked, part, more, status)
        LEFT JOIN LATERAL (
            SELECT id FROM devices.request r
            WHERE r.tenant = t.tenant AND r.station = t.station AND r.family = t.family
              AND (t.number_asked IS NULL OR t.number_asked = ANY (r.numbers))
            ORDER BY asked_at DESC LIMIT 1
        ) r ON t.family IS NOT NULL
        ON CONFLICT DO NOTHING
        """,
        [line.tenant for line in lines],
        [line.station for line in lines],
        [line.received_at for line in lines],
        [line.message_id for line in lines],
        [line.version for line in lines],
        [line.action for line in lines],
        [line.payload.decode() for line in lines],
        [line.link.family for line in lines],
        [line.link.number for line in lines],
        [line.link.part for line in lines],
        [line.link.more for line in lines],
        [line.link.status for line in lines],
    )


async def page(
    connection: Connection, ask: ListReports, before: Cursor | None, limit: int
) -> list[tuple[Cursor, Report]]:
    """Newest first."""
    rows = await connection.fetch(
        """
        SELECT received_at, message_id, number, version, action, payload, request
        FROM devices.report
        WHERE tenant = $1 AND station = $2 AND ($3::text IS NULL OR action = $3)
          AND ($4::timestamptz IS NULL OR (received_at, message_id) < ($4, $5))
          AND ($7::uuid IS NULL OR request = $7)
        ORDER BY received_at DESC, message_id DESC LIMIT $6
        """,
        ask.tenant,
        ask.station,
        ask.action,
        before.received_at if before else None,
        before.message_id if before else None,
        limit,
        UUID(ask.request) if ask.request else None,
    )
    return [
        (
            Cursor(row["received_at"], row["message_id"]),
            Report(
                id=row["number"],
                at=row["received_at"],
                station=ask.station,
                version=row["version"],
                action=row["action"],
                payload=decode(row["payload"]),
                request=str(row["request"]) if row["request"] else None,
            ),
        )
        for row in rows
    ]


async def keep_reports(pool: asyncpg.Pool, days: int) -> None:
    """Make the partitions of the coming weeks, drop those older than asked."""
    await weeks.keep(pool, "devices.report", datetime.now(UTC), timedelta(days=days))
