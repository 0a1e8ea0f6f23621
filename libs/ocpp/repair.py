"""Mends what real charging stations get wrong, where there is one thing that they can have meant.

Each mending is named by a quirk: its kind and its place, without the indices of lists, so that a
station which errs in the same way in every message always shows the same few quirks. The kinds:

- ``null``: null for an optional property; absent
- ``empty``: an empty text, list or object for an optional property that cannot be empty; absent
- ``unknown property``: dropped
- ``name``: a property's name in the wrong case or with separators
- ``spelling``: a value of a closed set in the wrong case or with separators
- ``nul``: NUL characters in a text, as of a buffer of fixed length; dropped
- ``number as text``: 16 for "16", or true for "true"
- ``text as number``: "16" for 16
- ``fraction``: 5.0 for 5, or more decimals than the one that 1.6 allows for a limit
- ``boolean``: "true", "false", 1 or 0 for a boolean
- ``time``: no zone (taken as UTC), no seconds, a comma, another separator, a leap second
- ``too long``: free text, cut; never what names or proves something (``FREE_TEXT``)
- ``single``: one item where a list is due
- ``vendor data``: ``customData`` without a proper ``vendorId``, dropped
"""

import re
from functools import cache
from typing import Any, Final, cast

import msgspec

from libs.ocpp.check import QUOTE_LENGTH_MAX, check, moment
from libs.ocpp.shape import (
    VENDOR_DATA,
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

QUIRKS_MAX = 20

FREE_TEXT = frozenset(
    {
        "actualValue",
        "additionalInfo",
        "attributeValue",
        "chargeBoxSerialNumber",
        "chargePointModel",
        "chargePointSerialNumber",
        "chargePointVendor",
        "extraInfo",
        "failureReason",
        "firmwareVersion",
        "iccid",
        "imsi",
        "info",
        "meterSerialNumber",
        "meterType",
        "model",
        "reasonCode",
        "techCode",
        "techInfo",
        "vendorErrorCode",
        "vendorInfo",
        "vendorName",
        "ChargingStation.serialNumber",
        "KeyValue.value",
        "MessageContent.content",
        "NotifyCustomerInformation.data",
        "NotifySettlement.statusInfo",
        "SecurityEventNotification.type",
        "StatusNotification.vendorId",
        "VariableAttribute.value",
    }
)
"""Texts for people (property, or type and property): shorter they say less, but nothing else."""

_TIME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[T _]+(?P<minute>\d\d:\d\d)(?::(?P<second>\d\d))?"
    r"(?:[.,](?P<fraction>\d*))?\s*(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?", re.ASCII)


_ABSENT: Final = object()


