"""Publishing into the stream ``EVENTS``: many at a time, each known to be stored."""

import asyncio
import logging
import secrets
from collections import deque

from libs.bus import header as headers
from libs.bus.errors import BusError, Unavailable
from libs.bus.stream import Streams
from libs.bus.wire import Listening, Wire

logger = logging.getLogger("voltbus.bus")

WINDOW = 1000
"""Published and not yet acknowledged; more wait."""
WAITING_MAX = 20_000
ACK_SECONDS_MAX = 5.0
REPAIR_SECONDS = 1.0

Stored = asyncio.Future[None]


class Pending:
    """An event on its way into the stream."""

    __slots__ = ("body", "deadline", "message_id", "stored", "subject")

    def __init__(self, subject: str, body: bytes, message_id: str, stored: Stored) -> None:
        self.subject = subject
        self.body = body
        self.message_id = message_id
        self.stored = stored
        self.deadline = 0.0


class Announcer:
    """One per connection; acknowledgements come to an inbox of its own."""

    def __init__(self, wire: Wire, streams: Streams) -> None:
        self._wire = wire
        self._streams = streams
        self._loop = asyncio.get_running_loop()
        self._prefix = f"{wire.inbox_prefix}.{secrets.token_hex(8)}."
        self._count = 0
        self._sent: dict[int, Pending] = {}
        self._waiting: deque[Pending] = deque()
        self._sweeper: asyncio.TimerHandle | None = None
        self._repair: asyncio.Task[None] | None = None
        wire.listen(Listening(f"{self._prefix}*", self._acknowledged))
        wire.on_lost.append(self._lost)

    def announce(self, subject: str, body: bytes, message_id: str) -> Stored:
        """Its future is done when the stream has it; ``Unavailable`` when that is not known."""
        stored: Stored = self._loop.create_future()
        pending = Pending(subject, body, message_id, stored)
        if not self._wire.alive:
            stored.set_exception(Unavailable("no connection to NATS"))
        elif len(self._sent) < WINDOW:
            self._send(pending)
        elif len(self._waiting) < WAITING_MAX:
            self._waiting.append(pending)
        else:
            stored.set_exception(Unavailable("too many events wait to be stored"))
        return stored

    async def idle(self) -> None:
        """Return when nothing is on its way, stored or not."""
        while self._sent:
            await asyncio.wait([pending.stored for pending in self._sent.values()])

    def close(self) -> None:
        self._lost()
        if self._sweeper is not None:
            self._sweeper.cancel()

    def _send(self, pending: Pending) -> None:
        self._count += 1
        header = headers.build({headers.MESSAGE_ID: pending.message_id})
        try:
            self._wire.send(pending.subject, pending.body, f"{self._prefix}{self._count}", header)
        except BusError as error:
            fail(pending, error)
            return
        pending.deadline = self._loop.time() + ACK_SECONDS_MAX
        self._sent[self._count] = pending
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(ACK_SECONDS_MAX / 4, self._sweep)

    def _acknowledged(self, subject: bytes, _reply: bytes, payload: bytes, header: bytes) -> None:
        pending = self._sent.pop(int(subject[len(self._prefix) :]), None)
        if pending is not None:
            if header and headers.status(header) == headers.NO_RESPONDERS:
                fail(pending, Unavailable("the stream of events is not there"))
                self._mend()
            elif b'"error"' in payload:
                fail(pending, Unavailable(f"the event was not stored: {payload.decode()}"))
            elif not pending.stored.done():
                pending.stored.set_result(None)
        while self._waiting and len(self._sent) < WINDOW:
            self._send(self._waiting.popleft())

    def _sweep(self) -> None:
        """Give up what was not acknowledged in time."""
        self._sweeper = None
        now = self._loop.time()
        late = [number for number, pending in self._sent.items() if pending.deadline <= now]
        for number in late:
            fail(self._sent.pop(number), Unavailable("the event was not acknowledged in time"))
        while self._waiting and len(self._sent) < WINDOW:
            self._send(self._waiting.popleft())
        if self._sent and self._sweeper is None:
            self._sweeper = self._loop.call_later(ACK_SECONDS_MAX / 4, self._sweep)

    def _lost(self) -> None:
        gone = [*self._sent.values(), *self._waiting]
        self._sent.clear()
        self._waiting.clear()
        for pending in gone:
            fail(pending, Unavailable("the connection to NATS was lost"))

    def _mend(self) -> None:
        """Make the streams again where the store was lost; not for each event that finds it out."""
        if self._repair is None or self._repair.done():
            self._repair = asyncio.create_task(self._make_streams())

    async def _make_streams(self) -> None:
        try:
            await self._streams.ensure_present()
        except BusError as error:
            logger.warning("the streams are not there: %s", error)
            await asyncio.sleep(REPAIR_SECONDS)


def fail(pending: Pending, error: BusError) -> None:
    if not pending.stored.done():
        pending.stored.set_exception(error)
