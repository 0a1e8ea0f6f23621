"""The dialect of a station: what an operator chose, else what the files give it by what it said at
boot; and over it what a probe taught. Pure.
"""

from functools import lru_cache
from typing import NamedTuple

from msgspec import json
from msgspec.structs import replace

from libs.contracts.dialects import DialectOrigin
from libs.ocpp.dialect import Book, Dialect, Identity, Speech, merged, speech
from libs.ocpp.message import Version

LEARNED_REMEMBERED = 1_000
LEARNED = "learned"
"""The name of a dialect that nothing but a probe gave."""


class Known(NamedTuple):
    """What the registry knows that decides on a dialect. ``learned`` is the JSON of one."""

    vendor: str | None
    model: str | None
    firmware: str | None
    chosen: str | None
    learned: str | None
    version: Version | None = None


class Found(NamedTuple):
    dialect: Dialect | None
    origin: DialectOrigin | None

    @property
    def speech(self) -> Speech | None:
        return speech(self.dialect)


def find(book: Book, known: Known) -> Found:
    """The dialect that holds. One that was chosen and is in no file any more counts as none."""
    chosen = book.get(known.chosen)
    if chosen is not None:
        return Found(taught(chosen, known.learned), "operator")
    if known.vendor is None or known.model is None:
        return Found(taught(None, known.learned), None)
    identity = Identity(known.vendor, known.model, known.firmware, known.version)
    by_match = book.find(identity)
    return Found(taught(by_match, known.learned), "match" if by_match else None)


def taught(dialect: Dialect | None, learned: str | None) -> Dialect | None:
    """With what a probe taught over it; it keeps its name."""
    return dialect if learned is None else _taught(dialect, learned)


@lru_cache(LEARNED_REMEMBERED)
def _taught(dialect: Dialect | None, learned: str) -> Dialect:
    above = json.decode(learned, type=Dialect)
    return above if dialect is None else renamed(merged(dialect, above), dialect)


def renamed(dialect: Dialect, like: Dialect) -> Dialect:
    return replace(dialect, name=like.name, title=like.title, match=like.match)
