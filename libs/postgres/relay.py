"""From the outbox to the stream: from memory after each commit, from the table after a crash."""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import asyncpg

from libs.bus.cloudevent import Announcement
from libs.postgres.fault import transient
from libs.postgres.pool import transaction
from libs.runtime import log, metrics

WINDOW = 500
"""Events published, and rows deleted, at once."""
BACKLOG_MAX = 5_000
SETTLE_SECONDS = 5.0
"""Younger rows may be on their way from the memory of another instance."""
SWEEP_SECONDS = 30.0
ANNOUNCE_SECONDS = 10.0
RETRY_SECONDS = 0.1
RETRY_SECONDS_MAX = 5.0
STOP_SECONDS = 5.0
LINGER_SECONDS = 0.1
"""How long what is published waits for company before it is deleted."""

LEFTOVERS_SQL = """
SELECT id, msg_id, subject, body FROM "{schema}".outbox
WHERE created_at <= now() - make_interval(secs => $1) ORDER BY id LIMIT $2
"""
# A delete that a crash undoes only publishes again, under the same id: do not wait for the disk.
DELETE_SQL = """
WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
DELETE FROM "{schema}".outbox USING quick WHERE id = ANY($1::bigint[])
"""
SWEEPER_SQL = "SELECT pg_try_advisory_xact_lock(hashtextextended('voltbus outbox ' || $1, 0))"

Announce = Callable[[str, bytes, str], Awaitable[object]]
"""``bus.announce(subject, body, message_id)``: done once the stream has stored the event."""

logger = log.get("postgres")


class Row(NamedTuple):
    """One event in the outbox."""

    id: int
    announcement: Announcement


class Relay:
    """Publishes the rows of one outbox and deletes them.

    Rows come from memory right after their commit. What a crash or an absent NATS left behind is
    swept from the table: at start, now and then, and as soon as announcing works again. While the
    relay is behind, nothing is kept in memory. Any number of instances may run: one sweeps at a
    time, and what is published twice has the same id.
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
        self._announce = announce
        self._settle_seconds = settle_seconds
        self._sweep_seconds = sweep_seconds
        self._delete_sql = DELETE_SQL.format(schema=schema)
        self._leftovers_sql = LEFTOVERS_SQL.format(schema=schema)
        self._backlog: deque[Row] = deque()
        self._arrived = asyncio.Event()
        self._behind = False
        """Nothing can be announced: what commits stays in the table."""
        self._wake = asyncio.Event()
        """Something is left in the table that need not wait for the next sweep."""
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self.relayed = metrics.counter(
            "outbox_events_relayed", "events published from the outbox", schema=schema
        )

    def offer(self, rows: list[Row]) -> None:
        """Rows that have been committed, to be published from memory."""
        if self._behind or len(self._backlog) + len(rows) > BACKLOG_MAX:
            # They are in the table, and memory is bounded.
            self._wake.set()
        elif rows:
            self._backlog.extend(rows)
            self._arrived.set()

    def start(self) -> None:
        """Begin to publish and to sweep."""
        self._tasks = [
            asyncio.create_task(self._relay(), name=f"{self._schema} outbox relay"),
            asyncio.create_task(self._sweep(), name=f"{self._schema} outbox sweep"),
        ]

    async def stop(self) -> None:
        """Publish what is in memory, for a few seconds; what remains stays in the table."""
        if not self._tasks:
            return
        relay, sweep = self._tasks
        self._tasks = []
        self._stopping = True
        self._arrived.set()
        await asyncio.wait([relay], timeout=STOP_SECONDS)
        for task in (relay, sweep):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _relay(self) -> None:
        backlog = self._backlog
        done: list[int] = []
        while not self._stopping or backlog:
            arrived = await self._something_arrives(LINGER_SECONDS if done else None)
            rows = [backlog.popleft() for _ in range(min(WINDOW, len(backlog)))]
            if not backlog and not self._stopping:
                self._arrived.clear()
            stored = await self._publish(rows)
            done += stored
            if len(stored) < len(rows):
                self._wake.set()
            if rows and not stored:
                self._behind = True
                backlog.clear()
            if done and (len(done) >= WINDOW or not arrived or self._stopping):
                await self._delete(done)
                done = []

    async def _something_arrives(self, seconds: float | None) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._arrived.wait()
        except TimeoutError:
            return False

    async def _sweep(self) -> None:
        # Rows of our own last life may be younger than the first sweep takes: look again soon.
        pause = settle = self._settle_seconds
        retry = RETRY_SECONDS
        while True:
            # What commits from here on goes through memory again.
            self._behind = False
            self._wake.clear()
            swept = await self._sweep_once(settle)
            if swept is None or swept.stored < swept.found:
                self._behind = swept is not None and not swept.stored
                await asyncio.sleep(retry * random.uniform(0.5, 1.0))
                retry = min(retry * 2, RETRY_SECONDS_MAX)
                continue
            retry = RETRY_SECONDS
            if swept.found == WINDOW:
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)
            settle = 0.0 if self._wake.is_set() else self._settle_seconds
            pause = self._sweep_seconds

    async def _sweep_once(self, settle: float) -> "Swept | None":
        """Publish the oldest rows; None if another instance does, or the database is away."""
        try:
            # Only an advisory lock is held while publishing, no row that the service waits for.
            async with transaction(self._pool) as connection:
                if not await connection.fetchval(SWEEPER_SQL, self._schema):
                    return None
                found = await connection.fetch(self._leftovers_sql, settle, WINDOW)
                stored = await self._publish([Row(row[0], Announcement(*row[1:])) for row in found])
                if stored:
                    await connection.execute(self._delete_sql, stored)
                return Swept(len(found), len(stored))
        except Exception as error:
            if not transient(error):
                logger.exception("outbox sweep failed", schema=self._schema)
            return None

    async def _publish(self, rows: Sequence[Row]) -> list[int]:
        """Publish rows; the ids of those that are stored."""
        if not rows:
            return []
        try:
            outcomes = await self._announce_all(rows)
        except Exception as error:
            outcomes = [error] * len(rows)
        stored = [row.id for row, error in zip(rows, outcomes, strict=True) if error is None]
        self.relayed.value += len(stored)
        if len(stored) < len(rows):
            error = repr(next(filter(None, outcomes)))
            logger.warning("events stay in the outbox", schema=self._schema, error=error)
        return stored

    async def _delete(self, ids: list[int]) -> None:
        try:
            await self._pool.execute(self._delete_sql, ids)
        except Exception as error:
            # They are published once more by a sweep, under the same ids.
            logger.warning("outbox not cleared", schema=self._schema, error=repr(error))

    async def _announce_all(self, rows: Sequence[Row]) -> list[BaseException | None]:
        sent = [self._announce(each.subject, each.body, each.id) for _, each in rows]
        outcomes = await asyncio.wait_for(
            asyncio.gather(*sent, return_exceptions=True), ANNOUNCE_SECONDS
        )
        return [outcome if isinstance(outcome, BaseException) else None for outcome in outcomes]


class Swept(NamedTuple):
    """What one sweep did."""

    found: int
    stored: int
