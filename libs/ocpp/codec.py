"""Messages to bytes and back.

``decode`` takes exactly what the message's schema takes; ``mend`` also what real charging stations
send instead (``repair`` lists it). A payload with nothing wrong costs either one typed decode.
"""

import operator
from datetime import UTC, datetime
from functools import cache
from typing import Any, Generic, TypeVar, cast

import msgspec
from msgspec import Struct, structs

from libs.ocpp.check import check
from libs.ocpp.fault import UNREADABLE, Violation
from libs.ocpp.message import Message, Version
from libs.ocpp.repair import Repair
from libs.ocpp.shape import TENTHS, Array, Moment, Object, Shape, shape

MessageT = TypeVar("MessageT", bound=Message)

_encoder = msgspec.json.Encoder()


class Mended(Struct, Generic[MessageT], frozen=True):
    message: MessageT
    payload: bytes
    """What came in if there were no quirks, else the mended JSON."""
    quirks: tuple[str, ...]
    """``kind $.place`` for all that was mended, at most ``repair.QUIRKS_MAX``."""


def encode(message: Message) -> bytes:
    """The payload of a message. Times are written in UTC with at most milliseconds."""
    return _encoder.encode(_punctual(message))


def decode(message_type: type[MessageT], payload: bytes) -> MessageT:
    """The message; Violation if it is not exactly as its schema says (see ``check`` for which)."""
    found = None
    try:
        message = _decoder(message_type).decode(payload)
        # msgspec lets pass: null for an absent property, customData without vendorId, decimals,
        # and NUL, which is always written as an escape.
        suspect = b"null" in payload or b'"customData"' in payload or b"\\" in payload
        if suspect or _has_tenths(message_type):
            found = check(shape(message_type), msgspec.json.decode(payload), version(message_type))
    except UNREADABLE as error:
        raise _violation(message_type, payload, str(error)) from None
    if found:
        raise found
    return message


def mend(message_type: type[MessageT], payload: bytes) -> Mended[MessageT]:
    """The message, mended where need be; Violation if that is not enough."""
    try:
        return Mended(decode(message_type, payload), payload, ())
    except Violation as violation:
        first = violation
    repair = Repair()
    try:
        value = repair.payload(shape(message_type), msgspec.json.decode(payload))
        mended = _encoder.encode(value)
    except UNREADABLE:
        raise first from None
    return Mended(decode(message_type, mended), mended, repair.quirks)


def version(message_type: type[Message]) -> Version:
    """The version that a message or data type belongs to."""
    return cast("Version", message_type.__module__.split(".")[2])


@cache
def _decoder(message_type: type[Message]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(message_type)


def _violation(message_type: type[Message], payload: bytes, reason: str) -> Violation:
    try:
        value = msgspec.json.decode(payload)
    except UNREADABLE as error:
        return Violation("FormatViolation", "$", "is no JSON", str(error))
    found = check(shape(message_type), value, version(message_type))
    return found or Violation("FormatViolation", "$", "cannot be read", reason)


def _punctual(value: Any) -> Any:
    """The value with each time that msgspec would not write as we want it replaced by its text."""
    if isinstance(value, datetime):
        return _spell(value)
    if isinstance(value, list):
        items = cast("list[Any]", value)
        exact = [_punctual(item) for item in items]
        return items if all(map(operator.is_, exact, items)) else exact
    if not isinstance(value, Struct):
        return value
    changes: dict[str, Any] = {}
    for attribute in _timed(type(value)):
        given = getattr(value, attribute)
        exact = _punctual(given)
        if exact is not given:
            changes[attribute] = exact
    return structs.replace(value, **changes) if changes else value


def _spell(time: datetime) -> datetime | str:
    if time.tzinfo is UTC and not time.microsecond:
        return time
    if time.tzinfo is None:
        raise ValueError(f"{time} has no zone")
    return f"{time.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


@cache
def _timed(message_type: type[Struct]) -> tuple[str, ...]:
    """The attributes that hold times, at any depth."""
    properties = shape(message_type).properties.values()
    return tuple(each.attribute for each in properties if _holds(each.shape, Moment()))


@cache
def _has_tenths(message_type: type[Message]) -> bool:
    return _holds(shape(message_type), TENTHS)


def _holds(part: Shape, sought: Shape) -> bool:
    if isinstance(part, Object):
        return any(_holds(each.shape, sought) for each in part.properties.values())
    if isinstance(part, Array):
        return _holds(part.item, sought)
    return part == sought
