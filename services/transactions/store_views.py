"""The ledger's reading: pages of sessions and records, one session with all that was said of it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from libs.bus import Invalid
from libs.contracts.transactions import ListCdrs, ListTransactions
from services.transactions import flags
from services.transactions.store import Found

COLUMNS = (
    "SELECT s.id::text, s.tenant, s.station, s.transaction, s.version, s.mark, s.body, s.heard_at"
)


class Seen(NamedTuple):
    """A session's row, and when it was last written."""

    found: Found
    heard_at: datetime


class Condition:
    """``WHERE`` with its arguments, each condition a text of ours with one ``$`` for its value."""

    def __init__(self, text: str, *values: Any) -> None:
        self._texts: list[str] = []
        self.values: list[Any] = []
        self.add(text, *values)

    def add(self, text: str, *values: Any) -> None:
        for value in values:
            self.values.append(value)
            text = text.replace("$", f"\x00{len(self.values)}", 1)
        self._texts.append(text)

    def add_if(self, text: str, value: Any) -> None:
        if value is not None:
            self.add(text, value)

    def __str__(self) -> str:
        return " AND ".join(self._texts).replace("\x00", "$")


async def sessions(pool: Any, ask: ListTransactions, limit: int) -> list[Seen]:
    """Newest first, after the cursor."""
    where = Condition("s.tenant = $", ask.tenant)
    where.add_if("s.station = $", ask.station)
    if ask.status is not None:
        where.add("s.active" if ask.status == "active" else "NOT s.active")
    where.add_if("lower(s.token) = lower($)", ask.token)
    if ask.flag is not None:
        where.add("s.flags <> 0 AND s.flags & $::int <> 0", flags.BITS[ask.flag])
    where.add_if("s.started_at > $", ask.started_after)
    where.add_if("s.started_at < $", ask.started_before)
    if ask.after is not None:
        where.add("(s.started_at, s.id) < ($::timestamptz, $::uuid)", *cursor(ask.after))
    rows = await pool.fetch(
        f"{COLUMNS} FROM transactions.session s WHERE {where} "
        f"ORDER BY s.started_at DESC, s.id DESC LIMIT {limit:d}",
        *where.values,
    )
    return [seen(row) for row in rows]


async def session(pool: Any, tenant: str, id: str) -> Seen | None:
    row = await pool.fetchrow(
        f"{COLUMNS} FROM transactions.session s WHERE s.tenant = $1 AND s.id = $2::uuid",
        tenant,
        id,
    )
    return None if row is None else seen(row)


async def active(pool: Any, tenant: str, station: str, evse: int | None) -> Sequence[Seen]:
    """The active sessions of a station, or of one of its EVSEs; at most a few."""
    rows = await pool.fetch(
        f"{COLUMNS} FROM transactions.session s WHERE s.tenant = $1 AND s.station = $2 "
        "AND s.active AND (s.evse = $3 OR $3 IS NULL) ORDER BY s.started_at DESC LIMIT 10",
        tenant,
        station,
        evse,
    )
    return [seen(row) for row in rows]


async def cdrs(pool: Any, ask: ListCdrs, limit: int) -> list[str]:
    """Records as JSON, newest first, after the cursor (an id)."""
    where = Condition("tenant = $", ask.tenant)
    where.add_if("station = $", ask.station)
    where.add_if("lower(token) = lower($)", ask.token)
    where.add_if("session = $::uuid", ask.transaction_id)
    where.add_if("id < $::uuid", ask.after)
    rows = await pool.fetch(
        f"SELECT body::text FROM transactions.cdr WHERE {where} "  # noqa: S608 - texts of ours
        f"ORDER BY id DESC LIMIT {limit:d}",
        *where.values,
    )
    return [row[0] for row in rows]


def seen(row: Any) -> Seen:
    return Seen(Found(*row[:7]), row[7])


def cursor(text: str) -> tuple[datetime, str]:
    """A cursor as :func:`cursor_of` made it."""
    try:
        at, _, last = text.partition("_")
        return datetime.fromisoformat(at).astimezone(UTC), str(UUID(last))
    except ValueError:
        raise Invalid("The cursor is not one of ours.", field="after") from None


def cursor_of(started_at: datetime, id: str) -> str:
    # Without a plus: who puts it into a query as it is would send a space.
    return f"{started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}_{id}"
