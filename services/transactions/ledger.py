"""The promise of the ledger: what is answered is committed, once, and told.

All that arrives while one commit is under way goes into the next. Any number of instances may work
on the same sessions: a row whose mark is not the one that was computed from is computed again.
"""

from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import getrandbits

import asyncpg

from libs.bus import Unavailable
from libs.ocpp.message import Version
from libs.postgres import DatabaseAway, GroupCommit, Outbox, transaction
from libs.postgres.relay import Row as OutboxRow
from libs.runtime import metrics
from services.transactions import arrival, naming, store, stored
from services.transactions.batch import MARK_BITS, Item, Note, Receipt, Report, Work, cdr_json
from services.transactions.cache import Cache
from services.transactions.due import Patience
from services.transactions.entry import Entry
from services.transactions.record import Session, session_of, unpack
from services.transactions.session import State
from services.transactions.store import Changed, Connection, Key, Rows

BATCH_MAX = 200
ROUNDS_MAX = 5

kept = metrics.counter("transactions_entries_kept", "messages of sessions committed")
repeated = metrics.counter("transactions_entries_repeated", "messages that were known already")
recomputed = metrics.counter("transactions_sessions_recomputed", "sessions computed from the start")
contended = metrics.counter(
    "transactions_sessions_contended", "sessions another instance had changed"
)


class Contended(Exception):
    """Sessions that other instances change all the time; the batch is tried again."""


