"""The door: TCP connections become websockets, or get an answer in HTTP that says why not.

picows decides a handshake in a synchronous call; ours asks ``stations`` over the bus. So the HTTP
part is read
here, the decision takes its time in a task of its own, and picows gets the connection when it is a
websocket for sure, with a request of ours: it keeps that request as long as the connection lives.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ssl import SSLContext
from typing import cast

from libs.runtime import log
from services.edge import counters, upgrade
from services.edge.app import App
from services.edge.doorman import away
from services.edge.handshake import HEAD_BYTES_MAX, Refused, Wanted, decide
from services.edge.penalty import Penalty
from services.edge.websocket import WebSocket

logger = log.get("edge")

BACKLOG = 4_096
RETRY_SECONDS = (5, 15)
"""Refused for our sake, a herd is asked to come back spread over this time."""

REFUSALS_LOGGED_PER_MINUTE = 120
HANG_UP_SECONDS_MAX = 5
"""So long a client may take to read why it was refused."""

Admit = Callable[[Wanted, str], Awaitable[WebSocket]]
"""Turns a handshake into a socket or raises ``Refused``; the second argument is the peer's
address.
"""


class Listener:
    """Accepts connections on one address; ``admit`` decides on each."""

    def __init__(self, admit: Admit, app: App) -> None:
        self.admit = admit
        self.app = app
        self.limits = app.limits
        self.loop = app.loop
        self.handshakes: set[Handshake] = set()
        self.silent: dict[Handshake, None] = {}
        """Those whose request has not come yet, the oldest first."""
        self.lines = Penalty(REFUSALS_LOGGED_PER_MINUTE)
        self.server: asyncio.Server | None = None

    async def start(
        self, host: str, port: int, reuse_port: bool = False, tls: SSLContext | None = None
    ) -> int:
        """Listen; the port that it became (``port`` 0: any). ``OSError`` when the address is
        taken.
        """
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.create_server(
            cast("tuple[str, int]", address[:2]),
            family=family,
            backlog=BACKLOG,
            reuse_port=reuse_port,
        )
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.limits.receive_buffer_bytes)
        self.server = await self.loop.create_server(
            lambda: Handshake(self), sock=listening, backlog=BACKLOG, ssl=tls
        )
        return int(listening.getsockname()[1])

    def full(self) -> str:
        """Why no more fit in, or nothing."""
        limits, count = self.limits, len(self.handshakes)
        if self.app.sockets.open + count > limits.connections_max:
            return f"{limits.connections_max} connections are open already"
        if count > limits.handshakes_in_flight_max:
            return "too many handshakes at this moment"
        return ""

    def note(self, refused: Refused, station: str, remote: str) -> None:
        """Whoever sets up a station reads here why it does not connect; a storm does not fill the
        disk.
        """
        if self.lines.take("", self.loop.time()) is None:
            logger.info(
                "handshake refused",
                station=station,
                remote=remote,
                status=refused.status,
                reason=refused.reason,
            )

    def close(self) -> None:
        """Accept nobody any more; handshakes under way are refused, open sockets stay."""
        if self.server is not None:
            self.server.close()
        for handshake in list(self.handshakes):
            handshake.refuse(away("this edge is going down"))


class Handshake(asyncio.Protocol):
    """One connection until it is a websocket or has its answer."""

    __slots__ = ("deadline", "decided", "door", "head", "rest", "station", "task", "transport")

    transport: asyncio.Transport

    def __init__(self, door: Listener) -> None:
        self.door = door
        self.head = b""
        self.rest = b""
        """What came behind the request: the first frames, of a client in a hurry."""
        self.decided = False
        self.station = ""
        """Once the request named it."""
        self.task: asyncio.Task[None] | None = None
        self.deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        door = self.door
        self.transport = cast("asyncio.Transport", transport)
        door.handshakes.add(self)
        if door.full() and door.silent:
            # Who connects and says nothing must not keep out those who have something to say.
            next(iter(door.silent)).expire()
        if reason := door.full():
            self.refuse(away(reason))
            return
        door.silent[self] = None
        self.deadline = door.loop.call_later(door.limits.handshake_seconds_max, self.expire)

    def data_received(self, data: bytes) -> None:
        if self.decided or self.task is not None:
            # Reading goes on, or nobody would notice that the client has left meanwhile.
            self.rest += data
            if len(self.rest) > HEAD_BYTES_MAX:
                self.transport.pause_reading()
            return
        self.head += data
        end = self.head.find(b"\r\n\r\n", 0, HEAD_BYTES_MAX)
        if end < 0:
            if len(self.head) >= HEAD_BYTES_MAX:
                self.refuse(
                    Refused(431, f"the request's head has more than {HEAD_BYTES_MAX} bytes")
                )
            return
        head, self.rest, self.head = self.head[:end], self.head[end + 4 :], b""
        self.door.silent.pop(self, None)
        try:
            wanted = decide(head)
        except Refused as refused:
            self.refuse(refused)
            return
        self.station = wanted.station
        self.task = self.door.app.tasks.start(self.ask(wanted))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self.settle()
        if self.deadline is not None:
            self.deadline.cancel()
        if self.task is not None:
            self.task.cancel()

    async def ask(self, wanted: Wanted) -> None:
        """Have the handshake decided, and go on accordingly."""
        try:
            opened = await self.door.admit(wanted, self.remote())
        except Refused as refused:
            self.refuse(refused)
        except Exception:
            logger.exception("handshake failed", station=wanted.station)
            self.refuse(Refused(500, "the handshake could not be decided"))
        else:
            if not self.decided:
                self.settle()
                upgrade.hand_over(self.transport, opened, wanted, self.rest)

    def remote(self) -> str:
        peer = self.transport.get_extra_info("peername")
        return f"{peer[0]}:{peer[1]}" if peer else ""

    def refuse(self, refused: Refused) -> None:
        """Answer in HTTP and hang up."""
        if self.decided:
            return
        self.settle()
        counters.refused(refused.status)
        self.door.note(refused, self.station, self.remote())
        self.transport.write(refused.render())
        self.transport.close()
        self.deadline = self.door.loop.call_later(HANG_UP_SECONDS_MAX, self.transport.abort)

    def expire(self) -> None:
        """Too slow: nobody keeps a handshake open for long."""
        self.refuse(Refused(408, "the handshake took too long"))

    def settle(self) -> None:
        self.decided = True
        self.door.handshakes.discard(self)
        self.door.silent.pop(self, None)
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None
