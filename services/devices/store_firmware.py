"""SQL of firmware: starts of stations with other firmware than before."""

from datetime import datetime
from typing import Any, NamedTuple

from msgspec import json

from libs.contracts.firmware import Boot, SecurityEvent

Connection = Any

FOLLOWING_MAX = 500
"""Starts and security events that are read at a time."""


class Since(NamedTuple):
    """What a station told from a time on."""

    tenant: str
    station: str
    at: datetime


async def booted(
    connection: Connection, since: Since, firmware: str | None, reason: str | None
) -> None:
    """Keep a start when it tells something new; events come at least once, in any order."""
    await connection.execute(
        """
        WITH before AS (
            SELECT firmware FROM devices.firmware_boot
            WHERE tenant = $1 AND station = $2 AND at < $3 ORDER BY at DESC LIMIT 1
        )
        INSERT INTO devices.firmware_boot (tenant, station, at, firmware, previous, reason)
        SELECT $1, $2, $3, $4, (SELECT firmware FROM before), $5
        WHERE $5 = 'FirmwareUpdate' OR NOT EXISTS (SELECT FROM before)
           OR (SELECT firmware FROM before) IS DISTINCT FROM $4
        ON CONFLICT DO NOTHING
        """,
        *since,
        firmware,
        reason,
    )


async def boots(connection: Connection, since: Since) -> list[Boot]:
    """Oldest first."""
    rows = await connection.fetch(
        """
        SELECT at, firmware, previous, reason FROM devices.firmware_boot
        WHERE tenant = $1 AND station = $2 AND at >= $3 ORDER BY at LIMIT $4
        """,
        *since,
        FOLLOWING_MAX,
    )
    return [Boot(**row) for row in rows]


async def security_events(connection: Connection, since: Since) -> list[SecurityEvent]:
    """Those that concern firmware, oldest first."""
    rows = await connection.fetch(
        """
        SELECT received_at, payload FROM devices.report
        WHERE tenant = $1 AND station = $2 AND action = 'SecurityEventNotification'
          AND received_at >= $3 ORDER BY received_at, message_id LIMIT $4
        """,
        *since,
        FOLLOWING_MAX,
    )
    told = [(row["received_at"], json.decode(row["payload"], type=dict[str, Any])) for row in rows]
    return [
        SecurityEvent(at=at, type=payload["type"], info=payload.get("techInfo"))
        for at, payload in told
        if "Firmware" in payload["type"]
    ]
