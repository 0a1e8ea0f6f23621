"""The only SQL of this service."""

from datetime import datetime
from typing import Any

from msgspec import convert

from libs.contracts.reservations import ListReservations, ReservationState
from libs.ocpp.message import Version
from services.reservations.state import OPEN, Row, Wish, Word

Connection = Any

COLUMNS = """id, tenant, station, number, state, version, token, token_type, group_id, evse,
       connector_type, expires_at, answer, reason, asked_by, request, transaction, made_at,
       ended_at, cancelling_at"""
NUMBER_MAX = 2**31 - 1


async def next_number(connection: Connection, tenant: str, station: str) -> int:
    """The next number of a station; after the last that fits an OCPP integer comes 1 again."""
    return await connection.fetchval(
        """
        INSERT INTO reservations.number AS n (tenant, station, last) VALUES ($1, $2, 1)
        ON CONFLICT (tenant, station) DO UPDATE
        SET last = CASE WHEN n.last >= $3 THEN 1 ELSE n.last + 1 END
        RETURNING last
        """,
        tenant,
        station,
        NUMBER_MAX,
    )


async def number_is_used(connection: Connection, tenant: str, station: str, number: int) -> bool:
    return await connection.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM reservations.reservation
            WHERE tenant = $1 AND station = $2 AND number = $3
        )
        """,
        tenant,
        station,
        number,
    )


async def add(
    connection: Connection,
    station: tuple[str, str],
    wish: Wish,
    version: Version | None,
    *,
    by: str,
    request: str | None = None,
) -> Row | None:
    """A reservation that is about to be asked for; None if this raw call has one already."""
    row = await connection.fetchrow(
        f"""
        INSERT INTO reservations.reservation
            (tenant, station, number, state, version, token, folded, token_type, group_id, evse,
             connector_type, expires_at, asked_by, request)
        VALUES ($1, $2, $3, 'asked', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT (tenant, request) WHERE request IS NOT NULL DO NOTHING
        RETURNING {COLUMNS}
        """,  # noqa: S608 - columns
        *station,
        wish.number,
        version,
        wish.token,
        wish.token.casefold(),
        wish.token_type,
        wish.group,
        wish.evse,
        wish.connector_type,
        wish.expires_at,
        by,
        request,
    )
    return None if row is None else of(row)


async def get(connection: Connection, tenant: str, id: int, *, lock: bool = False) -> Row | None:
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM reservations.reservation WHERE tenant = $1 AND id = $2"  # noqa: S608 - columns
        + (" FOR UPDATE" if lock else ""),
        tenant,
        id,
    )
    return None if row is None else of(row)


async def of_number(
    connection: Connection, tenant: str, station: str, number: int, limit: int = 10
) -> list[Row]:
    """All that bore this number, the newest first, locked."""
    rows = await connection.fetch(
        f"""
        SELECT {COLUMNS} FROM reservations.reservation
        WHERE tenant = $1 AND station = $2 AND number = $3 ORDER BY id DESC LIMIT $4 FOR UPDATE
        """,  # noqa: S608 - columns
        tenant,
        station,
        number,
        limit,
    )
    return [of(row) for row in rows]


async def open_of(
    connection: Connection, tenant: str, station: str, *, lock: bool = False
) -> list[Row]:
    """The open reservations of a station."""
    rows = await connection.fetch(
        f"""
        SELECT {COLUMNS} FROM reservations.reservation
        WHERE tenant = $1 AND station = $2 AND state = ANY($3::text[]) ORDER BY id
        """  # noqa: S608 - columns
        + (" FOR UPDATE" if lock else ""),
        tenant,
        station,
        sorted(OPEN),
    )
    return [of(row) for row in rows]


async def expired(connection: Connection, grace_seconds: float, limit: int) -> list[Row]:
    """Open ones whose time is over; those that another instance works on are its."""
    rows = await connection.fetch(
        f"""
        SELECT {COLUMNS} FROM reservations.reservation
        WHERE state IN ('asked', 'active', 'uncertain')
          AND expires_at < now() - make_interval(secs => $1)
        ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
        """,  # noqa: S608 - columns
        grace_seconds,
        limit,
    )
    return [of(row) for row in rows]


async def doubt(connection: Connection, seconds: float) -> None:
    """Whoever asked for these is gone, and nobody knows what the station answered."""
    await connection.execute(
        """
        UPDATE reservations.reservation
        SET state = 'uncertain', reason = 'we ended before the answer came'
        WHERE state IN ('asked', 'active', 'uncertain') AND state = 'asked'
          AND made_at < now() - make_interval(secs => $1)
        """,
        seconds,
    )


async def set_state(
    connection: Connection,
    id: int,
    state: ReservationState,
    *,
    reason: str | None = None,
    transaction: str | None = None,
    ended_at: datetime | None = None,
) -> Row:
    row = await connection.fetchrow(
        f"""
        UPDATE reservations.reservation
        SET state = $2, reason = $3, transaction = coalesce($4, transaction), ended_at = $5,
            cancelling_at = NULL
        WHERE id = $1 RETURNING {COLUMNS}
        """,  # noqa: S608 - columns
        id,
        state,
        reason,
        transaction,
        ended_at,
    )
    return of(row)


async def set_answer(connection: Connection, id: int, answer: str | None) -> Row:
    row = await connection.fetchrow(
        f"""
        UPDATE reservations.reservation SET answer = $2 WHERE id = $1 RETURNING {COLUMNS}
        """,  # noqa: S608 - columns
        id,
        answer,
    )
    return of(row)


async def set_cancelling(connection: Connection, id: int, *, under_way: bool) -> None:
    await connection.execute(
        """
        UPDATE reservations.reservation SET cancelling_at = CASE WHEN $2 THEN now() END
        WHERE id = $1
        """,
        id,
        under_way,
    )


async def keep_word(
    connection: Connection, station: tuple[str, str], number: int, word: Word
) -> None:
    await connection.execute(
        """
        INSERT INTO reservations.word (tenant, station, number, why, transaction, at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        *station,
        number,
        word.why,
        word.transaction,
        word.at,
    )


async def take_words(connection: Connection, station: tuple[str, str], number: int) -> list[Word]:
    """What was said of this number before it was known, oldest first; it is said only once."""
    rows = await connection.fetch(
        """
        DELETE FROM reservations.word WHERE tenant = $1 AND station = $2 AND number = $3
        RETURNING id, why, transaction, at
        """,
        *station,
        number,
    )
    return [
        Word(why=row["why"], transaction=row["transaction"], at=row["at"])
        for row in sorted(rows, key=lambda row: row["id"])
    ]


async def forget_words(connection: Connection, seconds: float) -> None:
    await connection.execute(
        "DELETE FROM reservations.word WHERE heard_at < now() - make_interval(secs => $1)", seconds
    )


async def page(
    connection: Connection, ask: ListReservations, before: int | None, limit: int
) -> list[Row]:
    """Newest first."""
    rows = await connection.fetch(
        f"""
        SELECT {COLUMNS} FROM reservations.reservation
        WHERE tenant = $1 AND ($2::bigint IS NULL OR id < $2)
          AND ($3::text IS NULL OR station = $3)
          AND ($4::text IS NULL OR state = $4)
          AND ($5::text IS NULL OR folded = $5)
          AND ($6::integer IS NULL OR number = $6)
          AND ($7::boolean IS NULL OR (state = ANY($8::text[])) = $7)
        ORDER BY id DESC LIMIT $9
        """,  # noqa: S608 - columns
        ask.tenant,
        before,
        ask.station,
        ask.status,
        None if ask.token is None else ask.token.casefold(),
        ask.reservation,
        ask.open,
        sorted(OPEN),
        limit,
    )
    return [of(row) for row in rows]


def of(row: Any) -> Row:
    return convert(dict(row), Row)
