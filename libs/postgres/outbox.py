"""Events leave in the transaction that made them true: a crash never loses or invents one."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, NamedTuple, Self

import asyncpg

from libs.bus import cloudevent
from libs.bus.cloudevent import Announcement
from libs.bus.message import Event
from libs.postgres.pool import transaction
from libs.postgres.relay import SETTLE_SECONDS, SWEEP_SECONDS, Announce, Relay, Row

OUTBOX_TABLE = """
CREATE TABLE IF NOT EXISTS "{schema}".outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    msg_id text NOT NULL,
    subject text NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)
"""
OUTBOX_SQL = """
INSERT INTO "{schema}".outbox (msg_id, subject, body)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[]) RETURNING id
"""
MAKER_SQL = "SELECT pg_advisory_xact_lock(hashtextextended('voltbus outbox table ' || $1, 0))"


class Columns(NamedTuple):
    """Events as the three arguments of OUTBOX_SQL."""

    msg_ids: list[str]
    subjects: list[str]
    bodies: list[bytes]


def outbox_rows(events: Iterable[Event], source: str) -> Columns:
    """Events as CloudEvents of ``source``, with ids that come from their content."""
    announced = [cloudevent.announcement(event, source) for event in events]
    return columns_of(announced)


def columns_of(announced: Iterable[Announcement]) -> Columns:
    """Announcements column by column."""
    columns = Columns([], [], [])
    for each in announced:
        columns.msg_ids.append(each.id)
        columns.subjects.append(each.subject)
        columns.bodies.append(each.body)
    return columns


class Outbox:
    """The events of one service: ``add`` them in a transaction; they leave after it committed.

    Each is published at least once with a stable ``Nats-Msg-Id``. The table is made at start.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        schema: str,
        announce: Announce,
        *,
        settle_seconds: float = SETTLE_SECONDS,
        sweep_seconds: float = SWEEP_SECONDS,
    ) -> None:
        self._pool = pool
        self._schema = schema
        self._insert = OUTBOX_SQL.format(schema=schema)
        self._staged: dict[int, list[Row]] = {}
        self.relay = Relay(
            pool, schema, announce, settle_seconds=settle_seconds, sweep_seconds=sweep_seconds
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Any]:
        """A connection in a transaction; events added in it are relayed once it has committed."""
        backend = 0
        try:
            async with transaction(self._pool) as connection:
                backend = connection.get_server_pid()
                yield connection
            self.relay.offer(self._staged.pop(backend, []))
        finally:
            self._staged.pop(backend, None)

    async def add(self, connection: Any, events: Sequence[Event]) -> None:
        """Write events into the transaction of ``connection``, which is of :meth:`transaction`."""
        if not events:
            return
        announced = [cloudevent.announcement(event, self._schema) for event in events]
        ids = await connection.fetch(self._insert, *columns_of(announced))
        staged = self._staged.setdefault(connection.get_server_pid(), [])
        staged += [Row(row[0], each) for row, each in zip(ids, announced, strict=True)]

    async def start(self) -> None:
        """Make the table if there is none, and begin to relay."""
        async with transaction(self._pool) as connection:
            await connection.execute(MAKER_SQL, self._schema)
            await connection.execute(OUTBOX_TABLE.format(schema=self._schema))
        self.relay.start()

    async def stop(self) -> None:
        """Publish what is in memory; what cannot be published soon stays in the table."""
        await self.relay.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
