"""SQL of reports whose parts are awaited, and of inventories that are due."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from msgspec import json

from libs.bus import Address
from libs.ocpp.message import Version

Connection = Any
Row = Any


class Inquiry(NamedTuple):
    """A report that was asked for; ``number`` is the requestId it was last asked with."""

    request: UUID
    tenant: str
    station: str
    version: Version
    action: str
    base: str | None
    number: int
    asked_at: datetime
    repeated_at: datetime
    repeats: int
    repeats_max: int
    due_at: datetime
    """When to look at it; of one that was claimed, the end of the lease."""


class Part(NamedTuple):
    """A part of a report that came."""

    number: int
    part: int
    more: bool
    at: datetime


async def open_inquiry(connection: Connection, new: Inquiry) -> bool:
    """Await its parts; False if that was done before."""
    found = await connection.fetchval(
        """
        INSERT INTO devices.inquiry
            (request, tenant, station, version, action, base, number, asked_at, repeated_at,
             repeats, repeats_max, due_at, firmware)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
                (SELECT firmware FROM devices.inventory WHERE tenant = $2 AND station = $3))
        ON CONFLICT DO NOTHING RETURNING true
        """,
        *new,
    )
    return bool(found)


async def allow_repeats(connection: Connection, request: UUID, repeats_max: int) -> None:
    await connection.execute(
        "UPDATE devices.inquiry SET repeats_max = $2 WHERE request = $1", request, repeats_max
    )


async def by_number(connection: Connection, to: Address, number: int) -> Inquiry | None:
    """The report that is awaited under this number."""
    row = await connection.fetchrow(
        """
        SELECT request, tenant, station, version, action, base, number, asked_at, repeated_at,
               repeats, repeats_max, due_at
        FROM devices.inquiry
        WHERE tenant = $1 AND station = $2 AND number = $3 AND due_at IS NOT NULL
        """,
        to.tenant,
        to.station,
        number,
    )
    return Inquiry(*row) if row else None


async def claim(
    pool: asyncpg.Pool, now: datetime, lease_until: datetime, limit: int
) -> list[Inquiry]:
    """What is due, for the one that asks: others see it again when the lease is over."""
    rows = await pool.fetch(
        """
        UPDATE devices.inquiry SET due_at = $2
        WHERE request IN (SELECT request FROM devices.inquiry WHERE due_at <= $1
                          ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
        RETURNING request, tenant, station, version, action, base, number, asked_at, repeated_at,
                  repeats, repeats_max, due_at
        """,
        now,
        lease_until,
        limit,
    )
    return [Inquiry(*row) for row in rows]


async def parts(connection: Connection, request: UUID) -> list[Part]:
    rows = await connection.fetch(
        """
        SELECT number_asked, part, coalesce(more, false) AS more, received_at FROM devices.report
        WHERE request = $1 AND number_asked IS NOT NULL AND part IS NOT NULL
        """,
        request,
    )
    return [Part(*row) for row in rows]


async def payload(connection: Connection, request: UUID) -> dict[str, Any]:
    """What was asked."""
    found = await connection.fetchval("SELECT payload FROM devices.request WHERE id = $1", request)
    return json.decode(found, type=dict[str, Any]) if found else {}


async def later(connection: Connection, claimed: Inquiry, due_at: datetime) -> None:
    """Look at it again then, unless its last part came while it was looked at."""
    await connection.execute(
        "UPDATE devices.inquiry SET due_at = $3 WHERE request = $1 AND due_at = $2",
        claimed.request,
        claimed.due_at,
        due_at,
    )


class Repeat(NamedTuple):
    number: int
    at: datetime
    due_at: datetime


async def repeat(connection: Connection, inquiry: Inquiry, again: Repeat) -> bool:
    """It is asked again with another number; kept before it is sent, for parts may come at once.
    False if somebody else is about to.
    """
    found = await connection.fetchval(
        """
        WITH again AS (
            UPDATE devices.inquiry
            SET number = $3, repeats = repeats + 1, repeated_at = $4, due_at = $5
            WHERE request = $1 AND repeats = $2 AND due_at IS NOT NULL RETURNING request
        )
        UPDATE devices.request SET numbers = numbers || $3::bigint, repeats = repeats + 1
        WHERE id IN (SELECT request FROM again) RETURNING true
        """,
        inquiry.request,
        inquiry.repeats,
        *again,
    )
    return bool(found)


async def close(connection: Connection, request: UUID) -> bool:
    """Nothing more is awaited; False if somebody closed it before."""
    found = await connection.fetchval(
        """
        UPDATE devices.inquiry SET due_at = NULL WHERE request = $1 AND due_at IS NOT NULL
        RETURNING true
        """,
        request,
    )
    return bool(found)


async def give_up(connection: Connection, request: UUID, now: datetime) -> None:
    """The rest is not waited for any more."""
    await connection.execute(
        """
        WITH over AS (UPDATE devices.inquiry SET due_at = NULL WHERE request = $1)
        UPDATE devices.request SET given_up_at = $2 WHERE id = $1
        """,
        request,
        now,
    )


async def forget(pool: asyncpg.Pool, before: datetime) -> None:
    """Those of requests that are forgotten."""
    await pool.execute("DELETE FROM devices.inquiry WHERE asked_at < $1", before)


# -- inventories after a boot --------------------------------------------------------------------


class Boot(NamedTuple):
    tenant: str
    station: str
    version: Version
    at: datetime
    firmware: str


class Due(NamedTuple):
    """An inventory that is to be asked for."""

    tenant: str
    station: str
    version: Version
    firmware: str
    attempts: int
    due_at: datetime
    """The end of the lease."""

    @property
    def to(self) -> Address:
        return Address(self.tenant, self.station)


async def note_boot(connection: Connection, boot: Boot, due_at: datetime | None) -> bool:
    """Keep a boot; what is not known of its firmware is due at that time (B07.FR.14).

    True if it came with another firmware than the boot before. A boot that is told again, or late,
    changes nothing.
    """
    row = await connection.fetchrow(
        """
        WITH old AS (
            SELECT firmware FROM devices.inventory WHERE tenant = $1 AND station = $2 FOR UPDATE
        )
        INSERT INTO devices.inventory AS known
            (tenant, station, version, booted_at, firmware, due_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (tenant, station) DO UPDATE SET
            version = EXCLUDED.version, booted_at = EXCLUDED.booted_at,
            firmware = EXCLUDED.firmware, attempts = 0,
            due_at = CASE WHEN known.known IS DISTINCT FROM EXCLUDED.firmware
                          THEN EXCLUDED.due_at END
        WHERE known.booted_at < EXCLUDED.booted_at
        RETURNING (SELECT firmware FROM old) IS DISTINCT FROM firmware AS differs
        """,
        *boot,
        due_at,
    )
    return bool(row and row["differs"])


async def claim_inventories(
    pool: asyncpg.Pool, now: datetime, lease_until: datetime, limit: int
) -> list[Due]:
    """What is due, for the one that asks; attempts are counted before they are made."""
    rows = await pool.fetch(
        """
        UPDATE devices.inventory SET due_at = $2, attempts = attempts + 1
        WHERE (tenant, station) IN (
            SELECT tenant, station FROM devices.inventory WHERE due_at <= $1
            ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
        RETURNING tenant, station, version, firmware, attempts, due_at
        """,
        now,
        lease_until,
        limit,
    )
    return [Due(*row) for row in rows]


async def plan_inventory(connection: Connection, claimed: Due, due_at: datetime | None) -> None:
    """Ask for it then, or not at all until the next boot; unless that came meanwhile."""
    await connection.execute(
        """
        UPDATE devices.inventory SET due_at = $4
        WHERE tenant = $1 AND station = $2 AND due_at = $3
        """,
        claimed.tenant,
        claimed.station,
        claimed.due_at,
        due_at,
    )


async def know_all(
    connection: Connection, to: Address, now: datetime, request: UUID | None = None
) -> None:
    """Everything was told of the firmware with which the request was asked, or of the present one;
    another that came since is still due.
    """
    await connection.execute(
        """
        UPDATE devices.inventory
        SET known = told.firmware, completed_at = $3,
            due_at = CASE WHEN inventory.firmware = told.firmware THEN NULL ELSE due_at END
        FROM (SELECT coalesce((SELECT firmware FROM devices.inquiry WHERE request = $4),
                              (SELECT firmware FROM devices.inventory
                               WHERE tenant = $1 AND station = $2)) AS firmware) told
        WHERE tenant = $1 AND station = $2
        """,
        to.tenant,
        to.station,
        now,
        request,
    )
