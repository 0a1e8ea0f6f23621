"""The ledger's writing: sessions, entries, charge detail records, all in batches."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from libs.bus.cloudevent import Announcement
from libs.contracts.transactions import CdrView
from libs.postgres.relay import Row as OutboxRow
from services.transactions.record import Head

Connection = Any


class Key(NamedTuple):
    """What a session is called: the station's own name for it, or the number that we gave."""

    tenant: str
    station: str
    transaction: str


class StartKey(NamedTuple):
    """What makes a 1.6 start itself."""

    tenant: str
    station: str
    digest: bytes


class Found(NamedTuple):
    """A session's row."""

    id: str
    tenant: str
    station: str
    transaction: str
    version: Any
    mark: int
    body: bytes


class Fresh(NamedTuple):
    """A session's first row."""

    id: str
    key: Key
    version: str
    start_key: bytes | None
    head: Head
    due_at: datetime | None
    body: bytes


class Changed(NamedTuple):
    """A session's next state; ``expected`` is the mark that it was computed from."""

    id: str
    expected: int
    head: Head
    due_at: datetime | None
    body: bytes


class Kept(NamedTuple):
    """A message to be kept."""

    session: str
    received_at: datetime
    kind: int
    body: bytes


class Rows(NamedTuple):
    """What one statement writes."""

    changed: Sequence[Changed]
    kept: Sequence[Kept]
    events: Sequence[Announcement]


# -- reading what a batch needs ------------------------------------------------------------------


async def sessions(connection: Connection, keys: Sequence[Key], *, lock: bool) -> list[Found]:
    """The rows of these sessions; ``lock`` holds them until the commit, in order of their keys."""
    rows = await connection.fetch(LOCKED if lock else READ, *zip(*sorted(keys), strict=True))
    return [Found(*row) for row in rows]


READ = """
SELECT s.id::text, s.tenant, s.station, s.transaction, s.version, s.mark, s.body
FROM unnest($1::text[], $2::text[], $3::text[]) AS k (tenant, station, transaction)
JOIN transactions.session s USING (tenant, station, transaction)
"""
LOCKED = f"{READ} ORDER BY s.tenant, s.station, s.transaction FOR UPDATE OF s"


async def started(connection: Connection, starts: Sequence[StartKey]) -> dict[StartKey, str]:
    """The numbers of those 1.6 starts that are known."""
    rows = await connection.fetch(
        """
        SELECT s.tenant, s.station, s.start_key, s.transaction
        FROM unnest($1::text[], $2::text[], $3::bytea[]) AS k (tenant, station, start_key)
        JOIN transactions.session s USING (tenant, station, start_key)
        """,
        *zip(*starts, strict=True),
    )
    return {StartKey(*row[:3]): row[3] for row in rows}


async def numbers(connection: Connection, starts: Sequence[StartKey]) -> dict[StartKey, str]:
    """New transaction ids for 1.6 starts: unique on the platform, positive, 32 bits.

    A start is left out when its station has used that number already: ask again for it.
    """
    rows = await connection.fetch(
        """
        WITH given AS MATERIALIZED (
            SELECT tenant, station, start_key,
                nextval('transactions.transaction_number')::text AS transaction
            FROM unnest($1::text[], $2::text[], $3::bytea[]) AS k (tenant, station, start_key)
        )
        SELECT tenant, station, start_key, transaction FROM given
        WHERE NOT EXISTS (
            SELECT FROM transactions.session s
            WHERE (s.tenant, s.station, s.transaction)
                = (given.tenant, given.station, given.transaction))
        """,
        *zip(*starts, strict=True),
    )
    return {StartKey(*row[:3]): row[3] for row in rows}


async def entries(
    connection: Connection, ids: Sequence[str], first: datetime, last: datetime
) -> list[Kept]:
    """What is kept of these sessions, oldest first; it came between ``first`` and ``last``."""
    rows = await connection.fetch(
        """
        SELECT session::text, received_at, kind, body FROM transactions.entry
        WHERE session = ANY($1::uuid[]) AND received_at BETWEEN $2 AND $3
        ORDER BY session, received_at
        """,
        ids,
        first,
        last,
    )
    return [Kept(*row) for row in rows]


