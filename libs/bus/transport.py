# ruff: noqa: ARG002 - nats-py's and asyncio's signatures
"""The socket under a NATS connection: bytes go straight from the event loop into the parser.

nats-py reads through a stream reader and a task of its own; here ``data_received`` calls the
parser, which saves a wake-up for each read.
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast
from urllib.parse import ParseResult

from nats.aio.transport import Transport

CLOSE_SECONDS = 1.0
"""How long a closing socket may take to send what it holds."""
WRITE_BUFFER_BYTES = 1 << 20


class Socket(asyncio.Protocol):
    """Lines while the handshake lasts, then whatever comes is fed on."""

    def __init__(self) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = bytearray()
        self.feed: Callable[[bytes], None] | None = None
        self.paused = False
        self.on_writable: Callable[[], None] | None = None
        self.waiter: asyncio.Future[None] | None = None

    def data_received(self, data: bytes) -> None:
        if self.feed is not None:
            self.feed(data)
            return
        self.buffer += data
        self.wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.resume_writing()
        if not self.closed.done():
            self.closed.set_result(None)
        self.wake()

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        if self.on_writable is not None:
            self.on_writable()

    def wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    async def readline(self) -> bytes:
        """The next line with its end; what is left when the peer closed."""
        while (end := self.buffer.find(b"\n")) < 0 and not self.closed.done():
            self.waiter = asyncio.get_running_loop().create_future()
            await self.waiter
        line = bytes(self.buffer[: end + 1] if end >= 0 else self.buffer)
        del self.buffer[: len(line)]
        return line

    def start(self, feed: Callable[[bytes], None]) -> None:
        """From now on whatever comes, and came, goes to ``feed``."""
        self.feed = feed
        rest = bytes(self.buffer)
        self.buffer.clear()
        if rest:
            feed(rest)


class SocketTransport(Transport):
    """nats-py's transport over :class:`Socket`."""

    def __init__(self) -> None:
        self.transport: asyncio.WriteTransport | None = None
        self.socket: Socket | None = None

    async def connect(self, uri: ParseResult, buffer_size: int, connect_timeout: float) -> None:
        loop = asyncio.get_running_loop()
        host, port = uri.hostname or "", uri.port or 0
        async with asyncio.timeout(connect_timeout):
            transport, self.socket = await loop.create_connection(Socket, host, port)
        self.use(transport)

    async def connect_tls(
        self,
        uri: str | ParseResult,
        ssl_context: ssl.SSLContext,
        buffer_size: int,
        connect_timeout: float,
    ) -> None:
        host = uri if isinstance(uri, str) else uri.hostname
        plain, socket = cast("asyncio.Transport", self.transport), cast("Socket", self.socket)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(connect_timeout):
            secure = await loop.start_tls(plain, socket, ssl_context, server_hostname=host)
        self.use(cast("asyncio.Transport", secure))

    def use(self, transport: asyncio.WriteTransport) -> None:
        transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self.transport = transport

    @property
    def writable(self) -> bool:
        return self.socket is not None and not self.socket.paused

    def write(self, payload: bytes) -> None:
        if self.transport is not None:
            self.transport.write(payload)

    def writelines(self, payload: list[bytes]) -> None:
        self.write(b"".join(payload))

    async def read(self, buffer_size: int) -> bytes:
        return await self.readline()

    async def readline(self) -> bytes:
        return await self.socket.readline() if self.socket is not None else b""

    async def drain(self) -> None:
        """What is written is bounded by who writes, so nobody waits here."""

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    async def wait_closed(self) -> None:
        """Closed by now or aborted: a peer that reads nothing must not hold up a reconnect."""
        if self.socket is None or self.transport is None:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self.socket.closed), CLOSE_SECONDS)
        self.transport.abort()

    def at_eof(self) -> bool:
        return self.socket is None or self.socket.closed.done()

    def __bool__(self) -> bool:  # type: ignore[override]  # nats-py's has no annotation
        return self.transport is not None


def describe(error: BaseException | Any) -> str:
    """An error in one line, for the log."""
    return str(error) or type(error).__name__
