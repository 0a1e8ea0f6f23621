"""The states of connectors, and their history."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import asyncpg

from libs.contracts.stations import StatusChange
from libs.postgres import weeks
from services.stations.status import Report, State

Connection = Any


class Owner(NamedTuple):
    """A station, as far as its connectors are concerned."""

    key: int
    booted_at: datetime | None


class Place(NamedTuple):
    key: int
    evse: int
    connector: int


class Cursor(NamedTuple):
    """Where a page of history ended."""

    at: datetime
    id: int


async def owners(
    connection: Connection, stations: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Owner]:
    """Stations, held against removal until the end of the transaction."""
    rows = await connection.fetch(
        """
        SELECT s.tenant, s.identity, s.key, s.booted_at
        FROM unnest($1::text[], $2::text[]) AS told (tenant, identity)
        JOIN stations.station s USING (tenant, identity) ORDER BY s.key FOR KEY SHARE OF s
        """,
        [tenant for tenant, _ in stations],
        [station for _, station in stations],
    )
    return {(row["tenant"], row["identity"]): Owner(row["key"], row["booted_at"]) for row in rows}


async def states(connection: Connection, places: Sequence[Place]) -> dict[Place, State]:
    """What is known of connectors, locked in order; those never heard of are left out."""
    rows = await connection.fetch(
        """
        SELECT c.key, c.evse, c.connector, c.status, c.error_code, c.info, c.vendor_error_code,
               c.since, c.reported_at, c.received_at
        FROM unnest($1::bigint[], $2::integer[], $3::integer[]) AS told (key, evse, connector)
        JOIN stations.connector c USING (key, evse, connector)
        ORDER BY c.key, c.evse, c.connector FOR NO KEY UPDATE OF c
        """,
        [place.key for place in places],
        [place.evse for place in places],
        [place.connector for place in places],
    )
    return {
        Place(row["key"], row["evse"], row["connector"]): State(
            status=row["status"],
            error_code=row["error_code"],
            info=row["info"],
            vendor_error_code=row["vendor_error_code"],
            since=row["since"],
            reported_at=row["reported_at"],
            received_at=row["received_at"],
        )
        for row in rows
    }


async def write(connection: Connection, changed: dict[Place, State]) -> None:
    """New and changed connectors, in the order in which they are locked everywhere."""
    listed = sorted(changed.items())
    await connection.execute(
        """
        INSERT INTO stations.connector AS c
            (key, evse, connector, status, error_code, info, vendor_error_code, since, reported_at,
             received_at)
        SELECT * FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::text[],
                             $6::text[], $7::text[], $8::timestamptz[], $9::timestamptz[],
                             $10::timestamptz[])
        ON CONFLICT (key, evse, connector) DO UPDATE
        SET status = excluded.status, error_code = excluded.error_code, info = excluded.info,
            vendor_error_code = excluded.vendor_error_code, since = excluded.since,
            reported_at = excluded.reported_at, received_at = excluded.received_at
        """,
        [place.key for place, _ in listed],
        [place.evse for place, _ in listed],
        [place.connector for place, _ in listed],
        [state.status for _, state in listed],
        [state.error_code for _, state in listed],
        [state.info for _, state in listed],
        [state.vendor_error_code for _, state in listed],
        [state.since for _, state in listed],
        [state.reported_at for _, state in listed],
        [state.received_at for _, state in listed],
    )


async def remember(connection: Connection, lines: Sequence[tuple[int, Report]]) -> None:
    """Add reports to the history."""
    await connection.execute(
        """
        INSERT INTO stations.status_change
            (key, received_at, at, evse, connector, status, error_code, info)
        SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::integer[],
                             $5::integer[], $6::text[], $7::text[], $8::text[])
        """,
        [key for key, _ in lines],
        [report.received_at for _, report in lines],
        [report.at for _, report in lines],
        [report.evse for _, report in lines],
        [report.connector for _, report in lines],
        [report.status for _, report in lines],
        [report.error_code for _, report in lines],
        [report.info for _, report in lines],
    )


async def history(
    connection: Connection, station: tuple[str, str], before: Cursor | None, limit: int
) -> list[tuple[Cursor, StatusChange]] | None:
    """Newest first; None if there is no such station."""
    key = await connection.fetchval(
        "SELECT key FROM stations.station WHERE tenant = $1 AND identity = $2", *station
    )
    if key is None:
        return None
    rows = await connection.fetch(
        """
        SELECT id, at, evse, connector, status, error_code, info FROM stations.status_change
        WHERE key = $1 AND ($2::timestamptz IS NULL OR (at, id) < ($2, $3))
        ORDER BY at DESC, id DESC LIMIT $4
        """,
        key,
        before.at if before else None,
        before.id if before else None,
        limit,
    )
    return [
        (
            Cursor(row["at"], row["id"]),
            StatusChange(
                at=row["at"],
                evse=row["evse"],
                connector=row["connector"],
                status=row["status"],
                error_code=row["error_code"],
                info=row["info"],
            ),
        )
        for row in rows
    ]


async def keep_history(pool: asyncpg.Pool, days: int) -> None:
    """Make the partitions of the coming weeks, drop those older than asked."""
    await weeks.keep(pool, "stations.status_change", datetime.now(UTC), timedelta(days=days))
