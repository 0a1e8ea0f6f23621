"""Cursors of pages: where a page ended, as text that only we read."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import TypeVar, cast

from msgspec import ValidationError, json

from libs.bus import Invalid

PAGE_MAX = 500
INTEGER_MAX = 2**63 - 1

CursorT = TypeVar("CursorT")
ItemT = TypeVar("ItemT")


def size(limit: int) -> int:
    return min(max(limit, 1), PAGE_MAX)


def spell(cursor: object) -> str:
    return urlsafe_b64encode(json.encode(cursor)).decode()


def read(after: str | None, kind: type[CursorT]) -> CursorT | None:
    """``Invalid`` for what is no cursor of ours."""
    if after is None:
        return None
    try:
        found = json.decode(urlsafe_b64decode(after), type=kind)
    except (ValueError, ValidationError):
        found = None
    if found is None or not sound(found):
        raise Invalid("This is no cursor of a page of ours.", field="after")
    return found


def sound(part: object) -> bool:
    """Whether PostgreSQL can compare with it: bigint, and text without NUL."""
    match part:
        case int():
            return abs(part) <= INTEGER_MAX
        case str():
            return "\0" not in part
        case tuple():
            return all(sound(each) for each in cast("tuple[object, ...]", part))
        case _:
            return True


def cut(
    found: list[ItemT], limit: int, place: Callable[[ItemT], object]
) -> tuple[list[ItemT], str | None]:
    """A page of one item more than it may hold, and the cursor behind it if there are more."""
    items = found[:limit]
    return items, spell(place(items[-1])) if len(found) > limit else None
