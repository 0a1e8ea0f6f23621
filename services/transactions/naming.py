"""Which session a report belongs to: 2.x stations say it; 1.6 ones are told at the start."""

from collections.abc import Sequence

from msgspec import structs

from services.transactions import flags, store
from services.transactions.batch import Item, Report, Work
from services.transactions.entry import END, Entry
from services.transactions.measure import OUTLET
from services.transactions.record import Session, session_of
from services.transactions.store import Connection, Key, StartKey

NAMELESS = "-1"
NUMBERLESS = frozenset({NAMELESS, "0"})
"""What 1.6 stations say that never got an answer to their start."""
OLD = "/1.6"
"""What a session of 1.6 is called when its station has used the same name in 2.x."""


async def named(connection: Connection, items: list[Item]) -> list[tuple[Key, Item]]:
    """The session of each item. Starts of 1.6 that are new get a new number."""
    starts = [item.start for item in items if isinstance(item, Report) and item.start is not None]
    numbers = await _numbers(connection, list(dict.fromkeys(starts))) if starts else {}
    found: list[tuple[Key, Item]] = []
    for item in items:
        if isinstance(item, Report) and item.start is not None:
            transaction = numbers[item.start]
        elif isinstance(item, Report) and item.transaction in NUMBERLESS and item.version == "v16":
            transaction = await _nameless(connection, item)
            found.append((Key(item.tenant, item.station, transaction), _flagged(item)))
            continue
        else:
            transaction = item.transaction or ""
        found.append((Key(item.tenant, item.station, transaction), item))
    return found


def _flagged(item: Report) -> Report:
    return structs.replace(item, flags=item.flags | flags.UNKNOWN_TRANSACTION)


async def _numbers(connection: Connection, starts: Sequence[StartKey]) -> dict[StartKey, str]:
    numbers = await store.started(connection, starts)
    while new := [start for start in starts if start not in numbers]:
        # A number that the station uses for a session of another platform is passed over.
        numbers |= await store.numbers(connection, new)
    return numbers


async def _nameless(connection: Connection, item: Report) -> str:
    """The session that was active where the message comes from, else one of its own.

    The answer to the start was lost, the start itself was kept: the same message again finds where
    it was put the first time, for the session may have ended by it.
    """
    name = StartKey(item.tenant, item.station, item.entry.digest)
    known = await store.nameless(connection, [name])
    if name in known:
        return known[name]
    entry = item.entry
    found = await store.active_16(connection, item.tenant, item.station, entry.evse, entry.at)
    session = meant(entry, [session_of(each) for each in found])
    transaction = session.transaction if session else f"{NAMELESS}/{entry.digest.hex()}"
    await store.name(connection, name, transaction)
    return transaction


def meant(entry: Entry, active: Sequence[Session]) -> Session | None:
    """The one of these sessions that a message without a number can belong to.

    None when there are several: their own ends may come, and a wrong guess bills two cars wrongly.
    """
    if entry.kind != "ended" or len(active) == 1:
        return next(iter(active), None)
    able = [session for session in active if _ends(entry, session)]
    token = (entry.token or "").casefold()
    own = [session for session in able if (session.token or "").casefold() == token]
    for group in (own, able):
        if len(group) == 1:
            return group[0]
    return None


def _ends(entry: Entry, session: Session) -> bool:
    """Is the register at this end one to which that of the session can have grown?"""
    register = session.state.registers.get(OUTLET)
    last = [wh for reading in entry.readings for _, wh, mark in reading.registers if mark == END]
    return register is None or not last or not last[-1] or last[-1] >= register.last


async def part(connection: Connection, work: Work) -> Key | None:
    """Make room where a station uses a name again, for another protocol or another session.

    After an upgrade the name is the one of 2.x, which may be asked about. The key that counts.
    """
    session, reports, key = work.session, work.reports(), work.key
    if session is None or not reports:
        return None
    if (reports[0].version == "v16") == (session.version == "v16"):
        if not _begins_again(session, reports):
            return None
        await store.rename(connection, key, session.id, f"{key.transaction}/{session.id}")
        return key
    if session.version == "v16":
        await store.rename(connection, key, session.id, key.transaction + OLD)
        return key
    return key._replace(transaction=key.transaction + OLD)


def _begins_again(session: Session, reports: Sequence[Report]) -> bool:
    """Does a station that lost its count of transactions start one under the name of a past one?

    The session's own start told again begins nothing, not even where a clock that was set back has
    it later than its end.
    """
    state = session.state
    if session.version == "v16" or not state.started or state.ended_at is None:
        return False
    return any(
        report.entry.kind == "started"
        and report.entry.at > state.ended_at
        and report.entry.at != state.started_at
        for report in reports
    )