async def nameless(connection: Connection, names: Sequence[StartKey]) -> dict[StartKey, str]:
    """Where messages with transactionId -1 were put before."""
    rows = await connection.fetch(
        """
        SELECT n.tenant, n.station, n.digest, n.transaction
        FROM unnest($1::text[], $2::text[], $3::bytea[]) AS k (tenant, station, digest)
        JOIN transactions.nameless n USING (tenant, station, digest)
        """,
        *zip(*names, strict=True),
    )
    return {StartKey(*row[:3]): row[3] for row in rows}


async def active_16(
    connection: Connection, tenant: str, station: str, evse: int | None, at: datetime
) -> list[Found]:
    """The 1.6 sessions active at a station (at one of its connectors) at that time, last first."""
    rows = await connection.fetch(
        """
        SELECT id::text, tenant, station, transaction, version, mark, body
        FROM transactions.session
        WHERE tenant = $1 AND station = $2 AND active AND version = 'v16' AND started_at <= $4
          AND (evse = $3 OR $3 IS NULL OR evse IS NULL)
        ORDER BY started_at DESC LIMIT 10
        """,
        tenant,
        station,
        evse,
        at,
    )
    return [Found(*row) for row in rows]


async def rename(connection: Connection, key: Key, id: str, transaction: str) -> None:
    """Call a session something else; who has it in memory computes again."""
    await connection.execute(
        """
        UPDATE transactions.session SET transaction = $5, mark = mark # 1
        WHERE tenant = $1 AND station = $2 AND transaction = $3 AND id = $4::uuid
        """,
        *key,
        id,
        transaction,
    )


async def name(connection: Connection, nameless: StartKey, transaction: str) -> None:
    """Remember where a message with transactionId -1 was put."""
    await connection.execute(
        """
        INSERT INTO transactions.nameless (tenant, station, digest, transaction)
        VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
        """,
        *nameless,
        transaction,
    )


# -- writing -------------------------------------------------------------------------------------


async def insert(connection: Connection, mark: int, rows: Sequence[Fresh]) -> set[str]:
    """New sessions; the ids of those that nobody else has made meanwhile."""
    ordered = sorted(rows, key=lambda row: row.key)
    heads = [row.head for row in ordered]
    made = await connection.fetch(
        """
        INSERT INTO transactions.session
            (id, tenant, station, transaction, version, start_key, due_at, body,
             active, evse, token, flags, started_at, ended_at, mark, heard_at)
        SELECT *, $1::bigint, now() FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[],
            $6::text[], $7::bytea[], $8::timestamptz[], $9::bytea[], $10::boolean[], $11::int[],
            $12::text[], $13::int[], $14::timestamptz[], $15::timestamptz[])
        ON CONFLICT DO NOTHING RETURNING id::text
        """,
        mark,
        [row.id for row in ordered],
        *zip(*(row.key for row in ordered), strict=True),
        [row.version for row in ordered],
        [row.start_key for row in ordered],
        [row.due_at for row in ordered],
        [row.body for row in ordered],
        *_columns(heads),
    )
    return {row[0] for row in made}


async def change_heads(connection: Connection, mark: int, rows: Sequence[Changed]) -> set[str]:
    """Next states whose columns change too; the ids of those whose mark was as expected."""
    ordered = sorted(rows)
    changed = await connection.fetch(
        """
        UPDATE transactions.session s
        SET mark = $1, body = u.body, heard_at = now(), active = u.active, evse = u.evse,
            token = u.token, flags = u.flags, started_at = u.started_at, ended_at = u.ended_at,
            due_at = CASE WHEN u.active THEN s.due_at ELSE u.due_at END
        FROM unnest($2::uuid[], $3::bigint[], $4::timestamptz[], $5::bytea[], $6::boolean[],
            $7::int[], $8::text[], $9::int[], $10::timestamptz[], $11::timestamptz[])
            AS u (id, expected, due_at, body,
                  active, evse, token, flags, started_at, ended_at)
        WHERE s.id = u.id AND s.mark = u.expected RETURNING s.id::text
        """,
        mark,
        [row.id for row in ordered],
        [row.expected for row in ordered],
        [row.due_at for row in ordered],
        [row.body for row in ordered],
        *_columns([row.head for row in ordered]),
    )
    return {row[0] for row in changed}


