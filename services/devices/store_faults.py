"""SQL of faults, and of the incidents that group them."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from libs.contracts.faults import CloseIncident, How, ListFaults, ListIncidents, Source
from libs.postgres import weeks

Connection = Any
Row = Any
TABLE = "devices.fault"


class Fault(NamedTuple):
    """Something that a station reported to be wrong. ``key`` makes it this one: it holds the time
    that the station gave it.
    """

    tenant: str
    station: str
    received_at: datetime
    key: str
    at: datetime
    evse: int
    connector: int
    source: Source
    code: str
    said: str
    vendor_code: str | None = None
    info: str | None = None
    severity: int | None = None
    about: str = ""
    lasting: bool = True


class Incident(NamedTuple):
    """``new``: it was not open before."""

    id: UUID
    times: int
    new: bool


class Closed(NamedTuple):
    id: UUID
    tenant: str
    station: str
    evse: int
    source: Source
    code: str
    times: int
    closed_at: datetime
    how: How
    by: str | None = None
    note: str | None = None


class FaultCursor(NamedTuple):
    """Where a page of faults ended."""

    received_at: datetime
    number: int


class IncidentCursor(NamedTuple):
    """Where a page of incidents ended."""

    last_at: datetime
    id: UUID


async def lock(connection: Connection, tenant: str, station: str) -> None:
    """Until the end of the transaction nobody else changes the incidents of this station."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('incidents ' || $1 || ' ' || $2, 0))",
        tenant,
        station,
    )


async def is_known(connection: Connection, fault: Fault) -> bool:
    """Whether it was told before: a repeated message may count as of another moment, where the
    clock of the station is ahead.
    """
    found: bool = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM devices.fault
                       WHERE tenant = $1 AND station = $2 AND key = $4
                         AND at BETWEEN $3::timestamptz - interval '1 day'
                                  AND $3::timestamptz + interval '1 day')
        """,
        fault.tenant,
        fault.station,
        fault.at,
        fault.key,
    )
    return found


async def count(connection: Connection, fault: Fault, again_within: timedelta) -> Incident:
    """Add a fault to its incident: one that is open, or was closed shortly before; else a new
    one.
    """
    row = await connection.fetchrow(
        """
        UPDATE devices.incident SET count = i.count + 1, closed_at = NULL,
            closed_how = NULL, closed_by = NULL, closed_note = NULL,
            first_at = least(i.first_at, $5::timestamptz),
            last_at = greatest(i.last_at, $5::timestamptz),
            severity = least(i.severity, $6::int), vendor_code = coalesce($7::text, i.vendor_code),
            info = coalesce($8::text, i.info), about = $9
        FROM (
            SELECT * FROM devices.incident
            WHERE tenant = $1 AND station = $2 AND evse = $3 AND code = $4
              AND (closed_at IS NULL OR closed_at >= $5::timestamptz - $10::interval)
            ORDER BY closed_at IS NOT NULL, last_at DESC LIMIT 1
        ) i
        WHERE devices.incident.id = i.id
        RETURNING i.id, devices.incident.count, i.closed_at IS NOT NULL
        """,
        fault.tenant,
        fault.station,
        fault.evse,
        fault.code,
        fault.at,
        fault.severity,
        fault.vendor_code,
        fault.info,
        fault.about,
        again_within,
    )
    return Incident(*row) if row else await begin(connection, fault)


async def begin(connection: Connection, fault: Fault) -> Incident:
    incident: UUID = await connection.fetchval(
        """
        INSERT INTO devices.incident (tenant, station, evse, code, source, about, lasting, first_at,
                                      last_at, count, severity, vendor_code, info)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 1, $9, $10, $11) RETURNING id
        """,
        fault.tenant,
        fault.station,
        fault.evse,
        fault.code,
        fault.source,
        fault.about,
        fault.lasting,
        fault.at,
        fault.severity,
        fault.vendor_code,
        fault.info,
    )
    return Incident(incident, 1, new=True)


async def add(connection: Connection, fault: Fault, incident: UUID | None) -> None:
    await connection.execute(
        """
        INSERT INTO devices.fault (tenant, station, received_at, key, at, evse, connector, source,
                                   code, said, vendor_code, info, severity, incident)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        *fault[:13],
        incident,
    )


Place = tuple[str, str, int]
"""Tenant, station, EVSE."""
Times = tuple[datetime, datetime]
"""When it was over by the station's clock, and when we heard of it: a message that came before the
last fault closes nothing.
"""


class Heard(NamedTuple):
    """A status of a connector: when we heard of it, when it was, and the code of its fault."""

    received_at: datetime
    at: datetime
    code: str | None


async def hear(connection: Connection, place: Place, about: str, heard: Heard) -> Heard:
    """Note a status; the newest one of its connector, which may be another."""
    row = await connection.fetchrow(
        """
        INSERT INTO devices.connector_heard AS h (tenant, station, about, received_at, at, code)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (tenant, station, about) DO UPDATE SET
            code = CASE WHEN h.received_at > $4 THEN h.code ELSE $6 END,
            at = CASE WHEN h.received_at > $4 THEN h.at ELSE $5 END,
            received_at = greatest(h.received_at, $4)
        RETURNING received_at, at, code
        """,
        *place[:2],
        about,
        *heard,
    )
    return Heard(*row)


