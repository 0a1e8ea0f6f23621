"""One websocket of a station: picows parses frames, what it leaves to us is here (RFC 6455).

Fragments, UTF-8, the size of a whole message, reserved bits, compression, control frames, close
codes,
pings, frames per second and back-pressure. What comes out is whole text messages, in order.
"""

import asyncio
from typing import TYPE_CHECKING, Protocol, cast

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from libs.runtime import log
from services.edge import compression
from services.edge.limits import Limits

if TYPE_CHECKING:
    from picows.picows import WSCloseHandshake

logger = log.get("edge")

OK = 1000
GOING_AWAY = 1001
PROTOCOL_ERROR = 1002
UNSUPPORTED_DATA = 1003
NO_CODE = 1005
"""The peer closed without a code (never on the wire)."""
ABNORMAL = 1006
"""The connection broke without a close (never on the wire)."""
INVALID_TEXT = 1007
POLICY_VIOLATION = 1008
MESSAGE_TOO_BIG = 1009
INTERNAL_ERROR = 1011
SERVICE_RESTART = 1012

REASON_BYTES_MAX = 123
COMPRESS_FROM_BYTES = 1_024
"""Shorter messages fit into one packet anyway and go out as they are."""


class Sockets:
    """What all sockets of a process share."""

    __slots__ = ("limits", "loop", "open")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.loop = asyncio.get_running_loop()
        self.open = 0


class Receiver(Protocol):
    """Whoever reads the messages of a socket."""

    def opened(self, socket: "WebSocket") -> None: ...

    def received(self, message: bytes) -> None: ...

    def closed(self, code: int, reason: str) -> None:
        """Called once: no message comes after it, and none can be sent."""
        ...


