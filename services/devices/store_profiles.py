"""SQL of charging profiles: what each station holds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import json

from libs.contracts.charging_profiles import ListProfiles, ProfileView
from libs.ocpp.message import Version
from services.devices.profile_rules import Held

Connection = Any
Row = Any
Place = tuple[str, str]
"""Tenant and station."""

EXTERNAL = "ChargingStationExternalConstraints"


class Line(NamedTuple):
    """A profile; ``profile`` is its JSON as the version writes it."""

    source: str
    id: int
    evse: int | None
    version: Version
    purpose: str
    level: int
    kind: str
    transaction: str | None
    token: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    profile: str


class Filter(NamedTuple):
    """What a GetChargingProfiles asked for, or a ClearChargingProfile; None is all."""

    evse: int | None = None
    ids: list[int] | None = None
    purpose: str | None = None
    level: int | None = None
    sources: list[str] | None = None


class Cursor(NamedTuple):
    """Where a page ended."""

    evse: int
    source: str
    id: int


DELETE_MATCHING = """
DELETE FROM devices.charging_profile
WHERE tenant = $1 AND station = $2 AND ($3::int IS NULL OR evse = $3)
  AND ($4::bigint[] IS NULL OR id = ANY ($4)) AND ($5::text IS NULL OR purpose = $5)
  AND ($6::int IS NULL OR level = $6) AND ($7::text[] IS NULL OR source = ANY ($7))"""
"""Takes a place and a :class:`Filter`; more conditions follow."""


# -- what stations took --------------------------------------------------------------------------


async def put(connection: Connection, place: Place, line: Line, at: datetime) -> None:
    """A station accepted a profile; the same id replaces (K01.FR.05)."""
    await connection.execute(
        """
        INSERT INTO devices.charging_profile AS kept
            (tenant, station, source, id, evse, version, purpose, level, kind, transaction, token,
             valid_from, valid_to, profile, set_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::json, $15)
        ON CONFLICT (tenant, station, source, id) DO UPDATE
        SET evse = excluded.evse, version = excluded.version, purpose = excluded.purpose,
            level = excluded.level, kind = excluded.kind, transaction = excluded.transaction,
            token = excluded.token, valid_from = excluded.valid_from,
            valid_to = excluded.valid_to, profile = excluded.profile, set_at = excluded.set_at,
            confirmed_at = NULL, seen_in = NULL
        WHERE kept.set_at IS NULL OR kept.set_at <= excluded.set_at
        """,
        *place,
        *line,
        at,
    )


async def displace(connection: Connection, place: Place, line: Line, at: datetime) -> None:
    """1.6: a profile takes the place of one of the same purpose and level (5.16.4)."""
    await connection.execute(
        """
        DELETE FROM devices.charging_profile
        WHERE tenant = $1 AND station = $2 AND source = 'CSO' AND id <> $3 AND purpose = $4
          AND level = $5 AND evse = $6 AND (set_at IS NULL OR set_at <= $7)
        """,
        *place,
        line.id,
        line.purpose,
        line.level,
        line.evse,
        at,
    )


async def confirm(
    connection: Connection, place: Place, lines: Sequence[Line], number: int, at: datetime
) -> None:
    """A station reported these in the report of that number; the same id twice: the last."""
    latest = {(line.source, line.id): line for line in lines}.values()
    await connection.execute(
        """
        INSERT INTO devices.charging_profile
            (tenant, station, source, id, evse, version, purpose, level, kind, transaction, token,
             valid_from, valid_to, profile, confirmed_at, seen_in)
        SELECT $1, $2, source, id, evse, version, purpose, level, kind, transaction, token,
               valid_from, valid_to, profile::json, $3, $4
        FROM unnest($5::text[], $6::bigint[], $7::int[], $8::text[], $9::text[], $10::int[],
                    $11::text[], $12::text[], $13::text[], $14::timestamptz[],
                    $15::timestamptz[], $16::text[])
            AS t (source, id, evse, version, purpose, level, kind, transaction, token, valid_from,
                  valid_to, profile)
        ON CONFLICT (tenant, station, source, id) DO UPDATE
        SET evse = excluded.evse, version = excluded.version, purpose = excluded.purpose,
            level = excluded.level, kind = excluded.kind,
            transaction = coalesce(excluded.transaction, charging_profile.transaction),
            valid_from = excluded.valid_from, valid_to = excluded.valid_to,
            profile = excluded.profile, confirmed_at = excluded.confirmed_at,
            seen_in = excluded.seen_in
        """,
        *place,
        at,
        number,
        *([line[column] for line in latest] for column in range(len(Line._fields))),
    )


async def update(connection: Connection, place: Place, id: int, profile: str) -> None:
    """The values of a dynamic profile changed (2.1 K28)."""
    await connection.execute(
        """
        UPDATE devices.charging_profile SET profile = $4::json
        WHERE tenant = $1 AND station = $2 AND source = 'CSO' AND id = $3
        """,
        *place,
        id,
        profile,
    )


# -- what is gone --------------------------------------------------------------------------------


async def filter_of(
    connection: Connection, place: Place, number: int
) -> tuple[dict[str, Any], datetime] | None:
    """What the last request of this number asked for, and when; None: nobody asked."""
    row = await connection.fetchrow(
        """
        SELECT payload, asked_at FROM devices.request
        WHERE tenant = $1 AND station = $2 AND family = 'profiles' AND $3 = ANY (numbers)
        ORDER BY asked_at DESC LIMIT 1
        """,
        *place,
        number,
    )
    return (json.decode(row["payload"], type=dict[str, Any]), row["asked_at"]) if row else None


async def drop_unseen(
    connection: Connection, place: Place, wanted: Filter, number: int, asked_at: datetime
) -> None:
    """What should have been in a complete report, and was not: it is gone. A profile that was set
    after the question is not meant.
    """
    await connection.execute(
        DELETE_MATCHING
        + """
          AND (set_at IS NULL OR set_at < $9)
          AND NOT (seen_in IS NOT DISTINCT FROM $8 AND confirmed_at >= $9 - interval '5 seconds')
        """,
        *place,
        *wanted,
        number,
        asked_at,
    )


async def drop(connection: Connection, place: Place, wanted: Filter, at: datetime) -> None:
    """What was cleared; what others imposed never is (K10.FR.06), nor what was set after that."""
    await connection.execute(
        DELETE_MATCHING + " AND purpose <> $9 AND (set_at IS NULL OR set_at <= $8)",
        *place,
        *wanted,
        at,
        EXTERNAL,
    )


async def drop_imposed(
    connection: Connection, place: Place, where: tuple[int | None, str], at: datetime
) -> None:
    """A source took back what it imposed (K13); without an EVSE all of it."""
    await connection.execute(
        DELETE_MATCHING + " AND coalesce(confirmed_at, set_at) <= $8",
        *place,
        *Filter(evse=where[0], purpose=EXTERNAL, sources=[where[1]]),
        at,
    )


# -- transactions --------------------------------------------------------------------------------


class Session(NamedTuple):
    """A session as the ledger announced it."""

    evse: int | None
    transaction: str
    token: str | None
    at: datetime


async def bind(connection: Connection, place: Place, session: Session) -> None:
    """The profile of a remote start finds its transaction; one of a start that nobody followed is
    gone when somebody else begins there.
    """
    await connection.execute(
        """
        UPDATE devices.charging_profile
        SET transaction = $4, evse = coalesce(evse, $3), token = NULL
        WHERE tenant = $1 AND station = $2 AND purpose = 'TxProfile' AND transaction IS NULL
          AND (evse = $3 OR evse IS NULL) AND lower(token) = lower($5)
        """,
        *place,
        session.evse,
        session.transaction,
        session.token,
    )
    await connection.execute(
        """
        DELETE FROM devices.charging_profile
        WHERE tenant = $1 AND station = $2 AND purpose = 'TxProfile' AND transaction IS NULL
          AND evse = $3 AND lower(token) <> lower($4) AND set_at < $5
        """,
        *place,
        session.evse,
        session.token,
        session.at,
    )


async def drop_of_session(connection: Connection, place: Place, session: Session) -> None:
    """A TxProfile goes with its transaction (K01.FR.14); of 1.6 also one that named none."""
    await connection.execute(
        """
        DELETE FROM devices.charging_profile
        WHERE tenant = $1 AND station = $2 AND purpose = 'TxProfile'
          AND (transaction = $4
               OR transaction IS NULL AND token IS NULL AND evse = $3 AND set_at <= $5)
        """,
        *place,
        session.evse,
        session.transaction,
        session.at,
    )


# -- what is known -------------------------------------------------------------------------------


async def held(connection: Connection, place: Place) -> list[Held]:
    """Everything that a station holds, for the rules."""
    rows = await connection.fetch(
        """
        SELECT id, evse, source, purpose, level, transaction, valid_from, valid_to
        FROM devices.charging_profile WHERE tenant = $1 AND station = $2 ORDER BY id
        """,
        *place,
    )
    return [Held(*row) for row in rows]


async def room(connection: Connection, place: Place, variable: str) -> int | None:
    """The highest value that a variable can have: how many entries there is room for."""
    found: float | None = await connection.fetchval(
        "SELECT max_limit FROM devices.variable WHERE tenant = $1 AND station = $2 AND place = $3",
        *place,
        variable,
    )
    return None if found is None else int(found)


async def get(connection: Connection, place: Place, id: int) -> ProfileView | None:
    """One of ours."""
    row = await connection.fetchrow(
        """
        SELECT * FROM devices.charging_profile
        WHERE tenant = $1 AND station = $2 AND source = 'CSO' AND id = $3
        """,
        *place,
        id,
    )
    return view(row) if row else None


async def of_transaction(connection: Connection, place: Place, evse: int) -> ProfileView | None:
    """The profile that holds for the session of an EVSE: its TxProfile of the highest level."""
    row = await connection.fetchrow(
        """
        SELECT * FROM devices.charging_profile
        WHERE tenant = $1 AND station = $2 AND purpose = 'TxProfile' AND evse = $3
        ORDER BY level DESC, set_at DESC LIMIT 1
        """,
        *place,
        evse,
    )
    return view(row) if row else None


async def page(
    connection: Connection, ask: ListProfiles, after: Cursor | None, limit: int
) -> list[ProfileView]:
    """In the order of EVSE, source and id."""
    rows = await connection.fetch(
        """
        SELECT * FROM devices.charging_profile
        WHERE tenant = $1 AND station = $2 AND ($3::int IS NULL OR evse = $3)
          AND ($4::int IS NULL OR (coalesce(evse, -1), source, id) > ($4, $5, $6))
        ORDER BY coalesce(evse, -1), source, id LIMIT $7
        """,
        ask.tenant,
        ask.station,
        ask.evse,
        *(after or (None, None, None)),
        limit,
    )
    return [view(row) for row in rows]


def cursor(found: ProfileView) -> Cursor:
    return Cursor(-1 if found.evse is None else found.evse, found.source, found.id)


def view(row: Row) -> ProfileView:
    return ProfileView(
        id=row["id"],
        evse=row["evse"],
        source=row["source"],
        purpose=row["purpose"],
        stack_level=row["level"],
        kind=row["kind"],
        transaction=row["transaction"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        version=row["version"],
        profile=json.decode(row["profile"], type=dict[str, Any]),
        set_at=row["set_at"],
        confirmed_at=row["confirmed_at"],
    )
