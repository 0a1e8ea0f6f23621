"""Frames: the JSON arrays that carry messages over a websocket (OCPP-J, 2.x part 4 section 4).

A frame is checked for its shape only; whether the action exists and the payload conforms is decided
with ``catalog`` and ``codec``. Payloads stay the bytes they came in.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from libs.ocpp.fault import Code, shorten
from libs.ocpp.message import Version

ID_LENGTH_MAX = 36
UNREADABLE_ID = "-1"
"""The id of an answer to a frame whose own id cannot be read (2.x part 4, 4.2.3)."""

MessageId = Annotated[str, Meta(max_length=ID_LENGTH_MAX)]


class Call(Struct, array_like=True, tag=2, frozen=True, gc=False, forbid_unknown_fields=True):
    id: MessageId
    action: str
    payload: Raw


class CallResult(Struct, array_like=True, tag=3, frozen=True, gc=False, forbid_unknown_fields=True):
    id: MessageId
    payload: Raw


class CallError(Struct, array_like=True, tag=4, frozen=True, gc=False):
    """Its code is whatever the peer wrote: stations spell codes of other versions, and their own."""

    id: MessageId
    code: str
    description: str = ""
    details: dict[str, Any] = {}


class CallResultError(Struct, array_like=True, tag=5, frozen=True, gc=False):
    """The sender of a CALL found its CALLRESULT wrong (2.1)."""

    id: MessageId
    code: str
    description: str = ""
    details: dict[str, Any] = {}


class Send(Struct, array_like=True, tag=6, frozen=True, gc=False, forbid_unknown_fields=True):
    """A CALL that nobody answers (2.1)."""

    id: MessageId
    action: str
    payload: Raw


Frame = Call | CallResult | CallError | CallResultError | Send


class FrameFault(Exception):
    """Bytes that are no frame.

    ``id`` is the frame's own if it can be read. If ``answerable``, the peer is to be told with a CALLERROR
    that carries ``id`` (which then is never None); if not, the frame is to be logged and dropped.
    """

    def __init__(self, code: Code, description: str, id: str | None, answerable: bool) -> None:
        super().__init__(code, description, id, answerable)
        self.code: Code = code
        self.description = shorten(description)
        self.id = id
        self.answerable = answerable


_TYPES: dict[Version, dict[int, type[Frame]]] = {
    "v16": {2: Call, 3: CallResult, 4: CallError},
    "v201": {2: Call, 3: CallResult, 4: CallError},
    "v21": {2: Call, 3: CallResult, 4: CallError, 5: CallResultError, 6: Send},
}
_BASIC = msgspec.json.Decoder(Call | CallResult | CallError)
_EXTENDED = msgspec.json.Decoder(Call | CallResult | CallError | CallResultError | Send)
_encoder = msgspec.json.Encoder()


def decode(data: bytes, version: Version) -> Frame:
    """The frame in a text message; FrameFault if it is none."""
    try:
        frame = _EXTENDED.decode(data) if version == "v21" else _BASIC.decode(data)
    except (msgspec.MsgspecError, RecursionError) as error:
        return _inspect(data, version, str(error))
    return frame


def _inspect(data: bytes, version: Version, reason: str) -> Frame:
    raise FrameFault("RpcFrameworkError", reason, None, False)


def encode_call(id: str, action: str, payload: bytes) -> bytes:
    return _encoder.encode(Call(id, action, Raw(payload)))


def encode_result(id: str, payload: bytes) -> bytes:
    return _encoder.encode(CallResult(id, Raw(payload)))


def encode_error(id: str, code: str, description: str, details: dict[str, Any]) -> bytes:
    """``code`` as the version spells it (``fault.spell``)."""
    return _encoder.encode(CallError(id, code, shorten(description), details))


def encode_result_error(id: str, code: str, description: str, details: dict[str, Any]) -> bytes:
    return _encoder.encode(CallResultError(id, code, shorten(description), details))


def encode_send(id: str, action: str, payload: bytes) -> bytes:
    return _encoder.encode(Send(id, action, Raw(payload)))
