"""The only SQL of this service. Tables are not qualified: the schema's name is a reserved word of
SQL, and comes first in the search path.
"""

from collections.abc import Sequence
from typing import Any

from libs.contracts.authorization import ListTokens, TokenView
from services.authorization.place import Held, Wish
from services.authorization.seen import Sighting
from services.authorization.token import fold

Connection = Any
Row = Any

COLUMNS = """id, type, status, group_id, master_pass, valid_from, valid_to, language, evse_types,
       stations, concurrent_max, created_at, changed_at"""


# -- tokens --------------------------------------------------------------------------------------


async def token(connection: Connection, tenant: str, folded: str) -> TokenView | None:
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM token WHERE tenant = $1 AND folded = $2",  # noqa: S608 - columns
        tenant,
        folded,
    )
    return None if row is None else view(tenant, row)


async def lock(connection: Connection, tenant: str, folded: str) -> TokenView | None:
    """The token, until the end of the transaction nobody else's to change or to take places for."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM token WHERE tenant = $1 AND folded = $2 FOR NO KEY UPDATE",  # noqa: S608 - columns
        tenant,
        folded,
    )
    return None if row is None else view(tenant, row)


async def page(connection: Connection, ask: ListTokens, limit: int) -> list[TokenView]:
    """In the order of folded ids."""
    rows = await connection.fetch(
        f"""
        SELECT {COLUMNS} FROM token
        WHERE tenant = $1 AND folded > $2
          AND ($3::text IS NULL OR group_id = $3)
          AND ($4::text IS NULL OR status = $4)
          AND ($5::text IS NULL OR strpos(folded, $5) > 0)
        ORDER BY folded LIMIT $6
        """,  # noqa: S608 - columns
        ask.tenant,
        fold(ask.after or ""),
        ask.group,
        ask.status,
        None if ask.search is None else fold(ask.search),
        limit,
    )
    return [view(ask.tenant, row) for row in rows]


async def create(connection: Connection, tenant: str, identifiers: Sequence[str]) -> list[str]:
    """Make tokens that are not there, with defaults; the ids of those made."""
    rows = await connection.fetch(
        """
        INSERT INTO token (tenant, folded, id)
        SELECT $1, folded, id FROM unnest($2::text[], $3::text[]) AS t (folded, id)
        ON CONFLICT DO NOTHING RETURNING id
        """,
        tenant,
        [fold(identifier) for identifier in identifiers],
        list(identifiers),
    )
    return [row["id"] for row in rows]


async def write(connection: Connection, token: TokenView) -> None:
    await connection.execute(
        """
        UPDATE token SET type = $3, status = $4, group_id = $5, master_pass = $6, valid_from = $7,
               valid_to = $8, language = $9, evse_types = $10, stations = $11, concurrent_max = $12,
               changed_at = $13
        WHERE tenant = $1 AND folded = $2
        """,
        token.tenant,
        fold(token.id),
        token.type,
        token.status,
        token.group,
        token.master_pass,
        token.valid_from,
        token.valid_to,
        token.language,
        token.evse_types,
        token.stations,
        token.concurrent_max,
        token.changed_at,
    )


async def remove(connection: Connection, tenant: str, folded: str) -> str | None:
    """The id of the token that is gone, None if there was none."""
    return await connection.fetchval(
        "DELETE FROM token WHERE tenant = $1 AND folded = $2 RETURNING id", tenant, folded
    )


def view(tenant: str, row: Row) -> TokenView:
    return TokenView(
        tenant=tenant,
        id=row["id"],
        type=row["type"],
        status=row["status"],
        group=row["group_id"],
        master_pass=row["master_pass"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        language=row["language"],
        evse_types=row["evse_types"],
        stations=row["stations"],
        concurrent_max=row["concurrent_max"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
    )


# -- places --------------------------------------------------------------------------------------


async def held(connection: Connection, tenant: str, folded: str) -> list[Held]:
    """The places of a token, those that ended among them."""
    rows = await connection.fetch(
        """
        SELECT station, nullif(transaction, '') AS transaction, ended, taken_at FROM place
        WHERE tenant = $1 AND folded = $2 AND expires_at > now()
        """,
        tenant,
        folded,
    )
    return [
        Held(
            station=row["station"],
            transaction=row["transaction"],
            ended=row["ended"],
            taken_at=row["taken_at"],
        )
        for row in rows
    ]


async def take(
    connection: Connection, tenant: str, folded: str, wish: Wish, seconds: float
) -> None:
    """Take a place, or keep it for longer; a start takes over what its station held."""
    await connection.execute(
        """
        WITH taken_over AS (
            DELETE FROM place
            WHERE $4 <> '' AND tenant = $1 AND folded = $2 AND station = $3 AND transaction = ''
        )
        INSERT INTO place AS p (tenant, folded, station, transaction, expires_at)
        VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
        ON CONFLICT (tenant, folded, station, transaction) DO UPDATE
        SET expires_at = excluded.expires_at WHERE NOT p.ended
        """,
        tenant,
        folded,
        wish.station,
        wish.transaction or "",
        seconds,
    )


async def release(
    connection: Connection, tenant: str, transactions: Sequence[str], seconds: float
) -> int:
    """These transactions ended; how many places that freed. They are remembered for a while, so
    that a late question about one does not take a place again.
    """
    rows = await connection.fetch(
        """
        UPDATE place SET ended = true, expires_at = now() + make_interval(secs => $3)
        WHERE tenant = $1 AND transaction = ANY($2::text[]) AND transaction <> '' AND NOT ended
        RETURNING 1
        """,
        tenant,
        transactions,
        seconds,
    )
    return len(rows)


async def purge(connection: Connection) -> None:
    """Forget places whose time is over."""
    await connection.execute("DELETE FROM place WHERE expires_at < now()")


# -- unknown tokens ------------------------------------------------------------------------------


async def record(connection: Connection, sightings: Sequence[Sighting]) -> None:
    await connection.execute(
        """
        INSERT INTO seen AS s (tenant, folded, id, type, station, times, first_at, last_at)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],
        $6::bigint[],
                             $7::timestamptz[], $8::timestamptz[])
        ON CONFLICT (tenant, folded) DO UPDATE
        SET id = excluded.id, type = excluded.type, station = excluded.station,
            times = s.times + excluded.times, first_at = least(s.first_at, excluded.first_at),
            last_at = greatest(s.last_at, excluded.last_at)
        """,
        *(list(column) for column in zip(*sightings, strict=True)),
    )


async def forget_seen(connection: Connection, days: int) -> None:
    """Tokens that nobody presented for long."""
    await connection.execute(
        "DELETE FROM seen WHERE last_at < now() - make_interval(days => $1)", days
    )
