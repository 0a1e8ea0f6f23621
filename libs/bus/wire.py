# ruff: noqa: ARG002, ASYNC109 - overridden methods keep nats-py's signatures
"""One NATS connection: nats-py's handshake, authentication and reconnects, our own hot path.

What nats-py 2.16 does and this class does not: ``flush`` that overtakes what is pending, a queue
and a task for each subscription, a task for reading and one for flushing, the end after 60
reconnects or at the first protocol error, tracebacks at each disconnect, a read loop that dies of a
cancelled flush. All of its private parts that we rely on are overridden here, nowhere else;
``tests/libs/bus`` drives each against the real server.
"""

import asyncio
import logging
import random
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, cast

from msgspec import Struct, json
from nats import errors
from nats.aio.client import Client, Server, Srv

from libs.bus.errors import Invalid, TimedOut, Unavailable
from libs.bus.parser import Parser
from libs.bus.transport import SocketTransport, describe

logger = logging.getLogger("voltbus.bus")

RECONNECT_SECONDS_MIN = 0.05
RECONNECT_SECONDS_MAX = 2.0
RECONNECT_DOUBLINGS_MAX = 10
FIRST_CONNECT_RETRY_SECONDS = 0.25
COMPLAINT_SECONDS = 30.0
CONTROL_LINE_BYTES_MAX = 4096
"""A server ends the connection of who sends more."""
PONG = b"PONG\r\n"
PING = b"PING\r\n"
CONNECTED = Client.CONNECTED


Receive = Callable[[bytes, bytes, bytes, bytes], None]
"""``receive(subject, reply, payload, header)``; the last is empty for most messages."""


class Interest:
    """A subscription: ``receive`` is called by the parser, with each message. No task, no queue.

    The class attributes are what nats-py asks of its own subscriptions when it reconnects or
    closes.
    """

    __slots__ = ("_subject", "sid")

    _queue = ""
    _max_msgs = 0
    _received = 0
    _wait_for_msgs_task = None
    _message_iterator = None
    _pending_next_msgs_calls = None

    def __init__(self, subject: str) -> None:
        self.sid = 0
        self._subject = subject

    def receive(self, subject: bytes, reply: bytes, payload: bytes, header: bytes) -> None:
        """A message came. What it raises is logged."""
        raise NotImplementedError

    @property
    def subject(self) -> str:
        return self._subject

    @property
    def queue(self) -> str:
        return self._queue


class Listening(Interest):
    """A subscription with a callback; in a queue group, one member hears each message."""

    __slots__ = ("_callback", "_queue")

    def __init__(self, subject: str, callback: Receive, queue: str = "") -> None:
        super().__init__(subject)
        self._callback = callback
        self._queue = queue

    def receive(self, subject: bytes, reply: bytes, payload: bytes, header: bytes) -> None:
        self._callback(subject, reply, payload, header)


class Options(Struct, frozen=True, kw_only=True):
    """How a connection behaves; the defaults suit a service."""

    buffer_bytes_max: int = 64 << 20
    """What is published while NATS is away waits in memory; more than this is ``Unavailable``."""
    ping_seconds: int = 10
    connect_seconds: int = 5
    inbox_prefix: str = "_INBOX"
    credentials_file: str | None = None
    """A NATS ``.creds`` file (JWT and seed)."""
    tls: ssl.SSLContext | None = None


