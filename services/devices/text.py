"""Texts of stations, as PostgreSQL can hold them."""

from typing import Any, TypeVar

from services.devices.variable import clean

RowT = TypeVar("RowT", bound=tuple[Any, ...])


def cleaned(row: RowT) -> RowT:
    """A NamedTuple without NUL in its texts."""
    kind: Any = type(row)
    made: RowT = kind._make(clean(each) if isinstance(each, str) else each for each in row)
    return made