async def close_about(
    connection: Connection, place: Place, about: tuple[str, str], times: Times
) -> list[Closed]:
    """What an event says to be over: by what it is about, or by its code."""
    rows = await connection.fetch(
        """
        UPDATE devices.incident SET closed_at = greatest($6::timestamptz, last_at),
            closed_how = 'station'
        WHERE tenant = $1 AND station = $2 AND evse = $3 AND closed_at IS NULL
          AND source = 'event' AND (about = $4 OR code = $5) AND last_at <= $7::timestamptz
        RETURNING id, tenant, station, evse, source, code, count, closed_at,
                  closed_how
        """,
        *place,
        *about,
        *times,
    )
    return [Closed(*row) for row in rows]


async def close_status(
    connection: Connection, place: Place, about: tuple[str, str | None], times: Times
) -> list[Closed]:
    """A new status of a connector ends what the one before said, but for the code that it tells
    again.
    """
    rows = await connection.fetch(
        """
        UPDATE devices.incident SET closed_at = greatest($6::timestamptz, last_at),
            closed_how = 'station'
        WHERE tenant = $1 AND station = $2 AND evse = $3 AND closed_at IS NULL
          AND source = 'connector' AND about = $4 AND code IS DISTINCT FROM $5
          AND last_at <= $7::timestamptz
        RETURNING id, tenant, station, evse, source, code, count, closed_at,
                  closed_how
        """,
        *place,
        *about,
        *times,
    )
    return [Closed(*row) for row in rows]


async def close_of_station(
    connection: Connection, tenant: str, station: str, at: datetime
) -> list[Closed]:
    """A station that was removed has no faults any more."""
    rows = await connection.fetch(
        """
        UPDATE devices.incident SET closed_at = greatest($3::timestamptz, last_at),
            closed_how = 'removal'
        WHERE tenant = $1 AND station = $2 AND closed_at IS NULL AND first_at <= $3::timestamptz
        RETURNING id, tenant, station, evse, source, code, count, closed_at,
                  closed_how
        """,
        tenant,
        station,
        at,
    )
    return [Closed(*row) for row in rows]


async def close_quiet(connection: Connection, before: datetime) -> list[Closed]:
    """What no station says to be over, and was not heard of for long enough."""
    rows = await connection.fetch(
        """
        UPDATE devices.incident SET closed_at = now(),
            closed_how = 'quiet'
        WHERE closed_at IS NULL AND NOT lasting AND last_at < $1
        RETURNING id, tenant, station, evse, source, code, count, closed_at,
                  closed_how
        """,
        before,
    )
    return [Closed(*row) for row in rows]


async def close_by_hand(connection: Connection, ask: CloseIncident, id: UUID) -> list[Closed]:
    """Nothing, where it is closed already."""
    rows = await connection.fetch(
        """
        UPDATE devices.incident SET closed_at = greatest(now(), last_at), closed_how = 'operator',
            closed_by = $3, closed_note = $4
        WHERE tenant = $1 AND id = $2 AND closed_at IS NULL
        RETURNING id, tenant, station, evse, source, code, count, closed_at,
                  closed_how, closed_by, closed_note
        """,
        ask.tenant,
        id,
        ask.by,
        ask.note,
    )
    return [Closed(*row) for row in rows]


async def incident(connection: Connection, tenant: str, id: UUID) -> Row | None:
    found: Row | None = await connection.fetchrow(
        """
        SELECT id, station, evse, source, code, first_at, last_at, closed_at, closed_how, closed_by,
               closed_note, count, severity, vendor_code, info
        FROM devices.incident WHERE tenant = $1 AND id = $2
        """,
        tenant,
        id,
    )
    return found


async def faults(
    connection: Connection, ask: ListFaults, before: FaultCursor | None, limit: int
) -> list[Row]:
    """Newest first."""
    found: list[Row] = await connection.fetch(
        """
        SELECT number, station, received_at, at, evse, connector, source, code, said, vendor_code,
               info, severity, incident
        FROM devices.fault
        WHERE tenant = $1 AND station = $2 AND ($3::text IS NULL OR code = $3)
          AND ($4::timestamptz IS NULL OR (received_at, number) < ($4, $5))
        ORDER BY received_at DESC, number DESC LIMIT $6
        """,
        ask.tenant,
        ask.station,
        ask.code,
        *(before or (None, None)),
        limit,
    )
    return found


async def incidents(
    connection: Connection, ask: ListIncidents, before: IncidentCursor | None, limit: int
) -> list[Row]:
    """Last seen first."""
    found: list[Row] = await connection.fetch(
        """
        SELECT id, station, evse, source, code, first_at, last_at, closed_at, closed_how, closed_by,
               closed_note, count, severity, vendor_code, info
        FROM devices.incident
        WHERE tenant = $1 AND ($2::text IS NULL OR station = $2)
          AND ($3::boolean IS NULL OR (closed_at IS NULL) = $3)
          AND ($4::text IS NULL OR code = $4)
          AND ($5::timestamptz IS NULL OR (last_at, id) < ($5, $6::uuid))
        ORDER BY last_at DESC, id DESC LIMIT $7
        """,
        ask.tenant,
        ask.station,
        ask.open,
        ask.code,
        *(before or (None, None)),
        limit,
    )
    return found


async def keep(pool: asyncpg.Pool, days: int) -> None:
    """Make the partitions of the coming weeks, drop those older than asked, and incidents that
    were closed before.
    """
    now = datetime.now(UTC)
    await weeks.keep(pool, TABLE, now, timedelta(days=days))
    await pool.execute(
        "DELETE FROM devices.incident WHERE closed_at < $1", now - timedelta(days=days)
    )
