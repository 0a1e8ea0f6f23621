"""What belongs to no session, and remote starts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from services.transactions.store import Connection, Key

if TYPE_CHECKING:
    from services.transactions.aside import IdleReading, Quarantined


async def insert_readings(connection: Connection, rows: "Sequence[IdleReading]") -> None:
    await connection.execute(
        """
        INSERT INTO transactions.reading (tenant, station, evse, received_at, version, body)
        SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[], $5::text[],
            $6::bytea[])
        """,
        [row.tenant for row in rows],
        [row.station for row in rows],
        [row.evse for row in rows],
        [row.received_at for row in rows],
        [row.version for row in rows],
        [row.raw for row in rows],
    )


async def insert_quarantined(connection: Connection, rows: "Sequence[Quarantined]") -> None:
    await connection.execute(
        """
        INSERT INTO transactions.quarantine
            (tenant, station, received_at, version, action, transaction, reason, body)
        SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[],
            $6::text[], $7::text[], $8::bytea[])
        """,
        [row.tenant for row in rows],
        [row.station for row in rows],
        [row.received_at for row in rows],
        [row.version for row in rows],
        [row.action for row in rows],
        [row.transaction for row in rows],
        [row.reason for row in rows],
        [row.raw for row in rows],
    )


# -- remote starts -------------------------------------------------------------------------------


async def insert_remote_start(
    pool: Any, tenant: str, station: str, token: str, evse: int | None
) -> int:
    """A remote start that is about to be asked for; its number is unique on the platform."""
    return await pool.fetchval(
        """
        INSERT INTO transactions.remote_start (tenant, number, station, token, evse, at)
        VALUES ($1, nextval('transactions.remote_start_number'), $2, $3, $4, now())
        RETURNING number
        """,
        tenant,
        station,
        token,
        evse,
    )


async def forget_remote_start(pool: Any, tenant: str, station: str, number: int) -> None:
    """The station refused it: no session answers it."""
    await pool.execute(
        "DELETE FROM transactions.remote_start "
        "WHERE tenant = $1 AND station = $2 AND number = $3 AND session IS NULL",
        tenant,
        station,
        number,
    )


async def forget_remote_starts(pool: Any, keep: timedelta) -> None:
    """Sessions know theirs; those that nobody answered are of no use."""
    await pool.execute(
        "DELETE FROM transactions.remote_start WHERE at < now() - $1::interval", keep
    )


async def claim_remote_start(
    pool: Any, session: str, key: Key, token: str, *, evse: int | None, window: timedelta
) -> int | None:
    """The remote start that a 1.6 start answers, the same one when asked again.

    The one for its connector before one for any, the latest first.
    """
    return await pool.fetchval(
        """
        UPDATE transactions.remote_start SET session = $1::uuid
        WHERE (tenant, station, number) = (
            SELECT tenant, station, number FROM transactions.remote_start
            WHERE tenant = $2 AND station = $3 AND lower(token) = lower($4)
              AND at > now() - $6::interval AND (evse IS NULL OR evse = $5)
              AND (session IS NULL OR session = $1::uuid)
            ORDER BY session IS NULL, evse IS NULL, at DESC LIMIT 1)
        RETURNING number
        """,
        session,
        key.tenant,
        key.station,
        token,
        evse,
        window,
    )


async def mark_available(
    pool: Any, tenant: str, station: str, evse: int, *, since: datetime | None, due_at: datetime
) -> None:
    """The connector of an active session says Available, or no longer does (``None``).

    ``since`` is the station's time, maybe days ago: what it has queued gets its time from now on.
    """
    await pool.execute(
        """
        UPDATE transactions.session
        SET available_at = $4, due_at = CASE WHEN $4 IS NULL THEN due_at ELSE $5 END
        WHERE tenant = $1 AND station = $2 AND evse = $3 AND active
          AND available_at IS DISTINCT FROM $4::timestamptz
        """,
        tenant,
        station,
        evse,
        since,
        due_at,
    )


# -- what the rules look at ----------------------------------------------------------------------


async def due(pool: Any, lease: timedelta, limit: int) -> list[Any]:
    """Sessions that are due, oldest first; nobody else gets them until ``lease`` is over.

    The next session is one that was also heard of later, which its id tells: a station's clock may
    have said anything once.

    Rows of ``id, tenant, station, transaction, version, mark, body, heard_at, available_at`` and,
    of the next session at the same EVSE, ``started_at, id``.
    """
    return await pool.fetch(
        """
        WITH due AS (
            UPDATE transactions.session SET due_at = now() + $1::interval
            WHERE id IN (
                SELECT id FROM transactions.session WHERE due_at <= now()
                ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
            RETURNING *)
        SELECT due.id::text, due.tenant, due.station, due.transaction, due.version, due.mark,
               due.body, due.heard_at, due.available_at, next.started_at, next.id::text
        FROM due LEFT JOIN LATERAL (
            SELECT n.started_at, n.id FROM transactions.session n
            WHERE n.tenant = due.tenant AND n.station = due.station AND n.evse = due.evse
              AND n.started_at >= due.started_at AND n.id > due.id
            ORDER BY n.started_at, n.id LIMIT 1
        ) next ON due.active
        """,
        lease,
        limit,
    )
