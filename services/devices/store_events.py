"""SQL of events: what stations tell by NotifyEvent."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import asyncpg

from libs.contracts.monitoring import DeviceEventView, ListDeviceEvents
from libs.postgres import weeks

Connection = Any
TABLE = "devices.event"


class Line(NamedTuple):
    """One event of a message."""

    position: int
    event: int
    at: datetime
    trigger: str
    cause: int | None
    value: str
    tech_code: str | None
    tech_info: str | None
    cleared: bool | None
    transaction: str | None
    component: str
    instance: str | None
    evse: int | None
    connector: int | None
    variable: str
    variable_instance: str | None
    monitor: int | None
    kind: str
    severity: int | None


class Message(NamedTuple):
    """Where events came in."""

    tenant: str
    station: str
    received_at: datetime
    message_id: str


class Cursor(NamedTuple):
    """Where a page ended."""

    received_at: datetime
    message_id: str
    position: int


async def add(
    connection: Connection, message: Message, lines: Sequence[Line]
) -> dict[int, int | None]:
    """Keep events; those that are new by their place in the message, with their severity: 2.0.1
    leaves it to the monitor. What a station tells again is known already.
    """
    rows = await connection.fetch(
        """
        INSERT INTO devices.event
            (tenant, station, received_at, message_id, position, event, at, trigger, cause, value,
             tech_code, tech_info, cleared, transaction, component, instance, evse, connector,
             variable, variable_instance, monitor, kind, severity)
        SELECT $1, $2, $3, $4, t.position, t.event, t.at, t.trigger, t.cause, t.value, t.tech_code,
               t.tech_info, t.cleared, t.transaction, t.component, t.instance, t.evse, t.connector,
               t.variable, t.variable_instance, t.monitor, t.kind, coalesce(t.severity, m.severity)
        FROM unnest($5::int[], $6::bigint[], $7::timestamptz[], $8::text[], $9::bigint[],
                    $10::text[], $11::text[], $12::text[], $13::boolean[], $14::text[],
                    $15::text[], $16::text[], $17::int[], $18::int[], $19::text[], $20::text[],
                    $21::bigint[], $22::text[], $23::int[])
            AS t (position, event, at, trigger, cause, value, tech_code, tech_info, cleared,
                  transaction, component, instance, evse, connector, variable, variable_instance,
                  monitor, kind, severity)
        LEFT JOIN devices.monitor m ON m.tenant = $1 AND m.station = $2 AND m.id = t.monitor
        WHERE NOT EXISTS (
            SELECT FROM devices.event e
            WHERE e.tenant = $1 AND e.station = $2 AND e.at = t.at AND e.event = t.event
              AND (e.component, e.variable, e.value) = (t.component, t.variable, t.value)
        )
        ON CONFLICT DO NOTHING
        RETURNING position, severity
        """,
        *message,
        *(list(column) for column in zip(*lines, strict=True)),
    )
    return {row["position"]: row["severity"] for row in rows}


async def page(
    connection: Connection, ask: ListDeviceEvents, before: Cursor | None, limit: int
) -> list[tuple[Cursor, DeviceEventView]]:
    """Newest first."""
    rows = await connection.fetch(
        """
        SELECT received_at, message_id, position, number AS id, event, at, trigger, component,
               instance, evse, connector, variable, variable_instance, value, cleared, cause,
               tech_code, tech_info, transaction, monitor, kind, severity
        FROM devices.event
        WHERE tenant = $1 AND station = $2
          AND ($3::text IS NULL OR lower(component) = lower($3))
          AND ($4::text IS NULL OR lower(variable) = lower($4))
          AND ($5::text IS NULL OR trigger = $5)
          AND ($6::boolean IS NULL OR coalesce(cleared, false) = $6)
          AND ($7::int IS NULL OR severity <= $7)
          AND ($8::timestamptz IS NULL OR at >= $8)
          AND ($9::timestamptz IS NULL OR at < $9)
          AND ($10::timestamptz IS NULL OR (received_at, message_id, position) < ($10, $11, $12))
        ORDER BY received_at DESC, message_id DESC, position DESC LIMIT $13
        """,
        ask.tenant,
        ask.station,
        ask.component,
        ask.variable,
        ask.trigger,
        ask.cleared,
        ask.severity,
        ask.since,
        ask.until,
        *(before or (None, None, None)),
        limit,
    )
    return [(Cursor(*row[:3]), view(row)) for row in rows]


def view(row: Any) -> DeviceEventView:
    return DeviceEventView(**{name: row[name] for name in DeviceEventView.__struct_fields__})


async def keep(pool: asyncpg.Pool, days: int) -> None:
    """Make the partitions of the coming weeks, drop those older than asked."""
    await weeks.keep(pool, TABLE, datetime.now(UTC), timedelta(days=days))
