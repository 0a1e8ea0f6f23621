"""What is missing of a report that comes in parts. Numbers of parts are the station's word."""

from collections.abc import Collection
from itertools import islice

MISSING_MAX = 1000
"""More than that are not named: a station may call its only part the two thousand millionth."""


def missing(parts: Collection[int], last: int) -> list[int]:
    """Of the parts 0 to ``last``, the first that are not there."""
    found = frozenset(parts)
    return list(islice((part for part in range(last + 1) if part not in found), MISSING_MAX))


def whole(parts: Collection[int], last: int | None) -> bool:
    """Whether all are there; without a last one, none is known to be."""
    return last is not None and last >= 0 and not missing(parts, last)
