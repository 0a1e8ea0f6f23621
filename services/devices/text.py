"""Texts of stations, as PostgreSQL can hold them."""

from typing import Any, TypeVar, cast

from msgspec import json

from services.devices.variable import clean

RowT = TypeVar("RowT", bound=tuple[Any, ...])


def cleaned(row: RowT) -> RowT:
    """A NamedTuple without NUL in its texts."""
    kind: Any = type(row)
    made: RowT = kind._make(clean(each) if isinstance(each, str) else each for each in row)
    return made


def cleaned_json(payload: bytes) -> bytes:
    """JSON without NUL in its texts: no operator of SQL could look into it else."""
    if b"\\u0000" not in payload:
        return payload
    return json.encode(cleaned_value(json.decode(payload)))


def cleaned_value(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [cleaned_value(each) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {clean(name): cleaned_value(each) for name, each in fields.items()}
    return value
