"""Which session a report belongs to: 2.x stations say it; 1.6 ones are told at the start."""

from collections.abc import Sequence

from msgspec import structs

from services.transactions import flags, store
from services.transactions.batch import Item, Report
from services.transactions.store import Connection, Key, StartKey

NAMELESS = "-1"
"""What a 1.6 station says that never got an answer to its start."""


async def named(connection: Connection, items: list[Item]) -> list[tuple[Key, Item]]:
    """The session of each item. Starts of 1.6 that are new get a new number."""
    starts = [item.start for item in items if isinstance(item, Report) and item.start is not None]
    numbers = await _numbers(connection, list(dict.fromkeys(starts))) if starts else {}
    found: list[tuple[Key, Item]] = []
    for item in items:
        if isinstance(item, Report) and item.start is not None:
            transaction = numbers[item.start]
        elif isinstance(item, Report) and item.transaction == NAMELESS and item.version == "v16":
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
    transaction = await store.active_16(connection, item.tenant, item.station, entry.evse, entry.at)
    if transaction is None:
        transaction = f"{NAMELESS}/{entry.digest.hex()}"
    await store.name(connection, name, transaction)
    return transaction
