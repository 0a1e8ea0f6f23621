"""What exactly is wrong with a payload: the first violation, with its code, its place and a hint.

One is reported, however many there are, and always the same one: first an object's missing
properties, then what is wrong within its properties, both in the order of the type, then properties
that it does not have, in the order of the payload.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from difflib import get_close_matches
from typing import Any, cast

import msgspec

from libs.ocpp.fault import Code, Violation
from libs.ocpp.message import Version
from libs.ocpp.scalar import INT_MAX, INT_MIN, Time
from libs.ocpp.shape import (
    Anything,
    Array,
    Choice,
    Flag,
    Moment,
    Object,
    Property,
    Real,
    Shape,
    Text,
    Whole,
)

QUOTE_LENGTH_MAX = 40
"""A peer's own text is repeated up to here: enough to find it, too little to flood a log."""

_NAMES: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "a boolean",
    int: "an integer",
    float: "a fractional number",
    type(None): "null",
}


def check(shape: Shape, value: Any, version: Version, path: str = "$") -> Violation | None:
    """The first violation in a JSON value; None if it conforms."""
    match shape:
        case Object():
            return _check_object(shape, value, version, path)
        case Array():
            return _check_array(shape, value, version, path)
        case Text():
            return _check_text(shape, value, path)
        case Whole():
            return _check_whole(shape, value, path)
        case Real():
            return _check_real(shape, value, path)
        case Flag():
            return None if isinstance(value, bool) else _mistyped(shape, value, path)
        case Choice():
            return _check_choice(shape, value, path)
        case Moment():
            return _check_moment(shape, value, path)
        case Anything():
            return None


def moment(text: str) -> datetime | None:
    """The instant that an RFC 3339 text with a zone stands for."""
    try:
        return msgspec.convert(text, Time)
    except msgspec.ValidationError:
        return None


def quote(text: str) -> str:
    """A peer's text in quotes, shortened."""
    cut = text if len(text) <= QUOTE_LENGTH_MAX else text[: QUOTE_LENGTH_MAX - 1] + "…"
    return f'"{cut}"'


def _check_object(shape: Object, value: Any, version: Version, path: str) -> Violation | None:
    if not isinstance(value, dict):
        return _mistyped(shape, value, path)
    given = cast("dict[str, Any]", value)
    for name, prop in shape.properties.items():
        if prop.required and name not in given:
            return _missing(prop, version, path)
    for name, prop in shape.properties.items():
        if name in given and (found := check(prop.shape, given[name], version, f"{path}.{name}")):
            return found
    if shape.closed:
        for name in given:
            if name not in shape.properties:
                return _unknown(name, shape, path)
    return None


def _check_array(shape: Array, value: Any, version: Version, path: str) -> Violation | None:
    if not isinstance(value, list):
        return _mistyped(shape, value, path)
    items = cast("list[Any]", value)
    count = len(items)
    if count < shape.count_min or (shape.count_max is not None and count > shape.count_max):
        what = f"holds {count} items"
        return Violation("OccurrenceConstraintViolation", path, what, f"give {expected(shape)}")
    for index, item in enumerate(items):
        if found := check(shape.item, item, version, f"{path}[{index}]"):
            return found
    return None


def _check_text(shape: Text, value: Any, path: str) -> Violation | None:
    if not isinstance(value, str):
        return _mistyped(shape, value, path)
    if "\0" in value:
        return _improper(path, "holds a NUL character", "leave it out")
    if shape.length_max is not None and len(value) > shape.length_max:
        return _improper(path, f"has {len(value)} characters", f"at most {shape.length_max}")
    return None


def _check_whole(shape: Whole, value: Any, path: str) -> Violation | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return _mistyped(shape, value, path)
    return _check_range(shape, value, path)


def _check_real(shape: Real, value: Any, path: str) -> Violation | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return _mistyped(shape, value, path)
    if shape.tenths and round(value, 1) != value:
        return _improper(path, f"is {value}", "at most one decimal")
    return _check_range(shape, value, path)


def _check_range(shape: Whole | Real, value: float, path: str) -> Violation | None:
    low, high = shape.minimum, shape.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        return _improper(path, f"is {str(value)[:QUOTE_LENGTH_MAX]}", f"give {expected(shape)}")
    return None


def _check_choice(shape: Choice, value: Any, path: str) -> Violation | None:
    if not isinstance(value, str):
        return _mistyped(shape, value, path)
    if value in shape.values:
        return None
    return _improper(path, f"is {quote(value)}", _nearest(value, shape.values))


def _check_moment(shape: Moment, value: Any, path: str) -> Violation | None:
    if not isinstance(value, str):
        return _mistyped(shape, value, path)
    if moment(value):
        return None
    return _improper(path, f"is {quote(value)}", f"give {expected(shape)}")


def _missing(prop: Property, version: Version, path: str) -> Violation:
    # 1.6 has a code for an incomplete payload, 2.x counts a required property as an occurrence.
    code: Code = "ProtocolError" if version == "v16" else "OccurrenceConstraintViolation"
    return Violation(code, f"{path}.{prop.name}", "is missing", f"give {expected(prop.shape)}")


def _unknown(name: str, shape: Object, path: str) -> Violation:
    near = _closest(name, shape.properties)
    hint = f'leave it out, or did you mean "{near}"?' if near else "leave it out"
    at = f"{path}.{name[:QUOTE_LENGTH_MAX]}"
    return Violation("FormatViolation", at, f"is no property of {shape.name}", hint)


def _mistyped(shape: Shape, value: Any, path: str) -> Violation:
    # A payload that is no object at all is no message (1.6 and 2.x: FormatViolation).
    code: Code = "FormatViolation" if path == "$" else "TypeConstraintViolation"
    hint = "leave it out" if value is None and path != "$" else f"give {expected(shape)}"
    return Violation(code, path, f"is {_NAMES[type(value)]}", hint)


def _improper(path: str, what: str, hint: str) -> Violation:
    return Violation("PropertyConstraintViolation", path, what, hint)


def _nearest(value: str, values: tuple[str, ...]) -> str:
    near = _closest(value, values)
    return f'did you mean "{near}"?' if near else f"one of {', '.join(values)}"


def _closest(text: str, names: Iterable[str]) -> str | None:
    by_fold = {name.casefold(): name for name in names}
    near = get_close_matches(text[:QUOTE_LENGTH_MAX].casefold(), by_fold, n=1)
    return by_fold[near[0]] if near else None


def expected(shape: Shape) -> str:
    """What may stand in such a place, in words."""
    match shape:
        case Object():
            return f"an object ({shape.name})"
        case Array():
            most = "more" if shape.count_max is None else f"up to {shape.count_max}"
            return f"a list of {shape.count_min} or {most} items"
        case Text():
            limit = shape.length_max
            return "a text" if limit is None else f"a text of at most {limit} characters"
        case Whole():
            return " ".join(["an integer", *_bounds(shape.minimum, shape.maximum)])
        case Real():
            return " ".join(["a number", *_bounds(shape.minimum, shape.maximum)])
        case Flag():
            return "true or false"
        case Choice():
            return f"one of {', '.join(shape.values)}"
        case Moment():
            return "a date and time with its zone as 2026-01-31T12:00:00Z"
        case Anything():
            return "anything"


def _bounds(low: float | None, high: float | None) -> Iterator[str]:
    if low is not None and low > INT_MIN:
        yield f"from {low}"
    if high is not None and high < INT_MAX:
        yield f"to {high}"