class Repair:
    """Mends one payload and remembers the quirks that it met."""

    def __init__(self) -> None:
        self._quirks: dict[str, None] = {}

    @property
    def quirks(self) -> tuple[str, ...]:
        """What was mended, each once, the first ``QUIRKS_MAX``."""
        return tuple(self._quirks)

    def payload(self, shape: Object, payload: Any) -> Any:
        """The payload with all mended that can be; what cannot is left as it is."""
        if payload is None:
            self._note("null", "$")
            return {}
        return self._value(shape, payload, "$")

    def _note(self, kind: str, path: str) -> None:
        if len(self._quirks) < QUIRKS_MAX:
            self._quirks[f"{kind} {path}"] = None

    def _value(self, shape: Shape, value: Any, path: str) -> Any:
        match shape:
            case Object():
                return self._object(shape, value, path)
            case Array():
                return self._array(shape, value, path)
            case Text():
                return self._text(value, path)
            case Whole():
                return self._whole(value, path)
            case Real():
                return self._real(shape, value, path)
            case Flag():
                return self._flag(value, path)
            case Choice():
                return self._choice(shape, value, path)
            case Moment():
                return self._moment(value, path)
            case Anything():
                return value

    def _object(self, shape: Object, value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            return value
        given = cast("dict[str, Any]", value)
        mended: dict[str, Any] = {}
        for name, item in given.items():
            prop = shape.properties.get(name) or self._meant(shape, name, given, path)
            if prop is not None:
                result = self._property(shape, prop, item, f"{path}.{prop.name}")
                if result is not _ABSENT:
                    mended[prop.name] = result
            elif shape.closed:
                self._note("unknown property", f"{path}.{name[:QUOTE_LENGTH_MAX]}")
            else:
                mended[name] = item
        return mended

    def _meant(self, shape: Object, name: str, given: dict[str, Any], path: str) -> Property | None:
        meant = _folded(tuple(shape.properties)).get(_fold(name))
        if meant is None or meant in given:
            return None
        self._note("name", f"{path}.{name[:QUOTE_LENGTH_MAX]}")
        return shape.properties[meant]

    def _property(self, owner: Object, prop: Property, value: Any, path: str) -> Any:
        if value is None and not prop.required and not isinstance(prop.shape, Anything):
            self._note("null", path)
            return _ABSENT
        mended = self._value(prop.shape, value, path)
        if isinstance(prop.shape, Text) and _is_free(owner, prop):
            return self._cut(prop.shape, mended, path)
        dispensable = mended in ("", [], {}) or prop.shape is VENDOR_DATA
        if prop.required or not dispensable or not check(prop.shape, mended, "v21"):
            return mended
        self._note("vendor data" if prop.shape is VENDOR_DATA else "empty", path)
        return _ABSENT

    def _cut(self, shape: Text, value: Any, path: str) -> Any:
        limit = shape.length_max
        if limit is None or not isinstance(value, str) or len(value) <= limit:
            return value
        self._note("too long", path)
        return value[:limit]

    def _array(self, shape: Array, value: Any, path: str) -> Any:
        if not isinstance(value, list):
            item = self._value(shape.item, value, f"{path}[]")
            if check(shape.item, item, "v21"):
                return value
            self._note("single", path)
            return [item]
        items = cast("list[Any]", value)
        if None in items and not isinstance(shape.item, Anything):
            self._note("null", f"{path}[]")
            items = [item for item in items if item is not None]
        return [self._value(shape.item, item, f"{path}[]") for item in items]

    def _text(self, value: Any, path: str) -> Any:
        if isinstance(value, str) and "\0" in value:
            self._note("nul", path)
            return value.replace("\0", "")
        if not isinstance(value, bool | int | float):
            return value
        self._note("number as text", path)
        return msgspec.json.encode(value).decode()

    def _whole(self, value: Any, path: str) -> Any:
        if isinstance(value, float) and value.is_integer():
            self._note("fraction", path)
            return int(value)
        if (number := _number(value)) is not None and number.is_integer():
            self._note("text as number", path)
            return int(number)
        return value

    def _real(self, shape: Real, value: Any, path: str) -> Any:
        if (number := _number(value)) is not None:
            self._note("text as number", path)
            value = number
        if shape.tenths and isinstance(value, float) and round(value, 1) != value:
            self._note("fraction", path)
            return round(value, 1)
        return value

    def _flag(self, value: Any, path: str) -> Any:
        key = value.strip().lower() if isinstance(value, str) else value
        meant = {"true": True, "false": False, 1: True, 0: False}
        if isinstance(value, bool) or not isinstance(key, str | int) or key not in meant:
            return value
        self._note("boolean", path)
        return meant[key]

    def _choice(self, shape: Choice, value: Any, path: str) -> Any:
        if not isinstance(value, str) or value in shape.values:
            return value
        meant = _folded(shape.values).get(_fold(value))
        if meant is None:
            return value
        self._note("spelling", path)
        return meant

    def _moment(self, value: Any, path: str) -> Any:
        if not isinstance(value, str) or moment(value):
            return value
        parts = _TIME.fullmatch(value.strip())
        if parts is None:
            return value
        mended = _rfc3339(parts)
        if moment(mended) is None:
            return value
        self._note("time", path)
        return mended


def _is_free(owner: Object, prop: Property) -> bool:
    return prop.name in FREE_TEXT or f"{owner.name}.{prop.name}" in FREE_TEXT


def _number(value: Any) -> float | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    return None


def _rfc3339(parts: re.Match[str]) -> str:
    second = parts["second"] or "00"
    second = "59" if second == "60" else second
    fraction = f".{parts['fraction'][:6]}" if parts["fraction"] else ""
    zone = (parts["zone"] or "Z").upper()
    zone = "Z" if zone in {"Z", "UTC", "GMT"} else f"{zone[:3]}:{zone[3:].lstrip(':') or '00'}"
    return f"{parts['day']}T{parts['minute']}:{second}{fraction}{zone}"


@cache
def _folded(values: tuple[str, ...]) -> dict[str, str]:
    """Each value by what is left of it without case and separators, if that is its alone."""
    folds = [_fold(value) for value in values]
    return {
        fold: value for fold, value in zip(folds, values, strict=True) if folds.count(fold) == 1
    }


def _fold(text: str) -> str:
    return "".join(letter for letter in text[:100].casefold() if letter.isalnum())
