"""The only SQL of this service: reports of stations."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import asyncpg
from msgspec import json

from libs.contracts.devices import ListReports, Report
from libs.ocpp.message import Version
from libs.postgres import weeks

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


class Cursor(NamedTuple):
    """Where a page ended."""

    received_at: datetime
    message_id: str


async def add(connection: Connection, lines: Sequence[Line]) -> None:
    """Keep messages; one that came before is kept once."""
    await connection.execute(
        """
        INSERT INTO devices.report
            (tenant, station, received_at, message_id, version, action, payload)
        SELECT tenant, station, received_at, message_id, version, action, payload::json
        FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[],
                    $7::text[])
            AS t (tenant, station, received_at, message_id, version, action, payload)
        ON CONFLICT DO NOTHING
        """,
        [line.tenant for line in lines],
        [line.station for line in lines],
        [line.received_at for line in lines],
        [line.message_id for line in lines],
        [line.version for line in lines],
        [line.action for line in lines],
        [line.payload.decode() for line in lines],
    )


async def page(
    connection: Connection, ask: ListReports, before: Cursor | None, limit: int
) -> list[tuple[Cursor, Report]]:
    """Newest first."""
    rows = await connection.fetch(
        """
        SELECT received_at, message_id, number, version, action, payload FROM devices.report
        WHERE tenant = $1 AND station = $2 AND ($3::text IS NULL OR action = $3)
          AND ($4::timestamptz IS NULL OR (received_at, message_id) < ($4, $5))
        ORDER BY received_at DESC, message_id DESC LIMIT $6
        """,
        ask.tenant,
        ask.station,
        ask.action,
        before.received_at if before else None,
        before.message_id if before else None,
        limit,
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
            ),
        )
        for row in rows
    ]


async def keep_reports(pool: asyncpg.Pool, days: int) -> None:
    """Make the partitions of the coming weeks, drop those older than asked."""
    await weeks.keep(pool, "devices.report", datetime.now(UTC), timedelta(days=days))
