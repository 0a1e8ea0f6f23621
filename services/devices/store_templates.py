"""SQL of desired state: templates, the stations that they are for, and how far those are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
from msgspec import Struct, json

from libs.bus import Address
from libs.contracts.device_model import Item
from libs.contracts.templates import Selector, State
from services.devices.desired import Memory, Seen, Template
from services.devices.variable import Known

Connection = Any
Row = Any


class Body(Struct, frozen=True, omit_defaults=True):
    """What of a template is kept as JSON."""

    settings: list[Item]
    selector: Selector


class Kept(NamedTuple):
    template: Template
    changed_at: datetime
    scanning: bool


class Held(NamedTuple):
    """A station that is seen to, by us alone until the lease ends."""

    to: Address
    attempts: int
    memory: Memory
    forced: bool


class Standing(NamedTuple):
    """How it stands with a station."""

    memory: Memory
    attempts: int = 0
    due_at: datetime | None = None
    seen_to_at: datetime | None = None
    problem: str | None = None


class Outcome(NamedTuple):
    """What came of seeing to a station."""

    memory: Memory
    attempts: int
    due_at: datetime | None
    problem: str | None
    states: dict[str, State]
    """The worst by template."""
    forced: bool = False
    """An operator's word that is not fulfilled yet."""


COLUMNS = "name, body, priority, enforce, reboot, changed_at, scan_after IS NOT NULL AS scanning"


# -- templates -----------------------------------------------------------------------------------


async def put(connection: Connection, tenant: str, template: Template, at: datetime) -> None:
    """Its stations are looked for anew, and those that it was for are looked at again."""
    body = Body(template.settings, template.selector)
    await connection.execute(
        """
        WITH again AS (
            UPDATE devices.template_station SET due_at = now(), attempts = 0
            WHERE tenant = $1 AND station IN (
                SELECT station FROM devices.template_progress WHERE tenant = $1 AND template = $2)
        )
        INSERT INTO devices.template
            (tenant, name, body, priority, enforce, reboot, changed_at, scan_after)
        VALUES ($1, $2, $3, $4, $5, $6, $7, '')
        ON CONFLICT (tenant, name) DO UPDATE SET
            (body, priority, enforce, reboot, changed_at, scan_after, scan_force, scan_until)
            = ($3, $4, $5, $6, $7, '', false, NULL)
        """,
        tenant,
        template.name,
        json.encode(body).decode(),
        template.priority,
        template.enforce,
        template.reboot,
        at,
    )


async def get(connection: Connection, tenant: str, name: str) -> Kept | None:
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM devices.template WHERE tenant = $1 AND name = $2",  # noqa: S608 - a constant
        tenant,
        name,
    )
    return kept(row) if row else None


async def page(connection: Connection, tenant: str, after: str, limit: int) -> list[Kept]:
    rows = await connection.fetch(
        f"""
        SELECT {COLUMNS} FROM devices.template
        WHERE tenant = $1 AND name > $2 ORDER BY name LIMIT $3
        """,  # noqa: S608 - a constant
        tenant,
        after,
        limit,
    )
    return [kept(row) for row in rows]


def kept(row: Row) -> Kept:
    body = json.decode(row["body"], type=Body)
    template = Template(
        row["name"], body.settings, body.selector, row["priority"], row["enforce"], row["reboot"]
    )
    return Kept(template, row["changed_at"], row["scanning"])


async def delete(connection: Connection, tenant: str, name: str) -> bool:
    """Whether there was one. Stations that it was for are looked at again."""
    gone = await connection.fetchval(
        """
        WITH gone AS (
            DELETE FROM devices.template WHERE tenant = $1 AND name = $2 RETURNING name
        ), left_over AS (
            DELETE FROM devices.template_progress
            WHERE tenant = $1 AND template = $2 RETURNING station
        ), again AS (
            UPDATE devices.template_station SET due_at = now()
            WHERE tenant = $1 AND station IN (SELECT station FROM left_over)
        )
        SELECT name FROM gone
        """,
        tenant,
        name,
    )
    return gone is not None


