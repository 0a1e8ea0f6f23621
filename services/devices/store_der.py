"""SQL of DER controls and their alarms."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import json

from libs.contracts.der import AlarmView, ControlView
from libs.ocpp import v21

Connection = Any
Row = Any


class Control(NamedTuple):
    """A control; ``setting`` as OCPP writes it."""

    id: str
    type: str
    is_default: bool
    superseded: bool
    setting: dict[str, Any]


class Filter(NamedTuple):
    """What a GetDERControl or ClearDERControl is about; None is all."""

    id: str | None
    type: str | None
    is_default: bool | None


async def put(
    connection: Connection, place: tuple[str, str], control: Control, at: datetime
) -> None:
    """A station accepted a control; the same id replaces."""
    await connection.execute(
        """
        INSERT INTO devices.der_control (tenant, station, id, type, is_default, superseded, setting,
                                         set_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7::json, $8)
        ON CONFLICT (tenant, station, id) DO UPDATE
        SET type = excluded.type, is_default = excluded.is_default, setting = excluded.setting,
            superseded = excluded.superseded, set_at = excluded.set_at, running = NULL,
            told_at = NULL, confirmed_at = NULL, seen_in = NULL
        WHERE der_control.set_at IS NULL OR der_control.set_at < excluded.set_at
        """,
        *place,
        *control._replace(setting=json.encode(control.setting).decode()),
        at,
    )


async def supersede(connection: Connection, place: tuple[str, str], ids: Sequence[str]) -> None:
    await connection.execute(
        """
        UPDATE devices.der_control SET superseded = true, running = false
        WHERE tenant = $1 AND station = $2 AND id = ANY ($3::text[])
        """,
        *place,
        list(ids),
    )


async def turn(
    connection: Connection, place: tuple[str, str], id: str, *, started: bool, at: datetime
) -> None:
    """A control took effect, or ended."""
    await connection.execute(
        """
        UPDATE devices.der_control
        SET running = $4, told_at = $5, superseded = superseded AND NOT $4
        WHERE tenant = $1 AND station = $2 AND id = $3 AND (told_at IS NULL OR told_at <= $5)
        """,
        *place,
        id,
        started,
        at,
    )


async def confirm(
    connection: Connection,
    place: tuple[str, str],
    controls: Sequence[Control],
    number: int,
    at: datetime,
) -> None:
    """A station reported these in the report of that number."""
    latest = list({control.id: control for control in controls}.values())
    await connection.execute(
        """
        INSERT INTO devices.der_control (tenant, station, id, type, is_default, superseded, setting,
                                         confirmed_at, seen_in)
        SELECT $1, $2, id, type, is_default, superseded, setting::json, $3, $4
        FROM unnest($5::text[], $6::text[], $7::boolean[], $8::boolean[], $9::text[])
            AS t (id, type, is_default, superseded, setting)
        ON CONFLICT (tenant, station, id) DO UPDATE
        SET type = excluded.type, is_default = excluded.is_default, setting = excluded.setting,
            superseded = excluded.superseded, confirmed_at = excluded.confirmed_at,
            seen_in = excluded.seen_in
        """,
        *place,
        at,
        number,
        [control.id for control in latest],
        [control.type for control in latest],
        [control.is_default for control in latest],
        [control.superseded for control in latest],
        [json.encode(control.setting).decode() for control in latest],
    )


async def filter_of(
    connection: Connection, place: tuple[str, str], number: int
) -> tuple[Filter, datetime] | None:
    """What the last request of this number asked for, and when; None: nobody asked."""
    row = await connection.fetchrow(
        """
        SELECT payload, asked_at FROM devices.request
        WHERE tenant = $1 AND station = $2 AND family = 'der' AND $3 = ANY (numbers)
        ORDER BY asked_at DESC LIMIT 1
        """,
        *place,
        number,
    )
    if row is None:
        return None
    asked = json.decode(row["payload"], type=dict[str, Any])
    wanted = Filter(asked.get("controlId"), asked.get("controlType"), asked.get("isDefault"))
    return wanted, row["asked_at"]


async def drop_unseen(
    connection: Connection,
    place: tuple[str, str],
    wanted: Filter,
    number: int,
    asked_at: datetime,
) -> None:
    """What should have been in a complete report, and was not, is gone."""
    await connection.execute(
        """
        DELETE FROM devices.der_control
        WHERE tenant = $1 AND station = $2 AND (set_at IS NULL OR set_at < $4)
          AND NOT (seen_in IS NOT DISTINCT FROM $3 AND confirmed_at >= $4 - interval '5 seconds')
          AND ($5::text IS NULL OR id = $5) AND ($6::text IS NULL OR type = $6)
          AND ($7::boolean IS NULL OR is_default = $7)
        """,
        *place,
        number,
        asked_at,
        *wanted,
    )


async def drop(
    connection: Connection, place: tuple[str, str], wanted: Filter, at: datetime
) -> None:
    """A station cleared these, or has none of them; not what was set after that."""
    await connection.execute(
        """
        DELETE FROM devices.der_control
        WHERE tenant = $1 AND station = $2 AND ($3::text IS NULL OR id = $3)
          AND ($4::text IS NULL OR type = $4) AND ($5::boolean IS NULL OR is_default = $5)
          AND (set_at IS NULL OR set_at <= $6)
        """,
        *place,
        *wanted,
        at,
    )


async def is_default(connection: Connection, place: tuple[str, str], id: str) -> bool | None:
    """Whether a control is a default; None: it is not known."""
    found: bool | None = await connection.fetchval(
        "SELECT is_default FROM devices.der_control WHERE tenant = $1 AND station = $2 AND id = $3",
        *place,
        id,
    )
    return found


async def page(
    connection: Connection, place: tuple[str, str], after: str | None, limit: int
) -> list[ControlView]:
    """In the order of the ids."""
    rows = await connection.fetch(
        """
        SELECT id, type, is_default, superseded, running, setting, set_at, confirmed_at, told_at
        FROM devices.der_control
        WHERE tenant = $1 AND station = $2 AND ($3::text IS NULL OR id > $3) ORDER BY id LIMIT $4
        """,
        *place,
        after,
        limit,
    )
    return [control(row) for row in rows]


def control(row: Row) -> ControlView:
    fields: dict[str, Any] = {**row, "setting": json.decode(row["setting"])}
    return ControlView(**fields)


async def add_alarm(
    connection: Connection,
    place: tuple[str, str],
    call: v21.NotifyDERAlarm,
    received_at: datetime,
    message_id: str,
) -> None:
    await connection.execute(
        """
        INSERT INTO devices.der_alarm (tenant, station, received_at, message_id, at, type, fault,
                                       ended, info)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING
        """,
        *place,
        received_at,
        message_id,
        call.timestamp,
        call.control_type,
        call.grid_event_fault,
        bool(call.alarm_ended),
        call.extra_info,
    )


async def alarms(
    connection: Connection, place: tuple[str, str], before: int | None, limit: int
) -> list[AlarmView]:
    """Newest first."""
    rows = await connection.fetch(
        """
        SELECT id, at, type, fault, ended, info FROM devices.der_alarm
        WHERE tenant = $1 AND station = $2 AND ($3::bigint IS NULL OR id < $3)
        ORDER BY id DESC LIMIT $4
        """,
        *place,
        before,
        limit,
    )
    return [AlarmView(**row) for row in rows]


async def forget(connection: Connection, before: datetime) -> None:
    await connection.execute("DELETE FROM devices.der_alarm WHERE received_at < $1", before)
