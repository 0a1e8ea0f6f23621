"""The websocket of a station: connects, pings, notices that it broke, and tries again with
back-off.
"""

import asyncio
import re
from base64 import b64encode
from collections.abc import Callable
from random import Random
from ssl import SSLContext
from typing import Protocol
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace
from picows import (
    WSCloseCode,
    WSError,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,  # pyright: ignore[reportUnknownVariableType] - its kwargs are untyped
)

from libs.station.backoff import BackOff, wait
from libs.station.clock import Clock, Timer

CONNECT_TIMEOUT_SECONDS = 15.0
CLOSE_TIMEOUT_SECONDS = 2.0
"""How long the peer may take to close the socket after the goodbyes."""
MESSAGE_MAX_BYTES = 4_000_000
HEX = re.compile(r"([0-9A-Fa-f]{2}){16,20}")
READ_BUFFER_BYTES = 2_048
"""Grows when a message needs more; what a station gets is small."""


class Address(Struct, frozen=True, kw_only=True):
    """Where and as whom to connect; a password of bytes is sent as it is (1.6 AuthorizationKey)."""

    url: str
    identity: str
    subprotocol: str
    password: str | bytes | None = None
    hex_password: bool = False
    tls: SSLContext | None = None

    @property
    def endpoint(self) -> str:
        return f"{self.url.rstrip('/')}/{quote(self.identity, safe='')}"

    @property
    def headers(self) -> dict[str, str]:
        headers = {"Sec-WebSocket-Protocol": self.subprotocol}
        if self.password is not None:
            secret = self.password if isinstance(self.password, bytes) else self.password.encode()
            headers["Authorization"] = (
                "Basic " + b64encode(self.identity.encode() + b":" + secret).decode()
            )
        return headers


class Socket(Protocol):
    """What hears the link."""

    def opened(self) -> None: ...

    def closed(self) -> None: ...

    def heard(self, data: bytes) -> None: ...

    def refused(self, reason: str) -> None: ...


