"""SQL of network profiles: what stations were given, and the order of slots before the last."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import json

from libs.bus import Address
from libs.contracts.network_profiles import SlotView

Connection = Any


class Set(NamedTuple):
    """A slot that a station was asked to set; ``profile`` has no secrets."""

    slot: int
    profile: dict[str, Any]
    status: str
    reason: str | None
    request: UUID
    at: datetime


async def keep(connection: Connection, to: Address, new: Set) -> None:
    """What the station had accepted in the slot is remembered; the same request counts once."""
    await connection.execute(
        """
        INSERT INTO devices.network_profile AS old
            (tenant, station, slot, profile, status, reason, request, set_at)
        VALUES ($1, $2, $3, $4::json, $5, $6, $7, $8)
        ON CONFLICT (tenant, station, slot) DO UPDATE SET
            profile = EXCLUDED.profile, status = EXCLUDED.status, reason = EXCLUDED.reason,
            request = EXCLUDED.request, set_at = EXCLUDED.set_at,
            previous = CASE WHEN old.status = 'Accepted' THEN old.profile ELSE old.previous END
        WHERE old.request <> EXCLUDED.request
        """,
        to.tenant,
        to.station,
        new.slot,
        json.encode(new.profile).decode(),
        new.status,
        new.reason,
        new.request,
        new.at,
    )


async def slots(connection: Connection, to: Address) -> list[SlotView]:
    rows = await connection.fetch(
        """
        SELECT slot, profile, status, reason, request, set_at, previous
        FROM devices.network_profile WHERE tenant = $1 AND station = $2 ORDER BY slot
        """,
        to.tenant,
        to.station,
    )
    return [
        SlotView(
            slot=row["slot"],
            profile=json.decode(row["profile"]),
            status=row["status"],
            reason=row["reason"],
            request=str(row["request"]),
            set_at=row["set_at"],
            previous=json.decode(row["previous"]) if row["previous"] else None,
        )
        for row in rows
    ]


async def remember_priority(
    connection: Connection, to: Address, previous: str | None, now: datetime
) -> None:
    await connection.execute(
        """
        INSERT INTO devices.network_priority AS old (tenant, station, previous, changed_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, station) DO UPDATE
            SET previous = EXCLUDED.previous, changed_at = EXCLUDED.changed_at
            WHERE old.previous IS DISTINCT FROM EXCLUDED.previous
        """,
        to.tenant,
        to.station,
        previous,
        now,
    )


async def priority_before(connection: Connection, to: Address) -> str | None:
    found: str | None = await connection.fetchval(
        "SELECT previous FROM devices.network_priority WHERE tenant = $1 AND station = $2",
        to.tenant,
        to.station,
    )
    return found


async def pending(connection: Connection, to: Address, place: str) -> str | None:
    """What a variable will be after the next boot."""
    found: str | None = await connection.fetchval(
        """
        SELECT pending FROM devices.attribute
        WHERE tenant = $1 AND station = $2 AND place = $3 AND type = 'Actual'
        """,
        to.tenant,
        to.station,
        place,
    )
    return found
