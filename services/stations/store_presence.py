"""Presence: which sockets are open, and which edges live."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from libs.contracts.stations import RosterEntry
from libs.ocpp.message import Version
from services.stations.presence import Presence

Connection = Any


class Gone(NamedTuple):
    """A station that was just taken offline."""

    tenant: str
    station: str
    epoch: int
    since: datetime


class Unbooted(NamedTuple):
    tenant: str
    station: str
    version: Version


async def known(
    connection: Connection, stations: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, Presence]]:
    """Key and presence of stations, locked in the order that every writer keeps."""
    rows = await connection.fetch(
        """
        SELECT s.tenant, s.identity, p.key, p.online, p.epoch, p.closed_epoch, p.edge,
               p.version, p.since
        FROM unnest($1::text[], $2::text[]) AS told (tenant, identity)
        JOIN stations.station s USING (tenant, identity) JOIN stations.presence p USING (key)
        ORDER BY p.key FOR NO KEY UPDATE OF p
        """,
        [tenant for tenant, _ in stations],
        [station for _, station in stations],
    )
    return {
        (row["tenant"], row["identity"]): (
            row["key"],
            Presence(
                online=row["online"],
                epoch=row["epoch"],
                closed_epoch=row["closed_epoch"],
                edge=row["edge"],
                version=row["version"],
                since=row["since"],
            ),
        )
        for row in rows
    }


async def write(connection: Connection, changed: Sequence[tuple[int, Presence]]) -> None:
    """Rows that :func:`known` locked."""
    await connection.execute(
        """
        UPDATE stations.presence p
        SET online = t.online, epoch = t.epoch, closed_epoch = t.closed_epoch, edge = t.edge,
            version = t.version, since = t.since
        FROM unnest($1::bigint[], $2::boolean[], $3::bigint[], $4::bigint[], $5::text[], $6::text[],
                    $7::timestamptz[]) AS t (key, online, epoch, closed_epoch, edge, version, since)
        WHERE p.key = t.key
        """,
        [key for key, _ in changed],
        [now.online for _, now in changed],
        [now.epoch for _, now in changed],
        [now.closed_epoch for _, now in changed],
        [now.edge for _, now in changed],
        [now.version for _, now in changed],
        [now.since for _, now in changed],
    )


# -- leases --------------------------------------------------------------------------------------


class Alive(NamedTuple):
    """``mismatches``: how many times in a row the edge's count differed from ours."""

    mismatches: int
    roster_is_old: bool


async def renew(
    connection: Connection, edge: str, connections: int, lease_seconds: float, roster_seconds: float
) -> Alive:
    row = await connection.fetchrow(
        """
        WITH counted AS (SELECT count(*) AS open FROM stations.presence WHERE edge = $1 AND online)
        INSERT INTO stations.edge AS e (edge, expires_at, mismatches)
        SELECT $1, now() + make_interval(secs => $3), (open <> $2)::integer FROM counted
        ON CONFLICT (edge) DO UPDATE
        SET expires_at = excluded.expires_at,
            mismatches = CASE WHEN excluded.mismatches = 0 THEN 0 ELSE e.mismatches + 1 END
        RETURNING mismatches, rostered_at IS NULL OR rostered_at < now() - make_interval(secs => $4)
        """,
        edge,
        connections,
        lease_seconds,
        roster_seconds,
    )
    return Alive(*row)


async def forget_rosters(connection: Connection) -> None:
    """Notices may have been lost: every edge is to say anew whom it holds."""
    await connection.execute("UPDATE stations.edge SET rostered_at = NULL")


async def expired(connection: Connection, orphan_seconds: float) -> list[str]:
    """Edges whose lease is over, and those that hold stations without ever having had one."""
    rows = await connection.fetch(
        """
        SELECT edge FROM stations.edge WHERE expires_at < now()
        UNION
        SELECT p.edge FROM stations.presence p
        WHERE p.online AND p.since < now() - make_interval(secs => $1)
          AND NOT EXISTS (SELECT FROM stations.edge e WHERE e.edge = p.edge)
        """,
        orphan_seconds,
    )
    return [row["edge"] for row in rows]


async def end_lease(connection: Connection, edge: str, *, even_if_alive: bool) -> bool:
    """Forget an edge, unless it spoke again meanwhile; whether it is forgotten."""
    await connection.execute(
        "DELETE FROM stations.edge WHERE edge = $1 AND ($2 OR expires_at < now())",
        edge,
        even_if_alive,
    )
    return not await connection.fetchval(
        "SELECT EXISTS (SELECT FROM stations.edge WHERE edge = $1)", edge
    )


async def take_offline(connection: Connection, edge: str) -> list[Gone]:
    """All stations of an edge. Its sockets may yet turn out to be open, so they are not called
    closed.
    """
    rows = await connection.fetch(
        """
        WITH mine AS (
            SELECT key FROM stations.presence WHERE edge = $1 AND online
            ORDER BY key FOR NO KEY UPDATE
        )
        UPDATE stations.presence p SET online = false, since = now()
        FROM mine JOIN stations.station s USING (key) WHERE p.key = mine.key
        RETURNING s.tenant, s.identity, p.epoch, p.since
        """,
        edge,
    )
    return [Gone(*row) for row in rows]


