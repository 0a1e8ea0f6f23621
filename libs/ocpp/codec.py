"""Messages to bytes and back."""

from functools import cache
from typing import Any, NamedTuple, TypeVar

import msgspec

from libs.ocpp.fault import Violation
from libs.ocpp.message import Message

MessageT = TypeVar("MessageT", bound=Message)

_encoder = msgspec.json.Encoder()


class Mended(NamedTuple):
    message: Any
    payload: bytes
    quirks: tuple[str, ...]


@cache
def _decoder(message_type: type[MessageT]) -> msgspec.json.Decoder[MessageT]:
    return msgspec.json.Decoder(message_type)


def encode(message: Message) -> bytes:
    return _encoder.encode(message)


def decode(message_type: type[MessageT], payload: bytes) -> MessageT:
    """The message, exactly by its schema; Violation if it is not."""
    try:
        return _decoder(message_type).decode(payload)
    except msgspec.MsgspecError as error:
        raise Violation("FormatViolation", "$", str(error), "") from error


def mend(message_type: type[MessageT], payload: bytes) -> Mended:
    return Mended(decode(message_type, payload), payload, ())