class Listener(WSListener):
    """One connection; what it says after its link has turned to another one is not heard."""

    def __init__(self, link: "Link") -> None:
        self._link = link
        self._parts: list[bytes] = []
        self.transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self._link.connected(self, transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        match frame.msg_type:
            case WSMsgType.TEXT if frame.fin:
                self._link.heard(self, frame.get_payload_as_bytes())
            case WSMsgType.TEXT | WSMsgType.CONTINUATION:
                self._collect(transport, frame)
            case WSMsgType.PONG:
                self._link.ponged()
            case WSMsgType.CLOSE:
                if not transport.is_close_frame_sent:
                    transport.send_close(WSCloseCode.OK)
                transport.disconnect()
            case WSMsgType.PING | WSMsgType.BINARY:
                return

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows calls it so
        self._link.lost(self)

    def _collect(self, transport: WSTransport, frame: WSFrame) -> None:
        self._parts.append(frame.get_payload_as_bytes())
        if sum(map(len, self._parts)) > MESSAGE_MAX_BYTES:
            transport.send_close(WSCloseCode.MESSAGE_TOO_BIG)
            transport.disconnect()
        elif frame.fin:
            whole, self._parts = b"".join(self._parts), []
            self._link.heard(self, whole)


class Link:
    """``policy`` and ``ping_seconds`` are asked each time, because they are settings of the
    station.
    """

    __slots__ = (
        "_clock", "_closing", "_dice", "_failures", "_listener", "_ping", "_ping_seconds",
        "_policy", "_pong_due", "_retry", "_socket", "_task", "_wanted", "address",
    )  # fmt: skip

    def __init__(
        self,
        address: Address,
        socket: Socket,
        *,
        clock: Clock,
        dice: Random,
        policy: Callable[[], BackOff],
        ping_seconds: Callable[[], float],
    ) -> None:
        self.address = address
        self._socket = socket
        self._clock = clock
        self._dice = dice
        self._policy = policy
        self._ping_seconds = ping_seconds
        self._wanted = False
        self._failures = 0
        self._listener: Listener | None = None
        self._task: asyncio.Task[None] | None = None
        self._retry: Timer | None = None
        self._ping: Timer | None = None
        self._pong_due = False
        self._closing: WSTransport | None = None

    @property
    def up(self) -> bool:
        return self._listener is not None

    def open(self) -> None:
        """Connect now, and again whenever the connection breaks."""
        self._wanted = True
        self._cancel()
        if self._listener is None and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._connect())

    def close(self, code: WSCloseCode = WSCloseCode.OK) -> None:
        """Say goodbye and stay away until ``open``."""
        self._wanted = False
        listener = self._leave()
        if listener is not None and listener.transport is not None:
            # The peer closes the socket: closing it with data unread would lose our last words.
            self._closing = listener.transport
            self._closing.send_close(code)
            self._clock.wheel.after(CLOSE_TIMEOUT_SECONDS, self._closing.disconnect)

    def abort(self) -> None:
        """Vanish without a word and stay away until ``open``."""
        self._wanted = False
        listener = self._leave()
        if listener is not None and listener.transport is not None:
            listener.transport.underlying_transport.abort()

    async def stopped(self) -> None:
        """Wait until nothing is left: no attempt to connect, no socket that closes."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._closing is not None:
            await self._closing.wait_disconnected()
            self._closing = None

    def send(self, data: bytes) -> None:
        if self._listener is not None and self._listener.transport is not None:
            self._listener.transport.send(WSMsgType.TEXT, data)

    def password(self, secret: str) -> None:
        """From the next connection on; 1.6 writes the bytes of its key as hexadecimal digits."""
        raw = (
            bytes.fromhex(secret) if self.address.hex_password and HEX.fullmatch(secret) else secret
        )
        self.address = replace(self.address, password=raw)

    def redirect(self, url: str, identity: str, password: str | bytes | None) -> None:
        """To another server, from the next connection on."""
        self.address = replace(self.address, url=url, identity=identity, password=password)

    # The listener's side

    def connected(self, listener: Listener, transport: WSTransport) -> None:
        chosen = transport.response.headers.get("Sec-WebSocket-Protocol")
        if not self._wanted:
            transport.disconnect(graceful=False)
        elif chosen != self.address.subprotocol:
            transport.disconnect(graceful=False)
            self._socket.refused(f"the server chose the subprotocol {chosen}")
            self._again()
        else:
            self._listener, self._failures, self._pong_due = listener, 0, False
            self._pace()
            self._socket.opened()

    def heard(self, listener: Listener, data: bytes) -> None:
        if listener is not self._listener:
            return
        try:
            self._socket.heard(data)
        except Exception as error:
            # picows would end the connection and keep the error to itself.
            context = {"message": "a station failed at a message", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)

    def lost(self, listener: Listener) -> None:
        if listener is not self._listener:
            return
        self._leave()
        self._again()

    def ponged(self) -> None:
        self._pong_due = False

    # How it works

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
                await ws_connect(
                    lambda: Listener(self),
                    self.address.endpoint,
                    ssl_context=self.address.tls,
                    extra_headers=self.address.headers,
                    max_frame_size=MESSAGE_MAX_BYTES,
                    max_redirects=0,
                    read_buffer_init_size=READ_BUFFER_BYTES,
                    websocket_handshake_timeout=CONNECT_TIMEOUT_SECONDS,
                )
        except (OSError, WSError, TimeoutError) as error:
            self._socket.refused(f"{type(error).__name__}: {error}")
            self._again()

    def _again(self) -> None:
        if not self._wanted:
            return
        self._failures += 1
        seconds = wait(self._policy(), self._failures, self._dice.random())
        self._retry = self._clock.after_patience(seconds, self.open)

    def _pace(self) -> None:
        if (seconds := self._ping_seconds()) > 0:
            self._ping = self._clock.after_patience(seconds, self._beat)

    def _beat(self) -> None:
        if self._listener is None or self._listener.transport is None:
            return
        if self._pong_due:
            # The peer is gone without a word: this closes the socket, and ``lost`` follows.
            self._listener.transport.underlying_transport.abort()
            return
        self._pong_due = True
        self._listener.transport.send_ping()
        self._pace()

    def _leave(self) -> Listener | None:
        """Turn away from the connection, if there is one."""
        listener, self._listener = self._listener, None
        self._cancel()
        if listener is not None:
            self._socket.closed()
        return listener

    def _cancel(self) -> None:
        for timer in (self._retry, self._ping):
            if timer is not None:
                timer.cancel()
        self._retry = self._ping = None
