"""Group commit: all that arrives while one commit is under way goes into the next."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

import asyncpg

from libs.postgres.fault import DatabaseAway, contended, transient
from libs.postgres.pool import transaction
from libs.runtime import log

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

BATCH_MAX = 200
PENDING_MAX = 20_000
CONTENTION_TRIES_MAX = 3

logger = log.get("postgres")


class Transactions(Protocol):
    """Where transactions come from: :class:`Outbox` relays what they announced."""

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        """A connection in a transaction that commits when left without an error."""
        ...


class Plain:
    """Transactions of a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        return transaction(self._pool)


class WrongLength(Exception):
    """``flush`` did not return one result per item."""


class Entry(Generic[ItemT, ResultT]):
    """An item on its way, and who waits for it."""

    __slots__ = ("future", "item")

    def __init__(self, item: ItemT, future: asyncio.Future[ResultT]) -> None:
        self.item = item
        self.future = future


class GroupCommit(Generic[ItemT, ResultT]):
    """Writes items in batches, one transaction each, in the order in which they were submitted.

    ``flush(connection, items)`` writes a batch and returns one result per item. It must not commit,
    and must bear being called again with the same items: a batch that fails is split until the
    item at fault fails alone. Nothing waits for a batch to fill: an item that comes alone is
    written alone. With an ``outbox``, events that ``flush`` added leave after the commit.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        flush: Callable[[Any, list[ItemT]], Awaitable[Sequence[ResultT]]],
        batch_max: int = BATCH_MAX,
        *,
        outbox: Transactions | None = None,
        pending_max: int = PENDING_MAX,
    ) -> None:
        self._transactions = outbox or Plain(pool)
        self._flush = flush
        self._batch_max = batch_max
        self._pending_max = pending_max
        self._pending: deque[Entry[ItemT, ResultT]] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._stopping = False

    def submit(self, item: ItemT) -> asyncio.Future[ResultT]:
        """Awaited, gives the item's result once it is committed.

        DatabaseAway: it may not be committed; submit it again later. Any other error: this item
        cannot be written, and was not.
        """
        future: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        if self._stopping or len(self._pending) >= self._pending_max:
            future.set_exception(
                DatabaseAway("Stopping." if self._stopping else "Too much waits to be written.")
            )
            return future
        self._pending.append(Entry(item, future))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write(), name="group commit")
        return future

    async def stop(self) -> None:
        """Take nothing more and wait until all that was submitted is written."""
        self._stopping = True
        if self._writer is not None:
            await asyncio.wait([self._writer])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _write(self) -> None:
        batch: list[Entry[ItemT, ResultT]] = []
        try:
            while self._pending:
                batch = []
                await self._settle(batch)
        finally:
            self._writer = None
            # Only a writer that was cancelled leaves anything here.
            _give_up([*batch, *self._take(self._pending_max)], "The writer was cancelled.")

    async def _settle(self, batch: list[Entry[ItemT, ResultT]]) -> None:
        """Write a batch, an empty one filled with what is pending; all in it is answered then."""
        error = await self._attempt(batch)
        tries_left = CONTENTION_TRIES_MAX - 1
        while error is not None and contended(error) and tries_left:
            tries_left -= 1
            error = await self._attempt(batch)
        if error is None:
            return
        if transient(error):
            # Without a connection the rest would fare no better, only later.
            batch = batch or self._take(self._pending_max)
            logger.warning("batch not committed", items=len(batch), error=repr(error))
            _give_up(batch, "The database is away; try again.")
        elif len(batch) <= 1:
            _refuse(batch, error)
        else:
            half = len(batch) // 2
            await self._settle(batch[:half])
            await self._settle(batch[half:])

    async def _attempt(self, batch: list[Entry[ItemT, ResultT]]) -> Exception | None:
        try:
            async with self._transactions.transaction() as connection:
                # Filled only now: all that came while we waited for the connection goes along.
                batch += self._take(self._batch_max) if not batch else []
                results = await self._flush(connection, [entry.item for entry in batch])
                if len(results) != len(batch):
                    raise WrongLength(
                        f"{self._flush} returned {len(results)} results for {len(batch)} items."
                    )
        except Exception as error:
            return error
        for entry, result in zip(batch, results, strict=True):
            if not entry.future.done():
                entry.future.set_result(result)
        return None

    def _take(self, most: int) -> list[Entry[ItemT, ResultT]]:
        batch: list[Entry[ItemT, ResultT]] = []
        pending = self._pending
        while pending and len(batch) < most:
            entry = pending.popleft()
            # Who was cancelled before we began no longer wants it written.
            if not entry.future.done():
                batch.append(entry)
        return batch


def _give_up(batch: list[Entry[Any, Any]], why: str) -> None:
    for entry in batch:
        if not entry.future.done():
            entry.future.set_exception(DatabaseAway(why))


def _refuse(batch: list[Entry[Any, Any]], error: Exception) -> None:
    for entry in batch:
        if not entry.future.done():
            entry.future.set_exception(error)