# -- rosters -------------------------------------------------------------------------------------


async def begin_roster(connection: Connection, edge: str, lease_seconds: float) -> None:
    await connection.execute(
        """
        WITH old AS (DELETE FROM stations.roster WHERE edge = $1)
        INSERT INTO stations.edge (edge, expires_at, roster_begun)
        VALUES ($1, now() + make_interval(secs => $2), now())
        ON CONFLICT (edge) DO UPDATE SET roster_begun = now()
        """,
        edge,
        lease_seconds,
    )


class Surprise(NamedTuple):
    """A socket of a roster of which we think otherwise."""

    entry: RosterEntry
    registered: bool


async def name_in_roster(
    connection: Connection, edge: str, entries: Sequence[RosterEntry]
) -> list[Surprise]:
    """Note who was named; those of whom we think otherwise."""
    rows = await connection.fetch(
        """
        WITH told AS (
            SELECT s.key, t.number, t.epoch
            FROM unnest($2::text[], $3::text[], $4::bigint[]) WITH ORDINALITY
                AS t (tenant, identity, epoch, number)
            LEFT JOIN stations.station s USING (tenant, identity)
        ), named AS (
            INSERT INTO stations.roster (edge, key) SELECT $1, key FROM told WHERE key IS NOT NULL
            ON CONFLICT DO NOTHING
        )
        SELECT told.number, told.key IS NOT NULL AS registered
        FROM told LEFT JOIN stations.presence p USING (key)
        WHERE told.key IS NULL OR NOT (p.online AND p.epoch = told.epoch)
        """,
        edge,
        [entry.tenant for entry in entries],
        [entry.station for entry in entries],
        [entry.epoch for entry in entries],
    )
    return [Surprise(entries[row["number"] - 1], row["registered"]) for row in rows]


async def end_roster(connection: Connection, edge: str, grace_seconds: float) -> list[Gone]:
    """Take offline who was not named and was there before the roster began."""
    rows = await connection.fetch(
        """
        WITH begun AS (
            SELECT roster_begun - make_interval(secs => $2) AS at FROM stations.edge WHERE edge = $1
        ), missing AS (
            SELECT p.key FROM stations.presence p, begun
            WHERE p.edge = $1 AND p.online AND p.since < begun.at
              AND NOT EXISTS (SELECT FROM stations.roster r WHERE r.edge = $1 AND r.key = p.key)
            ORDER BY p.key FOR NO KEY UPDATE OF p
        )
        UPDATE stations.presence p SET online = false, since = now()
        FROM missing JOIN stations.station s USING (key) WHERE p.key = missing.key
        RETURNING s.tenant, s.identity, p.epoch, p.since
        """,
        edge,
        grace_seconds,
    )
    await connection.execute(
        """
        WITH named AS (DELETE FROM stations.roster WHERE edge = $1)
        UPDATE stations.edge SET rostered_at = now(), mismatches = 0 WHERE edge = $1
        """,
        edge,
    )
    return [Gone(*row) for row in rows]


# -- who is to be asked to boot ------------------------------------------------------------------


async def claim_unbooted(
    connection: Connection, grace_seconds: float, limit: int
) -> list[Unbooted]:
    """Connected stations that may boot, had time to and did not, and hear from us unasked; each is
    claimed once per connection.
    """
    rows = await connection.fetch(
        """
        WITH due AS (
            SELECT p.key, s.tenant, s.identity, p.version
            FROM stations.station s JOIN stations.presence p USING (key)
            WHERE s.registration = 'Accepted' AND s.boot_status IS DISTINCT FROM 'Accepted'
              AND s.automatic AND p.online AND p.asked_epoch < p.epoch
              AND p.since < now() - make_interval(secs => $1)
            ORDER BY p.key LIMIT $2 FOR NO KEY UPDATE OF p SKIP LOCKED
        )
        UPDATE stations.presence p SET asked_epoch = p.epoch FROM due WHERE p.key = due.key
        RETURNING due.tenant, due.identity, due.version
        """,
        grace_seconds,
        limit,
    )
    return [Unbooted(*row) for row in rows]


async def claim_to_boot(connection: Connection, tenant: str, station: str) -> Unbooted | None:
    """One station, if it is connected, may boot and has not, and hears from us unasked."""
    row = await connection.fetchrow(
        """
        UPDATE stations.presence p SET asked_epoch = p.epoch
        FROM stations.station s
        WHERE s.key = p.key AND s.tenant = $1 AND s.identity = $2 AND p.online
          AND s.registration = 'Accepted' AND s.boot_status IS DISTINCT FROM 'Accepted'
          AND s.automatic
        RETURNING s.tenant, s.identity, p.version
        """,
        tenant,
        station,
    )
    return Unbooted(*row) if row else None
