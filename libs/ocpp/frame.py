"""Frames: the JSON arrays that carry messages over a websocket (2.x part 4, section 4).

A frame is checked for its shape only; whether the action exists and the payload conforms is for
``catalog`` and ``codec`` to say. Payloads stay the bytes that they came in.
"""

from base64 import urlsafe_b64decode
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta, Raw, Struct

from libs.ocpp.fault import UNREADABLE, Code, shorten
from libs.ocpp.message import Version

ID_LENGTH_MAX = 36
UNREADABLE_ID = "-1"
"""The id of an answer to a frame whose own id cannot be read (2.x part 4, 4.2.3)."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

MessageId = Annotated[str, Meta(max_length=ID_LENGTH_MAX)]


class Call(Struct, array_like=True, tag=2, frozen=True, gc=False, forbid_unknown_fields=True):
    id: MessageId
    action: str
    payload: Raw


class CallResult(Struct, array_like=True, tag=3, frozen=True, gc=False, forbid_unknown_fields=True):
    id: MessageId
    payload: Raw


class CallError(Struct, array_like=True, tag=4, frozen=True, gc=False):
    """``code`` is what the peer wrote: stations mix the spellings of versions or have their own."""

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

    ``id`` is the frame's own if it can be read. If ``answerable``, the peer is to be told by a
    CALLERROR with ``id`` (which then is never None); if not, the frame is logged and dropped.
    """

    def __init__(self, code: Code, description: str, id: str | None, answerable: bool) -> None:
        super().__init__(code, description, id, answerable)
        self.code: Code = code
        self.description = shorten(description)
        self.id = id
        self.answerable = answerable


_BASIC = msgspec.json.Decoder(Call | CallResult | CallError)
_EXTENDED = msgspec.json.Decoder(Call | CallResult | CallError | CallResultError | Send)
_KNOWN: dict[Version, frozenset[int]] = {
    "v16": frozenset({2, 3, 4}),
    "v201": frozenset({2, 3, 4}),
    "v21": frozenset({2, 3, 4, 5, 6}),
}
_DECODERS: dict[Version, msgspec.json.Decoder[Frame]] = {
    "v16": _BASIC,
    "v201": _BASIC,
    "v21": _EXTENDED,
}
_encoder = msgspec.json.Encoder()


def decode(data: bytes, version: Version) -> Frame:
    """The frame in a text message; FrameFault if it is none.

    A payload of ``null`` passes, since some stations send it for ``{}``; ``codec`` judges it. One
    byte order mark is ignored, which RFC 8259 8.1 allows.
    """
    try:
        frame = _DECODERS[version].decode(data)
    except UNREADABLE as error:
        rest = data.removeprefix(BYTE_ORDER_MARK)
        if len(rest) < len(data) and not rest.startswith(BYTE_ORDER_MARK):
            return decode(rest, version)
        return _salvage(data, version, str(error))
    # Nothing but an object ends like this; what ends otherwise is looked at.
    if not data.endswith(b"}]") and not isinstance(frame, CallError | CallResultError):
        payload = bytes(frame.payload)
        if not payload.startswith(b"{") and payload != b"null":
            raise _malformed(version, "the payload is no object", frame.id, isinstance(frame, Call))
    return frame


def _salvage(data: bytes, version: Version, reason: str) -> Frame:
    """What can be made of bytes that are no proper frame: a sloppy CALLERROR or a precise fault."""
    try:
        items = msgspec.json.decode(data, type=list[Any])
    except UNREADABLE:
        raise _unreadable(version, reason) from None
    number, message_id, *rest = [*items, None, None]
    if not isinstance(number, int) or isinstance(number, bool):
        raise _unreadable(version, "the message type is no number")
    if number not in _KNOWN[version]:
        raise _unknown_type(version, number, message_id)
    if not isinstance(message_id, str):
        if number == 2:
            raise _unreadable(version, "the message id is no text")
        raise _malformed(version, reason, None, answerable=False)
    if number in {4, 5}:
        return _sloppy_error(number, message_id, rest)
    raise _malformed(version, _complaint(message_id, len(items)), message_id, number == 2)


def _sloppy_error(number: int, message_id: str, rest: list[Any]) -> CallError | CallResultError:
    """Whatever a peer makes of a CALLERROR: it still ends the call."""
    code, description, details, *_ = [*rest, None, None, None]
    kind = CallError if number == 4 else CallResultError
    return kind(
        message_id,
        code if isinstance(code, str) else "GenericError",
        description if isinstance(description, str) else "",
        cast("dict[str, Any]", details) if isinstance(details, dict) else {},
    )


def _complaint(message_id: str, length: int) -> str:
    if len(message_id) > ID_LENGTH_MAX:
        return f"the message id has {len(message_id)} characters, at most {ID_LENGTH_MAX} fit"
    return f"{length} items, or the action is no text"


def _unknown_type(version: Version, number: int, message_id: Any) -> FrameFault:
    # 1.6 and 2.1 tell to ignore it; 2.0.1 tells that too, and to answer it.
    known = message_id if isinstance(message_id, str) else None
    answerable = version == "v201" and known is not None
    what = f"message type {number} is not known"
    return FrameFault("MessageTypeNotSupported", what, known, answerable)


def _malformed(version: Version, what: str, message_id: str | None, answerable: bool) -> FrameFault:
    code: Code = "FormatViolation" if version == "v16" else "RpcFrameworkError"
    return FrameFault(code, f"Malformed frame: {what}", message_id, answerable)


def _unreadable(version: Version, what: str) -> FrameFault:
    # 1.6 has no id for the answer to a frame that cannot be read.
    if version == "v16":
        return _malformed(version, what, None, answerable=False)
    return _malformed(version, what, UNREADABLE_ID, answerable=True)


class _Jws(Struct):
    """A JSON Web Signature in flattened serialization, as far as we read it."""

    payload: str


SIGNED_SUFFIX = "-Signed"


def unwrap(frame: Call | Send) -> Call | Send:
    """The frame that a signed one carries (2.x part 4 section 7); others as they are.

    The signature is not verified. FrameFault if there is nothing in it.
    """
    if not frame.action.endswith(SIGNED_SUFFIX):
        return frame
    try:
        text = msgspec.json.decode(bytes(frame.payload), type=_Jws).payload
        payload = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (*UNREADABLE, ValueError) as error:
        raise FrameFault(
            "FormatViolation", f"no signed payload: {error}", frame.id, isinstance(frame, Call)
        ) from None
    return type(frame)(frame.id, frame.action.removesuffix(SIGNED_SUFFIX), Raw(payload))


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