async def change(connection: Connection, mark: int, batch: Rows) -> list[OutboxRow] | None:
    """Next states, the messages that led to them, and the events that tell it, in one statement.

    ``None`` when a mark was not as expected: then the states of the other sessions were written and
    nothing else. Ask :func:`marked` for those, and write what belongs to them.
    """
    changed, kept, events = sorted(batch.changed), batch.kept, batch.events
    found = await connection.fetchrow(
        CHANGE,
        mark,
        len(changed),
        [row.id for row in changed],
        [row.expected for row in changed],
        [row.body for row in changed],
        [row.session for row in kept],
        [row.received_at for row in kept],
        [row.kind for row in kept],
        [row.body for row in kept],
        [event.id for event in events],
        [event.subject for event in events],
        [event.body for event in events],
    )
    if not found["complete"]:
        return None
    told = {event.id: event for event in events}
    rows = zip(found["rows"] or (), found["ids"] or (), strict=True)
    return [OutboxRow(row, told[msg_id]) for row, msg_id in rows]


CHANGE = """
WITH changed AS (
    UPDATE transactions.session s SET mark = $1, body = u.body, heard_at = now()
    FROM unnest($3::uuid[], $4::bigint[], $5::bytea[]) AS u (id, expected, body)
    WHERE s.id = u.id AND s.mark = u.expected RETURNING s.id
), complete AS (
    SELECT count(*) = $2::bigint AS is_so FROM changed
), kept AS (
    INSERT INTO transactions.entry (session, received_at, kind, body)
    SELECT * FROM unnest($6::uuid[], $7::timestamptz[], $8::smallint[], $9::bytea[])
    WHERE (SELECT is_so FROM complete)
), told AS (
    INSERT INTO transactions.outbox (msg_id, subject, body)
    SELECT * FROM unnest($10::text[], $11::text[], $12::bytea[]) WHERE (SELECT is_so FROM complete)
    RETURNING id, msg_id
)
SELECT (SELECT is_so FROM complete) AS complete, array_agg(id) AS rows, array_agg(msg_id) AS ids
FROM told
"""


async def marked(connection: Connection, mark: int, rows: Sequence[Changed]) -> set[str]:
    """The sessions that bear the mark of a batch."""
    found = await connection.fetch(
        "SELECT id::text FROM transactions.session WHERE id = ANY($1::uuid[]) AND mark = $2",
        [row.id for row in rows],
        mark,
    )
    return {row[0] for row in found}


async def insert_cdrs(connection: Connection, records: Sequence[tuple[CdrView, bytes]]) -> None:
    """Charge detail records, with their JSON."""
    views = [view for view, _ in records]
    await connection.execute(
        """
        INSERT INTO transactions.cdr (id, tenant, station, token, session, revision, body)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::int[],
            $7::jsonb[])
        """,
        [view.id for view in views],
        [view.tenant for view in views],
        [view.station for view in views],
        [view.token for view in views],
        [view.transaction_id for view in views],
        [view.revision for view in views],
        [body.decode() for _, body in records],
    )


def _columns(heads: Sequence[Head]) -> tuple[list[Any], ...]:
    return (
        [head.active for head in heads],
        [head.evse for head in heads],
        [head.token for head in heads],
        [head.flags for head in heads],
        [head.started_at for head in heads],
        [head.ended_at for head in heads],
    )
