"""A station's local list as a state machine: what it should have, what it has as far as we know,
and the next message that brings the two together. Pure.

There is no plan of several parts that a fault could interrupt: after each answer the next part
follows from what is known then. An unknown list begins with a Full part; all else is difference.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from libs.contracts.command import CommandResult
from libs.contracts.local_lists import ListEntry, UpdateType
from services.authorization.token import fold

VERSION_MAX = 2**31 - 1
UNSUPPORTED_CODES = frozenset({"NotImplemented", "NotSupported"})

Answer = Literal["accepted", "mismatch", "refused", "unsupported", "unknown", "undelivered"]
"""``unknown``: it may have been taken. ``undelivered``: it was not."""
Entries = Mapping[str, ListEntry]
"""By :func:`key`."""
Size = Callable[[ListEntry], int]


class Knowledge(Struct, frozen=True, kw_only=True):
    """What is known of the list at a station. ``held`` None: nothing."""

    version: int = 0
    held: Entries | None = None
    supported: bool | None = None
    failures: int = 0
    items_max: int | None = None
    """It refused larger messages, whatever it told of its limits."""


class Limits(Struct, frozen=True, kw_only=True):
    items: int
    bytes: int
    entries: int


class Part(Struct, frozen=True, kw_only=True):
    """A SendLocalList in words of no version."""

    type: UpdateType
    version: int
    puts: list[ListEntry] = []
    removes: list[ListEntry] = []

    @property
    def items(self) -> int:
        return len(self.puts) + len(self.removes)


def key(entry: ListEntry) -> str:
    """Tokens are equal if their types are (C01.FR.25); 1.6 has none."""
    return f"{fold(entry.token)}\n{entry.type}"


def keyed(entries: Sequence[ListEntry]) -> dict[str, ListEntry]:
    """In the order of tokens; of two that are equal the last counts: a list has no duplicates."""
    found = {key(entry): entry for entry in entries}
    return {name: found[name] for name in sorted(found)}


def in_step(known: Knowledge, wanted: Entries) -> bool:
    return known.held is not None and dict(known.held) == dict(wanted)


def next_part(known: Knowledge, wanted: Entries, limits: Limits, size: Size) -> Part | None:
    """The next message, None when the station has what it should."""
    if known.held is None:
        return full(known, wanted, limits, size)
    if in_step(known, wanted):
        return None
    if known.version >= VERSION_MAX:
        # Only a Full list may take a smaller version.
        return full(known, wanted, limits, size)
    return differential(known, wanted, limits, size)


def full(known: Knowledge, wanted: Entries, limits: Limits, size: Size) -> Part:
    puts = fitting(list(wanted.values()), room(known, limits), limits.bytes, size)
    return Part(type="Full", version=after(known.version), puts=puts)


def differential(known: Knowledge, wanted: Entries, limits: Limits, size: Size) -> Part:
    """Removals first, so that the station has room for what is added. It may be empty."""
    held = known.held or {}
    removes = [entry for name, entry in held.items() if name not in wanted]
    puts = [entry for name, entry in wanted.items() if held.get(name) != entry]
    chosen = fitting([*removes, *puts], room(known, limits), limits.bytes, size)
    gone = chosen[: len(removes)]
    return Part(
        type="Differential",
        version=after(known.version),
        removes=gone,
        puts=chosen[len(gone) :],
    )


def after(version: int) -> int:
    """Versions grow, and are never 0 (no list) or -1 (not supported)."""
    return version + 1 if 0 <= version < VERSION_MAX else 1


def room(known: Knowledge, limits: Limits) -> int:
    return max(1, min(limits.items, known.items_max or limits.items))


def fitting(entries: list[ListEntry], items: int, octets: int, size: Size) -> list[ListEntry]:
    """As many as one message takes, but one at least."""
    chosen: list[ListEntry] = []
    left = octets
    for entry in entries[:items]:
        left -= size(entry)
        if left < 0 and chosen:
            break
        chosen.append(entry)
    return chosen


# -- what an answer teaches ----------------------------------------------------------------------


def answer_of(result: CommandResult) -> Answer:
    match result.status:
        case "answered":
            return told((result.payload or {}).get("status"))
        case "error":
            return "unsupported" if result.code in UNSUPPORTED_CODES else "refused"
        case "timeout":
            return "unknown"
        case "offline":
            return "undelivered"


def told(status: object) -> Answer:
    if status == "Accepted":
        return "accepted"
    if status == "NotSupported":
        return "unsupported"
    return "mismatch" if status == "VersionMismatch" else "refused"


def learn(known: Knowledge, part: Part, answer: Answer) -> Knowledge:
    """What is known after the answer to a part. Only a list that is in step ends a row of
    failures: a station that takes every full list and no difference must not be asked without end.
    """
    match answer:
        case "accepted":
            return Knowledge(
                version=part.version,
                held=applied(known, part),
                supported=True,
                failures=known.failures,
                items_max=known.items_max,
            )
        case "undelivered":
            return known
        case "unsupported":
            return Knowledge(version=known.version, supported=False)
        case "mismatch" | "refused" | "unknown":
            return Knowledge(
                version=max(known.version, part.version),
                supported=known.supported,
                failures=known.failures + 1,
                items_max=smaller(known, part) if answer == "refused" else known.items_max,
            )


def heard(known: Knowledge, part: Part, answer: Answer) -> Knowledge:
    """What is known after somebody else sent a part: of a difference to what is not known nothing
    but the version; and a refusal leaves what is.
    """
    match answer:
        case "accepted" if part.type == "Differential" and known.held is None:
            return Knowledge(version=part.version, supported=True)
        case "accepted":
            return learn(known, part, answer)
        case "unknown":
            return Knowledge(version=known.version, supported=known.supported)
        case "unsupported":
            return learn(known, part, answer)
        case "mismatch" | "refused" | "undelivered":
            return known


def applied(known: Knowledge, part: Part) -> Entries:
    held = {} if part.type == "Full" else dict(known.held or {})
    for entry in part.removes:
        held.pop(key(entry), None)
    held.update((key(entry), entry) for entry in part.puts)
    return {name: held[name] for name in sorted(held)}


def smaller(known: Knowledge, part: Part) -> int | None:
    """A refusal may mean that there was too much in it."""
    return max(1, part.items // 2) if part.items > 1 else known.items_max


def learn_version(known: Knowledge, version: int) -> Knowledge:
    """What GetLocalListVersion told: another version is another list, which is not known."""
    if version < 0:
        return Knowledge(version=known.version, supported=False)
    if version == known.version and known.held is not None:
        return Knowledge(
            version=version,
            held=known.held,
            supported=True,
            failures=known.failures,
            items_max=known.items_max,
        )
    return Knowledge(version=max(known.version, version), supported=True)


def without(entries: Entries, tokens: Sequence[str]) -> Entries:
    """Without these folded tokens, of whatever type."""
    gone = set(tokens)
    return {name: entry for name, entry in entries.items() if fold(entry.token) not in gone}
