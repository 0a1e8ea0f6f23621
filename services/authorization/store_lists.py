"""The SQL of local lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, convert, json

from libs.contracts.authorization import TokenView
from libs.contracts.local_lists import (
    GivenEntry,
    ListEntry,
    ListLimits,
    ListMode,
    PartSent,
    Rule,
)
from libs.ocpp.message import Version
from services.authorization.local_list import Entries, Knowledge
from services.authorization.store import COLUMNS as TOKEN_COLUMNS
from services.authorization.store import view as token_view

Connection = Any
Key = tuple[str, str]
"""Tenant and station."""

COLUMNS = """tenant, station, mode, rule, sync, protocol, version, known, supported, failures,
       items_max, station_version, checked_at, limits, without, removing, check_due, due_at, last"""


class ListRow(Struct, frozen=True, kw_only=True):
    tenant: str
    station: str
    mode: ListMode = "none"
    rule: Rule | None = None
    sync: bool = False
    protocol: Version | None = None
    version: int = 0
    known: bool = False
    supported: bool | None = None
    failures: int = 0
    items_max: int | None = None
    station_version: int | None = None
    checked_at: datetime | None = None
    limits: ListLimits | None = None
    without: list[str] = []
    removing: list[str] = []
    check_due: bool = False
    due_at: datetime | None = None
    last: PartSent | None = None

    @property
    def key(self) -> Key:
        return (self.tenant, self.station)


def of(row: Any) -> ListRow:
    fields = dict(row)
    for name in ("rule", "limits", "last"):
        if fields[name] is not None:
            fields[name] = json.decode(fields[name])
    return convert(fields, ListRow)


def text(value: Struct) -> str:
    """As JSON that PostgreSQL can hold: without NUL."""
    return json.encode(value).decode().replace("\\u0000", "\\ufffd")


# -- the list of a station -----------------------------------------------------------------------


async def get(connection: Connection, key: Key) -> ListRow | None:
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM local_list WHERE tenant = $1 AND station = $2",  # noqa: S608 - columns
        *key,
    )
    return None if row is None else of(row)


async def ensure(connection: Connection, key: Key) -> None:
    await connection.execute(
        "INSERT INTO local_list (tenant, station) VALUES ($1, $2) ON CONFLICT DO NOTHING", *key
    )


async def remove(connection: Connection, key: Key) -> None:
    await connection.execute("DELETE FROM local_list WHERE tenant = $1 AND station = $2", *key)


async def set_content(
    connection: Connection, key: Key, rule: Rule | None, entries: Sequence[GivenEntry]
) -> None:
    """What is to be on the list from now on: a rule, or else these entries."""
    await connection.execute(
        """
        INSERT INTO local_list (tenant, station, mode, rule) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, station) DO UPDATE
        SET mode = excluded.mode, rule = excluded.rule, without = '{}', removing = '{}'
        """,
        *key,
        "entries" if rule is None else "rule",
        None if rule is None else text(rule),
    )
    await connection.execute(
        "DELETE FROM local_list_given WHERE tenant = $1 AND station = $2", *key
    )
    await connection.execute(
        """
        INSERT INTO local_list_given (tenant, station, place, entry)
        SELECT $1, $2, place, entry::jsonb
        FROM unnest($3::text[]) WITH ORDINALITY AS t (entry, place)
        """,
        *key,
        [text(entry) for entry in entries],
    )


async def set_sync(connection: Connection, key: Key, *, on: bool) -> None:
    await connection.execute(
        """
        UPDATE local_list SET sync = $3, failures = 0, due_at = CASE WHEN $3 THEN now() END
        WHERE tenant = $1 AND station = $2
        """,
        *key,
        on,
    )


async def given(connection: Connection, key: Key) -> list[GivenEntry]:
    rows = await connection.fetch(
        "SELECT entry FROM local_list_given WHERE tenant = $1 AND station = $2 ORDER BY place",
        *key,
    )
    return [json.decode(row["entry"], type=GivenEntry) for row in rows]


async def held(connection: Connection, key: Key) -> dict[str, ListEntry]:
    rows = await connection.fetch(
        "SELECT key, entry FROM local_list_held WHERE tenant = $1 AND station = $2 ORDER BY key",
        *key,
    )
    return {row["key"]: json.decode(row["entry"], type=ListEntry) for row in rows}


# -- what is known of it -------------------------------------------------------------------------


async def save(
    connection: Connection,
    key: Key,
    protocol: Version,
    known: Knowledge,
    sent: PartSent | None = None,
) -> None:
    """Without the entries, which :func:`put_held` writes."""
    await connection.execute(
        """
        UPDATE local_list
        SET protocol = $3, version = $4, known = $5, supported = $6, failures = $7, items_max = $8,
            last = coalesce($9, last)
        WHERE tenant = $1 AND station = $2
        """,
        *key,
        protocol,
        known.version,
        known.held is not None,
        known.supported,
        known.failures,
        known.items_max,
        None if sent is None else text(sent),
    )


async def put_held(
    connection: Connection, key: Key, before: Entries | None, after: Entries | None
) -> None:
    """Write what is different; nothing is kept of a list that is not known."""
    was, is_now = before or {}, after or {}
    await connection.execute(
        """
        DELETE FROM local_list_held
        WHERE tenant = $1 AND station = $2 AND ($4 OR key = ANY($3::text[]))
        """,
        *key,
        [name for name in was if name not in is_now],
        before is None or after is None,
    )
    news = {name: entry for name, entry in is_now.items() if was.get(name) != entry}
    await connection.execute(
        """
        INSERT INTO local_list_held (tenant, station, key, entry)
        SELECT $1, $2, key, entry::jsonb FROM unnest($3::text[], $4::text[]) AS t (key, entry)
        ON CONFLICT (tenant, station, key) DO UPDATE SET entry = excluded.entry
        """,
        *key,
        list(news),
        [text(entry) for entry in news.values()],
    )


async def set_told(connection: Connection, key: Key, station_version: int) -> None:
    """What GetLocalListVersion was answered."""
    await connection.execute(
        """
        UPDATE local_list SET station_version = $3, checked_at = now(), check_due = false
        WHERE tenant = $1 AND station = $2
        """,
        *key,
        station_version,
    )


async def set_limits(connection: Connection, key: Key, limits: ListLimits) -> None:
    await connection.execute(
        "UPDATE local_list SET limits = $3 WHERE tenant = $1 AND station = $2", *key, text(limits)
    )


async def set_removed(connection: Connection, key: Key, tokens: Sequence[str]) -> None:
    """These are off the list."""
    await connection.execute(
        """
        UPDATE local_list
        SET removing = ARRAY(SELECT unnest(removing) EXCEPT SELECT unnest($3::text[]))
        WHERE tenant = $1 AND station = $2
        """,
        *key,
        list(tokens),
    )


# -- what there is to do -------------------------------------------------------------------------


async def due_for_tokens(connection: Connection, tenant: str, seconds: float) -> None:
    """A token changed: look at every list that is kept in step, once for many changes."""
    await connection.execute(
        """
        UPDATE local_list SET due_at = least(due_at, now() + make_interval(secs => $2))
        WHERE tenant = $1 AND sync
        """,
        tenant,
        seconds,
    )


async def due(connection: Connection, key: Key, seconds: float = 0, *, check: bool = False) -> None:
    """Something may be to be sent to this station; ``check``: compare versions first."""
    await connection.execute(
        """
        UPDATE local_list
        SET due_at = least(due_at, now() + make_interval(secs => $3)),
            check_due = check_due OR ($4 AND sync),
            failures = CASE WHEN $4 THEN 0 ELSE failures END,
            items_max = CASE WHEN $4 THEN NULL ELSE items_max END,
            limits = CASE WHEN $4 THEN NULL ELSE limits END
        WHERE tenant = $1 AND station = $2 AND (sync OR removing <> '{}')
        """,
        *key,
        seconds,
        check,
    )


async def cleared(connection: Connection, key: Key, folded: str) -> None:
    """A customer had the station forget a token."""
    await connection.execute(
        """
        UPDATE local_list
        SET without = array_append(array_remove(without, $3), $3),
            removing = array_append(array_remove(removing, $3), $3), due_at = now()
        WHERE tenant = $1 AND station = $2
        """,
        *key,
        folded,
    )


async def claim_due(connection: Connection, seconds: float, limit: int) -> list[ListRow]:
    """Lists to look at now; nobody else does for so long, and if we end, somebody does then."""
    rows = await connection.fetch(
        f"""
        UPDATE local_list AS l
        SET claimed_until = now() + make_interval(secs => $1),
            due_at = now() + make_interval(secs => $1)
        FROM (
            SELECT tenant, station FROM local_list
            WHERE due_at <= now() AND (claimed_until IS NULL OR claimed_until < now())
            ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
        ) AS chosen
        WHERE l.tenant = chosen.tenant AND l.station = chosen.station
        RETURNING {", ".join("l." + name.strip() for name in COLUMNS.split(","))}
        """,  # noqa: S608 - columns
        seconds,
        limit,
    )
    return [of(row) for row in rows]


async def claim(connection: Connection, key: Key, seconds: float) -> ListRow | None:
    """None while somebody else speaks with the station about its list."""
    row = await connection.fetchrow(
        f"""
        UPDATE local_list SET claimed_until = now() + make_interval(secs => $3)
        WHERE tenant = $1 AND station = $2 AND (claimed_until IS NULL OR claimed_until < now())
        RETURNING {COLUMNS}
        """,  # noqa: S608 - columns
        *key,
        seconds,
    )
    return None if row is None else of(row)


async def hold(connection: Connection, key: Key, seconds: float) -> None:
    """It takes longer."""
    await connection.execute(
        """
        UPDATE local_list SET claimed_until = now() + make_interval(secs => $3)
        WHERE tenant = $1 AND station = $2
        """,
        *key,
        seconds,
    )


async def release(connection: Connection, key: Key) -> None:
    await connection.execute(
        "UPDATE local_list SET claimed_until = NULL WHERE tenant = $1 AND station = $2", *key
    )


async def done(
    connection: Connection, key: Key, claimed_due: datetime | None, next_due: datetime | None
) -> None:
    """Looked at; what became due meanwhile stays due."""
    await connection.execute(
        """
        UPDATE local_list SET claimed_until = NULL,
               due_at = CASE WHEN due_at = $3 THEN $4 ELSE due_at END
        WHERE tenant = $1 AND station = $2
        """,
        *key,
        claimed_due,
        next_due,
    )


# -- tokens that may be on it --------------------------------------------------------------------


async def tokens_by_rule(
    connection: Connection, key: Key, rule: Rule, limit: int
) -> list[TokenView]:
    """In the order of folded ids."""
    tenant, station = key
    rows = await connection.fetch(
        f"""
        SELECT {TOKEN_COLUMNS} FROM token
        WHERE tenant = $1 AND ($2 = ANY(stations) OR (stations IS NULL AND $3 <> 'station'))
          AND ($3 <> 'groups' OR group_id = ANY($4::text[]))
        ORDER BY folded LIMIT $5
        """,  # noqa: S608 - columns
        tenant,
        station,
        rule.tokens,
        rule.groups,
        limit,
    )
    return [token_view(tenant, row) for row in rows]


async def tokens_by_id(
    connection: Connection, tenant: str, folded: Sequence[str]
) -> dict[str, TokenView]:
    """By folded id, those that are registered."""
    rows = await connection.fetch(
        f"SELECT folded, {TOKEN_COLUMNS} FROM token WHERE tenant = $1 AND folded = ANY($2::text[])",  # noqa: S608 - columns
        tenant,
        list(folded),
    )
    return {row["folded"]: token_view(tenant, row) for row in rows}
