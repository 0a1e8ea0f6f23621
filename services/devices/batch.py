"""Messages of many items: how they are divided, and which answer belongs to which item. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from msgspec import json

from services.devices.wording import Wanted

ITEMS_UNKNOWN = 20
"""Of a station that never said how many items it takes."""
FRAME_BYTES = 120
"""What surrounds the items in a message."""

TOO_LARGE = {
    "OccurrenceConstraintViolation", "OccurenceConstraintViolation", "FormatViolation",
    "FormationViolation",
}  # fmt: skip
"""CALLERRORs with which stations refuse too many items in a message (B05.FR.11, B06.FR.16)."""
HOPELESS = {"NotImplemented", "NotSupported", "SecurityError"}
"""Every other message will be answered the same."""


class Limits(NamedTuple):
    items: int = ITEMS_UNKNOWN
    octets: int | None = None


def split(wanted: Sequence[Wanted], limits: Limits) -> list[list[Wanted]]:
    """Batches within the limits, in order; a message names an attribute once (B05, B06)."""
    batches: list[list[Wanted]] = []
    room, slots = 0, set[tuple[str, str]]()
    for item in wanted:
        size = len(json.encode(item.wire)) + 1
        full = (
            not batches
            or len(batches[-1]) >= max(limits.items, 1)
            or item.slot in slots
            or (limits.octets is not None and size > room)
        )
        if full:
            batches.append([])
            room, slots = (limits.octets or 0) - FRAME_BYTES, set[tuple[str, str]]()
        batches[-1].append(item)
        slots.add(item.slot)
        room -= size
    return batches


def halves(batch: list[Wanted]) -> tuple[list[Wanted], list[Wanted]]:
    middle = (len(batch) + 1) // 2
    return batch[:middle], batch[middle:]


class Sizes:
    """What a station took and refused: how many items it is to be sent from now on."""

    def __init__(self) -> None:
        self._taken: set[int] = set()
        self._refused: set[int] = set()

    def took(self, items: int) -> None:
        self._taken.add(items)

    def refused(self, items: int) -> None:
        self._refused.add(items)

    @property
    def learned(self) -> int | None:
        """The most that it took of less than what it refused; None where size was not the matter:
        nothing was refused, or a single item was.
        """
        if not self._refused or 1 in self._refused:
            return None
        least = min(self._refused)
        return max((size for size in self._taken if size < least), default=None)


class Matched(NamedTuple):
    """``answers`` by the index of the item."""

    answers: dict[int, Any]
    flags: set[str]


def match(batch: Sequence[Wanted], answers: Iterable[tuple[tuple[str, str], Any]]) -> Matched:
    """Answers by what they name, whatever their order and number."""
    by_slot = {item.slot: item.position for item in batch}
    found: dict[int, Any] = {}
    flags: set[str] = set()
    order: list[int] = []
    for slot, answer in answers:
        index = by_slot.get(slot)
        if index is None:
            flags.add("surplus")
        elif index in found:
            flags.add("duplicate")
        else:
            found[index] = answer
            order.append(index)
    if order != sorted(order):
        flags.add("reordered")
    if len(found) < len(batch):
        flags.add("missing")
    return Matched(found, flags)