async def progress(
    connection: Connection, tenant: str, names: Sequence[str]
) -> dict[str, dict[str, int]]:
    """How many stations are in which state, by template."""
    rows = await connection.fetch(
        """
        SELECT template, state, count(*) AS stations FROM devices.template_progress
        WHERE tenant = $1 AND template = ANY ($2::text[]) GROUP BY template, state
        """,
        tenant,
        list(names),
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["template"], {})[row["state"]] = row["stations"]
    return found


# -- looking for the stations of a template -------------------------------------------------------


class Scan(NamedTuple):
    """A template whose stations are looked for, and after which identity to go on."""

    tenant: str
    name: str
    after: str
    forced: bool


async def apply_all(connection: Connection, tenant: str, name: str) -> None:
    """All its stations are to be seen to, by an operator's word."""
    await connection.execute(
        """
        UPDATE devices.template SET scan_after = '', scan_force = true, scan_until = NULL
        WHERE tenant = $1 AND name = $2
        """,
        tenant,
        name,
    )


async def claim_scan(pool: asyncpg.Pool, now: datetime, lease_until: datetime) -> Scan | None:
    row = await pool.fetchrow(
        """
        UPDATE devices.template SET scan_until = $2
        WHERE (tenant, name) IN (
            SELECT tenant, name FROM devices.template
            WHERE scan_after IS NOT NULL AND (scan_until IS NULL OR scan_until <= $1)
            ORDER BY changed_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING tenant, name, scan_after, scan_force
        """,
        now,
        lease_until,
    )
    return Scan(*row) if row else None


async def scanned(connection: Connection, scan: Scan, until: str | None) -> None:
    """Go on there, unless it was begun anew meanwhile; None: all were found."""
    await connection.execute(
        """
        UPDATE devices.template SET scan_after = $5, scan_until = NULL
        WHERE tenant = $1 AND name = $2 AND scan_after = $3 AND scan_force = $4
        """,
        scan.tenant,
        scan.name,
        scan.after,
        scan.forced,
        until,
    )


# -- stations ------------------------------------------------------------------------------------


async def due(
    connection: Connection, tenant: str, stations: Sequence[str], at: datetime, *, forced: bool
) -> None:
    """See to these stations then, with a fresh count of attempts."""
    await connection.execute(
        """
        INSERT INTO devices.template_station AS old (tenant, station, due_at, forced)
        SELECT $1, station, $3, $4 FROM unnest($2::text[]) AS told (station) ORDER BY station
        ON CONFLICT (tenant, station) DO UPDATE
            SET due_at = $3, attempts = 0, forced = old.forced OR $4
        """,
        tenant,
        list(stations),
        at,
        forced,
    )


async def booted(connection: Connection, to: Address, at: datetime) -> None:
    """See to it then, where there are templates at all."""
    await connection.execute(
        """
        INSERT INTO devices.template_station (tenant, station, due_at)
        SELECT $1, $2, $3 WHERE EXISTS (SELECT FROM devices.template WHERE tenant = $1)
        ON CONFLICT (tenant, station) DO UPDATE SET due_at = $3, attempts = 0
        """,
        to.tenant,
        to.station,
        at,
    )


async def hasten(connection: Connection, to: Address, at: datetime) -> None:
    """Something happened: see to it then, if templates are for it at all."""
    await connection.execute(
        """
        UPDATE devices.template_station SET due_at = least(due_at, $3)
        WHERE tenant = $1 AND station = $2
        """,
        to.tenant,
        to.station,
        at,
    )


async def claim(pool: asyncpg.Pool, now: datetime, held_until: datetime, limit: int) -> list[Held]:
    """Stations that are due and that nobody sees to."""
    rows = await pool.fetch(
        """
        UPDATE devices.template_station SET held_until = $2, due_at = $2
        WHERE (tenant, station) IN (
            SELECT tenant, station FROM devices.template_station
            WHERE due_at <= $1 AND held_until <= $1
            ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
        RETURNING tenant, station, attempts, memory, forced
        """,
        now,
        held_until,
        limit,
    )
    return [held(row) for row in rows]


