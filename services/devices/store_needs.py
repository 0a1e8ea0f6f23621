"""SQL of what cars need and plan, and of the limits that others impose."""

from datetime import datetime
from typing import Any, NamedTuple

from msgspec import convert, json

from libs.contracts.charging_profiles import (
    EvScheduleView,
    LimitView,
    ListEvSchedules,
    ListLimits,
    ListNeeds,
    NeedsView,
)

Connection = Any
Row = Any
Place = tuple[str, str]
"""Tenant and station."""


class Need(NamedTuple):
    received_at: datetime
    message_id: str
    evse: int
    answer: str
    max_periods: int | None
    needs: str


class EvSchedule(NamedTuple):
    received_at: datetime
    message_id: str
    evse: int
    answer: str
    begins_at: datetime
    schedule: str


class Limit(NamedTuple):
    evse: int
    source: str
    grid_critical: bool | None
    local_generation: bool | None
    schedules: str
    told_at: datetime


# -- cars ----------------------------------------------------------------------------------------


async def add_need(connection: Connection, place: Place, need: Need) -> None:
    await connection.execute(
        """
        INSERT INTO devices.charging_need (tenant, station, received_at, message_id, evse, answer,
                                           max_periods, needs)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8::json) ON CONFLICT DO NOTHING
        """,
        *place,
        *need,
    )


async def needs(
    connection: Connection, ask: ListNeeds, before: int | None, limit: int
) -> list[NeedsView]:
    """Newest first."""
    rows = await connection.fetch(
        """
        SELECT id, received_at, evse, answer, max_periods, needs FROM devices.charging_need
        WHERE tenant = $1 AND station = $2 AND ($3::int IS NULL OR evse = $3)
          AND ($4::bigint IS NULL OR id < $4)
        ORDER BY id DESC LIMIT $5
        """,
        ask.tenant,
        ask.station,
        ask.evse,
        before,
        limit,
    )
    return [need_view(row) for row in rows]


def need_view(row: Row) -> NeedsView:
    needs = json.decode(row["needs"], type=dict[str, Any])
    departure = needs.get("departureTime")
    return NeedsView(
        id=row["id"],
        at=row["received_at"],
        evse=row["evse"],
        answer=row["answer"],
        max_periods=row["max_periods"],
        departure_at=convert(departure, datetime) if departure else None,
        energy_transfer=needs["requestedEnergyTransfer"],
        needs=needs,
    )


async def needed_since(connection: Connection, place: Place, evse: int, since: datetime) -> bool:
    """Whether a car told its needs there."""
    found: bool = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM devices.charging_need
                       WHERE tenant = $1 AND station = $2 AND evse = $3 AND received_at >= $4)
        """,
        *place,
        evse,
        since,
    )
    return found


async def add_schedule(connection: Connection, place: Place, schedule: EvSchedule) -> None:
    await connection.execute(
        """
        INSERT INTO devices.ev_schedule (tenant, station, received_at, message_id, evse, answer,
                                         begins_at, schedule)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8::json) ON CONFLICT DO NOTHING
        """,
        *place,
        *schedule,
    )


async def schedules(
    connection: Connection, ask: ListEvSchedules, before: int | None, limit: int
) -> list[EvScheduleView]:
    """Newest first."""
    rows = await connection.fetch(
        """
        SELECT id, received_at, evse, answer, begins_at, schedule FROM devices.ev_schedule
        WHERE tenant = $1 AND station = $2 AND ($3::int IS NULL OR evse = $3)
          AND ($4::bigint IS NULL OR id < $4)
        ORDER BY id DESC LIMIT $5
        """,
        ask.tenant,
        ask.station,
        ask.evse,
        before,
        limit,
    )
    return [
        EvScheduleView(
            id=row["id"],
            at=row["received_at"],
            evse=row["evse"],
            answer=row["answer"],
            begins_at=row["begins_at"],
            schedule=json.decode(row["schedule"], type=dict[str, Any]),
        )
        for row in rows
    ]


# -- limits of others ----------------------------------------------------------------------------


async def set_limit(connection: Connection, place: Place, limit: Limit) -> None:
    """The same source on the same EVSE replaces; what is older than that is nothing new."""
    await connection.execute(
        """
        INSERT INTO devices.charging_limit AS kept (tenant, station, evse, source, grid_critical,
                                                    local_generation, schedules, told_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7::json, $8)
        ON CONFLICT (tenant, station, evse, source) WHERE cleared_at IS NULL DO UPDATE
        SET grid_critical = excluded.grid_critical, local_generation = excluded.local_generation,
            schedules = excluded.schedules, told_at = excluded.told_at
        WHERE kept.told_at <= excluded.told_at
        """,
        *place,
        *limit,
    )


async def clear_limit(
    connection: Connection, place: Place, where: tuple[int | None, str], at: datetime
) -> None:
    """A limit of a source is gone; without an EVSE all of them."""
    await connection.execute(
        """
        UPDATE devices.charging_limit SET cleared_at = $5
        WHERE tenant = $1 AND station = $2 AND ($3::int IS NULL OR evse = $3) AND source = $4
          AND cleared_at IS NULL AND told_at <= $5
        """,
        *place,
        *where,
        at,
    )


async def limits(
    connection: Connection, ask: ListLimits, before: int | None, limit: int
) -> list[LimitView]:
    """Newest first."""
    rows = await connection.fetch(
        """
        SELECT id, evse, source, grid_critical, local_generation, schedules, told_at, cleared_at
        FROM devices.charging_limit
        WHERE tenant = $1 AND station = $2 AND ($3::bool IS NULL OR (cleared_at IS NULL) = $3)
          AND ($4::bigint IS NULL OR id < $4)
        ORDER BY id DESC LIMIT $5
        """,
        ask.tenant,
        ask.station,
        ask.active,
        before,
        limit,
    )
    return [
        LimitView(
            id=row["id"],
            evse=row["evse"],
            source=row["source"],
            grid_critical=row["grid_critical"],
            local_generation=row["local_generation"],
            schedules=json.decode(row["schedules"], type=list[dict[str, Any]]),
            told_at=row["told_at"],
            cleared_at=row["cleared_at"],
        )
        for row in rows
    ]


async def forget(connection: Connection, before: datetime) -> None:
    """What cars said is kept for a while, and limits for as long after they were cleared."""
    await connection.execute("DELETE FROM devices.charging_need WHERE received_at < $1", before)
    await connection.execute("DELETE FROM devices.ev_schedule WHERE received_at < $1", before)
    await connection.execute("DELETE FROM devices.charging_limit WHERE cleared_at < $1", before)