class Wire(Client):
    """A connection that never gives up. ``on_lost``, ``on_restored`` are called synchronously."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self._wanted = options
        self.buffer_bytes_max = options.buffer_bytes_max
        self.inbox_prefix = options.inbox_prefix
        self.refused = 0
        """Messages that were not sent because the buffer was full."""
        self.on_lost: list[Callable[[], None]] = []
        self.on_restored: list[Callable[[], None]] = []
        self._interests: dict[int, Interest] = cast("Any", self._subs)
        self._left: dict[int, Interest] = {}
        self._stream = SocketTransport()
        self._write_scheduled = False
        self._loop = asyncio.get_running_loop()
        self._up = asyncio.Event()
        self._attempts = 0
        self._quiet_until = 0.0
        self._chores: set[asyncio.Future[Any]] = set()

    async def open(self, servers: str | list[str], name: str) -> None:
        """Connect, for as long as it takes."""
        wanted = self._wanted
        await self.connect(
            servers,
            name=name,
            error_cb=self.complained,
            reconnected_cb=self.restored,
            reconnect_to_server_handler=self.next_server,
            max_reconnect_attempts=-1,
            reconnect_time_wait=cast("int", FIRST_CONNECT_RETRY_SECONDS),
            connect_timeout=wanted.connect_seconds,
            ping_interval=wanted.ping_seconds,
            user_credentials=wanted.credentials_file,
            tls=wanted.tls,
            pending_size=wanted.buffer_bytes_max,
        )

    # -- for libs.bus: all of it synchronous, but barrier ----------------------------------------

    def send(self, subject: str, payload: bytes, reply: str = "", header: bytes = b"") -> None:
        """Publish. ``Unavailable`` when the buffer is full: NATS is away for long, or too slow."""
        size = len(header) + len(payload)
        if size > self._max_payload:
            raise Invalid(f"a message of {size} bytes; the bus takes {self._max_payload}")
        if self._pending_data_size > self.buffer_bytes_max or self._status == Client.CLOSED:
            self.refused += 1
            raise Unavailable("the connection to NATS is closed or its buffer is full")
        if header:
            line = f"HPUB {subject} {reply} {len(header)} {size}\r\n".encode()
        else:
            line = f"PUB {subject} {reply} {size}\r\n".encode()
        if len(line) > CONTROL_LINE_BYTES_MAX:
            raise Invalid(f"a subject of {len(subject)} characters is too long for the bus")
        command = b"%b%b%b\r\n" % (line, header, payload)
        self._pending.append(command)
        self._pending_data_size += len(command)
        if not self._write_scheduled:
            self._write_scheduled = True
            self._loop.call_soon(self.write_pending)

    def listen(self, interest: Interest) -> None:
        """Subscribe; the server knows after :meth:`barrier`, and before what is sent after this."""
        self._sid += 1
        interest.sid = self._sid
        self._interests[self._sid] = interest
        if self._status == CONNECTED:
            self._enqueue(f"SUB {interest.subject} {interest.queue} {self._sid}\r\n".encode())

    def ignore(self, interest: Interest) -> None:
        """Unsubscribe, and forget what may be on its way."""
        self.leave(interest)
        self._left.pop(interest.sid, None)

    def leave(self, interest: Interest) -> None:
        """Unsubscribe, but still hear what is on its way: after a barrier, call :meth:`ignore`."""
        if self._interests.pop(interest.sid, None) is None:
            return
        self._left[interest.sid] = interest
        if self._status == CONNECTED:
            self._enqueue(f"UNSUB {interest.sid}\r\n".encode())

    async def barrier(self, timeout: float = 10.0) -> None:
        """Return when the server has handled all that was sent, and we all that it sent before.

        Waits for a connection if there is none. ``TimedOut`` when there is no such moment in time.
        """
        try:
            async with asyncio.timeout(timeout):
                while not await self._pong():
                    await self._up.wait()
        except TimeoutError:
            raise TimedOut(f"no answer from NATS within {timeout:g} s") from None

    async def settle(self, timeout: float = 5.0) -> bool:
        """A barrier at the end of things: without a connection it does not wait for one."""
        try:
            async with asyncio.timeout(timeout):
                return await self._pong()
        except TimeoutError:
            return False

    @property
    def alive(self) -> bool:
        """Whether there is a connection now."""
        return self._status == CONNECTED

    @property
    def pending_bytes(self) -> int:
        return self._pending_data_size

    def write_pending(self) -> None:
        """Hand the pending commands to the socket, unless it is full or away: then they wait."""
        self._write_scheduled = False
        if self._status != CONNECTED or not self._stream.writable or not self._pending:
            return
        data = b"".join(self._pending)
        self._pending = []
        self._pending_data_size = 0
        self._stream.write(data)

    # -- called by the parser --------------------------------------------------------------------

    def on_message(
        self, sid: int, subject: bytes, reply: bytes, payload: bytes, header: bytes
    ) -> None:
        interest = self._interests.get(sid) or self._left.get(sid)
        if interest is None:
            return
        try:
            interest.receive(subject, reply, payload, header)
        except Exception:
            logger.exception("a message on %s was not understood", subject.decode())

    def on_control(self, verb: bytes, rest: bytes) -> None:
        if verb == b"PING":
            self._enqueue(PONG)
        elif verb == b"PONG":
            self._pings_outstanding = 0
            self._answered(True)
        elif verb == b"INFO":
            self._spawn(self._process_info(json.decode(rest, type=dict[str, Any])))
        elif verb == b"-ERR":
            self._spawn(self._process_err(rest.decode("utf-8", "replace").strip("'").lower()))

    # -- nats-py, overridden ---------------------------------------------------------------------

    async def _connect_to_server(self, s: Srv) -> None:
        if s.uri.scheme in {"ws", "wss"}:
            raise errors.Error("NATS over websockets is not supported: use nats:// or tls://")
        self._stream = self._transport = SocketTransport()
        await self._stream.connect(s.uri, 0, self.options["connect_timeout"])

    async def _read_loop(self) -> None:
        """Connect socket and parser, and wait for the end."""
        stream = self._stream
        socket = stream.socket
        if socket is None:
            return
        parser = Parser(self)

        def feed(data: bytes) -> None:
            try:
                parser.feed(data)
            except Exception as error:
                logger.warning("nats spoke what we do not understand: %s", describe(error))
                stream.close()

        socket.on_writable = self.write_pending
        socket.start(feed)
        self._attempts = 0
        self._quiet_until = 0.0
        self._up.set()
        await asyncio.shield(socket.closed)
        if not self.is_closed:
            await self._process_op_err(errors.UnexpectedEOF())

    async def _flusher(self) -> None:
        """Writes are scheduled as they come, so no task waits for them."""

    async def _send_command(self, cmd: bytes, priority: bool = False) -> None:
        self._enqueue(cmd)

    async def _flush_pending(self, force_flush: bool = False) -> None:
        self.write_pending()

    async def _send_ping(self, future: asyncio.Future[Any] | None = None) -> None:
        """Behind all that is pending, or the pong would answer for what the server has not seen."""
        self.write_pending()
        self._pongs.append(future or self._loop.create_future())
        if self._pending:
            self._enqueue(PING)
        else:
            self._stream.write(PING)

    async def flush(self, timeout: float = 10.0) -> None:
        await self._pong()

    async def _process_err(self, err_msg: str) -> None:
        """The server complains. But for refused permissions it then closes, and we come back."""
        logger.warning("nats refuses: %s", err_msg)
        if not err_msg.startswith(("permissions violation", "invalid")):
            await self._process_op_err(errors.Error(f"nats: {err_msg}"))

    async def _close(self, status: int, do_cbs: bool = True) -> None:
        if self._status == CONNECTED:
            self._lost()
        await super()._close(status, do_cbs)

    async def _process_op_err(self, e: Exception) -> None:
        if self._status == CONNECTED:
            logger.warning("nats connection lost: %s", describe(e))
            self._lost()
        await super()._process_op_err(e)

    async def _attempt_reconnect(self) -> None:
        """nats-py's, and again if it should break."""
        while not self.is_closed and self._status != CONNECTED:
            try:
                await super()._attempt_reconnect()
                return
            except Exception as error:
                logger.warning("reconnecting to nats: %s", describe(error))
                await asyncio.sleep(RECONNECT_SECONDS_MAX)

    # -- callbacks and small parts ---------------------------------------------------------------

    def _enqueue(self, command: bytes) -> None:
        self._pending.append(command)
        self._pending_data_size += len(command)
        if not self._write_scheduled:
            self._write_scheduled = True
            self._loop.call_soon(self.write_pending)

    async def _pong(self) -> bool:
        """A ping and its pong; whether the connection lived that long."""
        if self._status != CONNECTED:
            self._up.clear()
            return False
        future: asyncio.Future[bool] = self._loop.create_future()
        await self._send_ping(future)
        return await future

    def _answered(self, alive: bool) -> None:
        """The oldest ping is answered, or never will be."""
        pongs = cast("list[asyncio.Future[bool]]", self._pongs)
        pong = pongs.pop(0) if pongs else None
        if pong is not None and not pong.done():
            pong.set_result(alive)

    def _lost(self) -> None:
        self._up.clear()
        # Subscriptions are replayed from what we know, pings died: only messages wait.
        self._pending = [c for c in self._pending if c.startswith((b"PUB", b"HPUB"))]
        self._pending_data_size = sum(map(len, self._pending))
        while self._pongs:
            self._answered(False)
        for callback in list(self.on_lost):
            callback()

    def _spawn(self, chore: Awaitable[Any]) -> None:
        task = asyncio.ensure_future(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def restored(self) -> None:
        """nats-py's ``reconnected_cb``."""
        logger.info("nats connection restored")
        for callback in list(self.on_restored):
            callback()

    async def complained(self, error: Exception) -> None:
        """nats-py's ``error_cb``: a line now and then while it lasts, no traceback."""
        now = self._loop.time()
        if now >= self._quiet_until:
            self._quiet_until = now + COMPLAINT_SECONDS
            logger.warning("nats: %s", describe(error))

    def next_server(self, servers: list[Server], _: dict[str, Any]) -> tuple[Server, float]:
        """nats-py's ``reconnect_to_server_handler``: any server, after a growing, jittered wait."""
        # Bounded, or after an outage of some minutes the power is no float any more.
        self._attempts = min(self._attempts + 1, RECONNECT_DOUBLINGS_MAX)
        longest = min(RECONNECT_SECONDS_MAX, RECONNECT_SECONDS_MIN * 2**self._attempts)
        return random.choice(servers), random.uniform(RECONNECT_SECONDS_MIN, longest)