class WebSocket(WSListener):
    """The server's side of a connection; picows calls ``on_*``, the receiver calls the rest."""

    __slots__ = (
        "deflate_bits",
        "deflated",
        "frames",
        "heard",
        "parts",
        "penalties",
        "pinged",
        "receiver",
        "sockets",
        "stalled",
        "throttled",
        "transport",
        "window_at",
    )

    transport: WSTransport

    def __init__(self, receiver: Receiver, sockets: Sockets, deflate_bits: int | None) -> None:
        self.receiver: Receiver | None = receiver
        self.sockets = sockets
        self.deflate_bits = deflate_bits
        self.parts: bytearray | None = None
        self.deflated = False
        self.heard = True
        self.pinged = False
        self.stalled = False
        self.throttled = False
        self.frames = 0
        self.penalties = 0
        self.window_at = self.sockets.loop.time()

    # -- what picows calls --------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self.sockets.open += 1
        if self.receiver:
            self.receiver.opened(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.heard = True
        self.frames += 1
        if self.frames >= self.sockets.limits.frames_per_second_max:
            self.throttle()
        receiver = self.receiver
        if receiver is None:
            if frame.msg_type is WSMsgType.CLOSE:
                transport.disconnect()
            return
        if frame.msg_type is WSMsgType.TEXT and frame.fin and self.plain(frame):
            self.deliver(frame.get_payload_as_bytes(), receiver)
        else:
            self.unusual(frame, receiver)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.sockets.open -= 1
        self.end(*reported(transport))

    def pause_writing(self) -> None:
        """The station does not read what we say: then we do not read either."""
        self.stalled = True
        self.flow()

    def resume_writing(self) -> None:
        self.stalled = False
        self.flow()

    # -- what the receiver calls --------------------------------------------------------------

    def send(self, message: bytes) -> None:
        """Send a text message; nothing happens on a socket that is closed."""
        bits = self.deflate_bits
        if bits is not None and len(message) >= COMPRESS_FROM_BYTES:
            packed = compression.deflate(message, bits)
            self.transport.send(WSMsgType.TEXT, packed, rsv1=True)
        else:
            self.transport.send(WSMsgType.TEXT, message)

    def close(self, code: int, reason: str) -> None:
        """Say goodbye; the receiver hears of it at once, what the peer still says is ignored."""
        if self.receiver is None:
            return
        text = reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore")
        self.transport.send_close(cast("WSCloseCode", code), text)
        self.sockets.loop.call_later(self.sockets.limits.close_within_seconds, self.abort)
        self.end(code, reason)

    def abort(self) -> None:
        """End the connection without waiting for anything."""
        self.transport.disconnect(graceful=False)

    def visit(self) -> int | None:
        """The wheel's visit: is the peer alive?"""
        if self.receiver is None:
            return None
        if self.transport.is_close_frame_sent:
            # picows closed it for a broken frame, and the peer does not even read that.
            self.abort()
            return None
        if self.heard:
            self.heard = self.pinged = False
            return self.sockets.limits.ping_after_seconds
        if self.pinged:
            self.close(GOING_AWAY, "no answer to ping")
            self.abort()
            return None
        self.pinged = True
        self.transport.send_ping()
        return self.sockets.limits.pong_within_seconds

    # -- frames -------------------------------------------------------------------------------

    def plain(self, frame: WSFrame) -> bool:
        """A frame that is a message: nothing is pending, no reserved bit is set, and it is not too
        big.
        """
        return (
            self.parts is None
            and not (frame.rsv1 or frame.rsv2 or frame.rsv3)
            and frame.payload_size <= self.sockets.limits.message_bytes_max
        )

    def deliver(self, message: bytes, receiver: Receiver) -> None:
        if not message.isascii():
            try:
                message.decode()
            except UnicodeDecodeError:
                self.close(INVALID_TEXT, "the message is not UTF-8")
                return
        try:
            receiver.received(message)
        except Exception:
            logger.exception("message could not be handled")
            self.close(INTERNAL_ERROR, "the message could not be handled")

    def unusual(self, frame: WSFrame, receiver: Receiver) -> None:
        """Every frame but a whole uncompressed text message."""
        kind = WSMsgType(frame.msg_type)
        compressed = bool(frame.rsv1)
        if frame.rsv2 or frame.rsv3 or (compressed and not self.may_be_compressed(kind)):
            self.close(PROTOCOL_ERROR, "a reserved bit is set")
            return
        match kind:
            case WSMsgType.TEXT | WSMsgType.CONTINUATION:
                self.gather(frame, receiver)
            case WSMsgType.BINARY:
                self.close(UNSUPPORTED_DATA, "OCPP is text; this is a binary message")
            case WSMsgType.PING:
                if not self.stalled:
                    self.transport.send_pong(frame.get_payload_as_bytes())
            case WSMsgType.PONG:
                pass
            case WSMsgType.CLOSE:
                self.peer_closes(frame)

    def may_be_compressed(self, kind: WSMsgType) -> bool:
        """Only the first frame of a data message says that it is compressed."""
        data = kind in {WSMsgType.TEXT, WSMsgType.BINARY}
        return data and self.deflate_bits is not None and self.parts is None

    def gather(self, frame: WSFrame, receiver: Receiver) -> None:
        """Put the parts of a message together; a message of one part too."""
        first = frame.msg_type == WSMsgType.TEXT
        if first == (self.parts is not None):
            self.close(PROTOCOL_ERROR, "fragments are out of order")
            return
        if self.parts is None:
            self.parts = bytearray()
            self.deflated = bool(frame.rsv1)
        if len(self.parts) + frame.payload_size > self.sockets.limits.message_bytes_max:
            self.too_big()
            return
        self.parts += frame.get_payload_as_memoryview()
        if frame.fin:
            message, self.parts = bytes(self.parts), None
            self.unpack(message, receiver)

    def unpack(self, message: bytes, receiver: Receiver) -> None:
        if self.deflated:
            try:
                message = compression.inflate(message, self.sockets.limits.message_bytes_max)
            except compression.TooBig:
                self.too_big()
                return
            except compression.Damaged:
                self.close(INVALID_TEXT, "the compressed message is damaged")
                return
        self.deliver(message, receiver)

    def too_big(self) -> None:
        self.close(
            MESSAGE_TOO_BIG, f"a message may have {self.sockets.limits.message_bytes_max} bytes"
        )

    def peer_closes(self, frame: WSFrame) -> None:
        """Answer a close with its own code, then end the connection."""
        code = OK
        if frame.payload_size >= 2:
            code = number(frame.get_close_code())
            if code in {0, NO_CODE, ABNORMAL} or not 1000 <= code < 5000:
                code = PROTOCOL_ERROR
        self.transport.send_close(cast("WSCloseCode", code), b"")
        self.transport.disconnect()

    # -- flow ---------------------------------------------------------------------------------

    def throttle(self) -> None:
        """So many frames have come since the last look: hold a socket on which they came within a
        second.
        """
        now = self.sockets.loop.time()
        early = 1.0 - (now - self.window_at)
        self.window_at, self.frames = now, 0
        if early <= 0:
            self.penalties = 0
            return
        self.penalties += 1
        if self.penalties > self.sockets.limits.frame_penalties_max:
            most = self.sockets.limits.frames_per_second_max
            self.close(POLICY_VIOLATION, f"more than {most} frames a second")
        elif not self.throttled:
            self.throttled = True
            self.flow()
            self.sockets.loop.call_later(early, self.relent)

    def relent(self) -> None:
        self.throttled = False
        self.flow()

    def flow(self) -> None:
        """Read on unless something holds the socket."""
        reader = self.transport.underlying_transport
        if self.stalled or self.throttled:
            reader.pause_reading()
        else:
            reader.resume_reading()

    def end(self, code: int, reason: str) -> None:
        """Tell the receiver, once."""
        receiver, self.receiver = self.receiver, None
        self.parts = None
        if receiver:
            receiver.closed(code, reason)


def reported(transport: WSTransport) -> tuple[int, str]:
    """How a connection ended that we did not close: by the peer's word, for its broken frame, or
    just so.
    """
    handshake = cast("WSCloseHandshake | None", transport.close_handshake)
    if handshake is None:
        return ABNORMAL, "connection lost"
    if handshake.recv is not None:
        code = number(handshake.recv.code) or NO_CODE
        return code, handshake.recv.reason or "closed by the station"
    if handshake.sent is not None:
        return number(handshake.sent.code), handshake.sent.reason
    return ABNORMAL, "connection lost"


def number(code: WSCloseCode) -> int:
    """Codes of picows are integers, whatever its stubs say."""
    return cast("int", code)