class Ledger:
    """Reports in, receipts out; a receipt is a commit."""

    def __init__(self, pool: asyncpg.Pool, outbox: Outbox, patience: Patience) -> None:
        self._pool = pool
        self._outbox = outbox
        self._patience = patience
        self._cache = Cache()
        self._told: list[OutboxRow] = []
        self._written: list[tuple[Key, Session]] = []
        self._group: GroupCommit[Item, Receipt | None] = GroupCommit(
            pool, self.flush, BATCH_MAX, outbox=self
        )

    async def report(self, report: Report) -> Receipt:
        """Commit a station's message. Unavailable: it may not be committed, try again."""
        receipt = await self._committed(self._group.submit(report))
        if receipt is None:
            raise LookupError("a report always has a session")
        return receipt

    async def note(self, note: Note) -> Receipt | None:
        """Commit what became known of a session; ``None`` when there is no such session."""
        return await self._committed(self._group.submit(note))

    async def stop(self) -> None:
        """Take nothing more and write what is here."""
        await self._group.stop()

    async def _committed(self, future: Awaitable[Receipt | None]) -> Receipt | None:
        try:
            return await future
        except DatabaseAway as error:
            raise Unavailable(str(error)) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """For the group commit: once it has committed, its batch is published and remembered."""
        self._told, self._written = [], []
        async with transaction(self._pool) as connection:
            yield connection
        self._outbox.relay.offer(self._told)
        for key, session in self._written:
            self._cache.put(key, session)

    # -- one batch -------------------------------------------------------------------------------

    async def flush(self, connection: Connection, items: list[Item]) -> Sequence[Receipt | None]:
        """Write a batch in the connection's transaction."""
        self._told, self._written = [], []
        now = datetime.now(UTC)
        receipts: list[Receipt | None] = [None] * len(items)
        waiting: list[tuple[int, Item]] = list(enumerate(items))
        for attempt in range(ROUNDS_MAX):
            works = await self._gather(connection, waiting, lock=attempt > 0)
            await self._apply(connection, works, now)
            lost = await self._write(connection, works, now)
            waiting = []
            for work in works:
                if work in lost:
                    waiting += work.items
                    continue
                if work.session is not None and not work.session.ended:
                    self._written.append((work.key, work.session))
                receipt = work.receipt()
                for place, _ in work.items:
                    receipts[place] = receipt
            if not waiting:
                return receipts
            contended.value += len(lost)
        raise Contended

    async def _gather(
        self, connection: Connection, items: list[tuple[int, Item]], *, lock: bool
    ) -> list[Work]:
        """The sessions of a batch and their items; ``lock`` distrusts memory and holds the rows."""
        named = await naming.named(connection, [item for _, item in items])
        works: dict[Key, Work] = {}
        missing: list[Key] = []
        for (key, item), (place, _) in zip(named, items, strict=True):
            work = works.get(key)
            if work is None:
                session = None if lock else self._cache.take(key)
                works[key] = work = Work(key, session)
                if session is None:
                    missing.append(key)
            work.items.append((place, item))
            if isinstance(item, Report) and item.start is not None:
                work.start = item.start
        await _load(connection, works, missing, lock=lock)
        for work in list(works.values()):
            key = await naming.part(connection, work)
            if key is not None:
                works.pop(work.key)
                works[key] = work
                work.key, work.session, work.created = key, None, True
                await _load(connection, works, [key], lock=lock)
        return list(works.values())

    async def _apply(self, connection: Connection, works: list[Work], now: datetime) -> None:
        late: list[Work] = []
        for work in works:
            work.remember(now)
            reports = work.reports()
            if not reports:
                continue
            state = work.session.state if work.session is not None else None
            had = state.count if state is not None else 0
            arrived = arrival.quickly(state, [report.entry for report in reports])
            if arrived is None:
                work.fallen_back = had
                late.append(work)
            else:
                work.take(arrived, now)
        if late:
            await self._recompute(connection, late, now)
        for work in works:
            work.settle(now)

    async def _recompute(self, connection: Connection, works: list[Work], now: datetime) -> None:
        """Sessions in which something came late, twice or out of order: from all their entries."""
        recomputed.value += len(works)
        known = await entries_of(connection, [work.session for work in works if work.session])
        for work in works:
            entries = [report.entry for report in work.reports()]
            before = known.get(work.id, [])
            if len(before) < work.fallen_back:
                # Its entries were kept long enough and are gone: what is new goes on top.
                arrived = arrival.forcedly(await written(connection, work.key), entries)
            else:
                arrived = arrival.wholly(before, entries)
            if arrived is not None:
                work.take(arrived, now)
            repeated.value += len(entries) - (len(arrived.taken) if arrived is not None else 0)

    async def _write(self, connection: Connection, works: list[Work], now: datetime) -> list[Work]:
        """Write what changed; returns the sessions that somebody else changed meanwhile."""
        changed = [work for work in works if work.news and work.session is not None]
        if not changed:
            return []
        mark = getrandbits(MARK_BITS)
        won: set[str] = set()
        if made := [work for work in changed if work.created]:
            won = await store.insert(
                connection, mark, [work.fresh(now, self._patience) for work in made]
            )
        rows = [work.changed(now, self._patience) for work in changed if not work.created]
        if wide := [row for is_wide, row in rows if is_wide]:
            won |= await store.change_heads(connection, mark, wide)
        narrow = [row for is_wide, row in rows if not is_wide]
        whole = len(won) + len(narrow) == len(changed)
        told = await self._tell(connection, mark, changed, narrow) if whole else None
        if told is None:
            if not whole and narrow:
                await store.change(connection, mark, Rows(narrow, (), ()))
            won |= await store.marked(connection, mark, narrow)
            changed_here = [work for work in changed if work.id in won]
            told = await self._tell(connection, mark, changed_here, ()) or []
        else:
            won |= {row.id for row in narrow}
        self._told += told
        lost = [work for work in changed if work.id not in won]
        await self._settle(connection, mark, [work for work in changed if work not in lost])
        return lost

    async def _tell(
        self, connection: Connection, mark: int, works: list[Work], narrow: Sequence[Changed]
    ) -> list[OutboxRow] | None:
        """Write states, and messages and events of ``works`` if all states could be written."""
        messages = [row for work in works for row in work.kept]
        events = [event for work in works for event in work.events]
        return await store.change(connection, mark, Rows(narrow, messages, events))

    async def _settle(self, connection: Connection, mark: int, works: list[Work]) -> None:
        """What is written is what memory holds from here on; the bills of the batch."""
        for work in works:
            kept.value += len(work.kept)
            if work.session is not None:
                work.session.mark = mark
        records = [work.cdr for work in works if work.cdr is not None]
        if records:
            await store.insert_cdrs(connection, [(record, cdr_json(record)) for record in records])


async def _load(
    connection: Connection, works: dict[Key, Work], keys: list[Key], *, lock: bool
) -> None:
    """The sessions with these keys, where there are any."""
    for found in await store.sessions(connection, keys, lock=lock) if keys else ():
        work = works[Key(found.tenant, found.station, found.transaction)]
        work.session = session_of(found)
        work.created = False


async def written(connection: Connection, key: Key) -> State:
    """A session's state as it is in its row."""
    (found,) = await store.sessions(connection, [key], lock=False)
    return unpack(found.body)[0]


async def entries_of(connection: Connection, sessions: list[Session]) -> dict[str, list[Entry]]:
    """All entries of sessions, read again from what was kept."""
    if not sessions:
        return {}
    rows = await store.entries(
        connection,
        [session.id for session in sessions],
        min(session.state.received_first for session in sessions),
        max(session.state.received_last for session in sessions),
    )
    versions: dict[str, Version] = {session.id: session.version for session in sessions}
    found: dict[str, list[Entry]] = {}
    for row in rows:
        entry = stored.entry(versions[row.session], row.kind, row.body, row.received_at)
        found.setdefault(row.session, []).append(entry)
    return found


__all__ = ["Ledger", "Note", "Receipt", "Report"]