async def hold(
    connection: Connection, to: Address, now: datetime, held_until: datetime
) -> Held | None:
    """The station, if nobody sees to it."""
    row = await connection.fetchrow(
        """
        INSERT INTO devices.template_station AS old (tenant, station, held_until)
        VALUES ($1, $2, $4)
        ON CONFLICT (tenant, station) DO UPDATE SET held_until = $4 WHERE old.held_until <= $3
        RETURNING tenant, station, attempts, memory, forced
        """,
        to.tenant,
        to.station,
        now,
        held_until,
    )
    return held(row) if row else None


def held(row: Row) -> Held:
    memory = json.decode(row["memory"], type=Memory)
    return Held(Address(row["tenant"], row["station"]), row["attempts"], memory, row["forced"])


async def remember(connection: Connection, to: Address, memory: Memory) -> None:
    """Before the next call: what was tried must not be forgotten by a crash."""
    await connection.execute(
        "UPDATE devices.template_station SET memory = $3 WHERE tenant = $1 AND station = $2",
        to.tenant,
        to.station,
        json.encode(memory).decode(),
    )


async def release(
    connection: Connection, to: Address, outcome: Outcome, held_until: datetime
) -> None:
    """Keep what came of it. What made it due meanwhile holds."""
    await connection.execute(
        """
        WITH seen AS (
            UPDATE devices.template_station
            SET held_until = '-infinity', memory = $3, attempts = $4, problem = $6,
                due_at = CASE WHEN due_at < $7 THEN due_at ELSE $5 END,
                forced = $10, seen_to_at = now()
            WHERE tenant = $1 AND station = $2
        ), gone AS (
            DELETE FROM devices.template_progress
            WHERE tenant = $1 AND station = $2 AND template <> ALL ($8::text[])
        )
        INSERT INTO devices.template_progress (tenant, template, station, state)
        SELECT $1, t.template, $2, t.state
        FROM unnest($8::text[], $9::text[]) AS t (template, state)
        ON CONFLICT (tenant, template, station) DO UPDATE SET state = EXCLUDED.state
        """,
        to.tenant,
        to.station,
        json.encode(outcome.memory).decode(),
        outcome.attempts,
        outcome.due_at,
        outcome.problem,
        held_until,
        list(outcome.states),
        list(outcome.states.values()),
        outcome.forced,
    )


async def standing(connection: Connection, to: Address) -> Standing:
    row = await connection.fetchrow(
        """
        SELECT memory, attempts, due_at, seen_to_at, problem FROM devices.template_station
        WHERE tenant = $1 AND station = $2
        """,
        to.tenant,
        to.station,
    )
    if row is None:
        return Standing(Memory())
    memory = json.decode(row["memory"], type=Memory)
    return Standing(memory, row["attempts"], row["due_at"], row["seen_to_at"], row["problem"])


async def forget(connection: Connection, to: Address) -> None:
    """The station was removed."""
    await connection.execute(
        """
        WITH gone AS (
            DELETE FROM devices.template_station WHERE tenant = $1 AND station = $2
        )
        DELETE FROM devices.template_progress WHERE tenant = $1 AND station = $2
        """,
        to.tenant,
        to.station,
    )


async def seen(
    connection: Connection, to: Address, places: Sequence[str]
) -> dict[tuple[str, str], Seen]:
    """What is known of these variables, by place and attribute."""
    rows = await connection.fetch(
        """
        SELECT place, type, value, pending, pending_at, mutability, persistent, constant,
               reported_at, source, data_type
        FROM devices.attribute JOIN devices.variable USING (tenant, station, place)
        WHERE tenant = $1 AND station = $2 AND place = ANY ($3::text[])
        """,
        to.tenant,
        to.station,
        list(places),
    )
    return {(row[0], row[1]): Seen(Known(*row[2:10]), row[10]) for row in rows}
