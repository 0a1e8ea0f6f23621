"""A durable follower: a service sees each event at least once, whatever restarts in between."""

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from msgspec import MsgspecError

from libs.bus import cloudevent
from libs.bus.dispatch import Dispatcher
from libs.bus.errors import BusError
from libs.bus.message import Event
from libs.bus.pull import Delivery, Pull
from libs.bus.router import FactHandler
from libs.bus.stream import EVENTS, NANOSECONDS, STREAM_NOT_FOUND, ApiError, Streams
from libs.bus.wire import Wire

logger = logging.getLogger("voltbus.bus")

ACK_WAIT_SECONDS = 30
ACK_PENDING_MAX = 10_000
TOUCH_SECONDS = ACK_WAIT_SECONDS / 3
"""How often a handler that takes long is excused."""
RETRY_SECONDS_MIN = 0.2
RETRY_SECONDS_MAX = 60.0
UNREADABLE_RETRY_SECONDS = 600.0
"""What we cannot read may become readable with a later release of ours."""
ENSURE_RETRY_SECONDS_MAX = 2.0
START_SECONDS_MAX = 10.0


class Follower:
    """One durable pull consumer, named after service and event type, and its handler."""

    def __init__(
        self,
        wire: Wire,
        streams: Streams,
        *,
        service: str,
        kind: type[Event],
        handler: FactHandler,
        app: Any,
        transient: Callable[[Exception], bool],
        in_flight_max: int,
    ) -> None:
        self._wire = wire
        self._streams = streams
        self._handler = handler
        self._app = app
        self._transient = transient
        self._decode = cloudevent.decoder(kind).decode
        self._pattern = kind.pattern()
        self.name = f"{service}-{cloudevent.type_of(kind).replace('.', '-')}"
        self._dispatcher = Dispatcher(in_flight_max, ACK_PENDING_MAX)
        self._room = asyncio.Event()
        self._ready = asyncio.Event()
        self._working: set[str] = set()
        self._toucher: asyncio.TimerHandle | None = None
        self._pull = Pull(wire, EVENTS, self.name, self._receive)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; return when the consumer is there, or after a while: it is then made later."""
        self._task = asyncio.create_task(self._run(), name=f"follow {self.name}")
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), START_SECONDS_MAX)

    def leave(self) -> None:
        """Ask for no more; what has come is still handled."""
        if self._task is not None:
            self._task.cancel()
        self._pull.leave()

    async def idle(self) -> None:
        if self._task is not None:
            await asyncio.wait([self._task])
        await self._dispatcher.idle()

    def cancel(self) -> None:
        self._dispatcher.cancel()
        self._pull.close()
        if self._toucher is not None:
            self._toucher.cancel()

    # -- fetching --------------------------------------------------------------------------------

    async def _run(self) -> None:
        failures = 0
        while True:
            await self._ensure()
            self._ready.set()
            outcome = "served"
            while outcome != "broken":
                outcome = await self._pull.request(await self._free())
                failures = failures + 1 if outcome == "broken" else 0
            longest = min(RETRY_SECONDS_MIN * 2 ** min(failures, 16), ENSURE_RETRY_SECONDS_MAX)
            await asyncio.sleep(random.uniform(0, longest))

    async def _ensure(self) -> None:
        """Make the consumer, whatever it takes: after a lost store, the streams too."""
        wait = RETRY_SECONDS_MIN
        while True:
            try:
                await self._wire.barrier()
                await self._create()
                return
            except Exception as error:
                logger.warning("follower %s waits: %s", self.name, error)
            await asyncio.sleep(random.uniform(wait / 2, wait))
            wait = min(wait * 2, ENSURE_RETRY_SECONDS_MAX)

    async def _create(self) -> None:
        config = {
            "name": self.name,
            "durable_name": self.name,
            "filter_subject": self._pattern,
            "deliver_policy": "all",
            "ack_policy": "explicit",
            "ack_wait": ACK_WAIT_SECONDS * NANOSECONDS,
            "max_deliver": -1,
            "max_ack_pending": ACK_PENDING_MAX,
            "replay_policy": "instant",
        }
        try:
            await self._streams.create_consumer(EVENTS, config)
        except ApiError as error:
            if error.number != STREAM_NOT_FOUND:
                raise
            await self._streams.ensure_present()
            await self._streams.create_consumer(EVENTS, config)

    async def _free(self) -> int:
        """How many handlers may start; waits until half of all may: batches stay batches."""
        while self._dispatcher.free * 2 < self._dispatcher.in_flight_max:
            self._room.clear()
            await self._room.wait()
        return self._dispatcher.free

    # -- handling --------------------------------------------------------------------------------

    def _receive(self, _subject: str, payload: bytes, ack: str) -> None:
        self._dispatcher.submit(self._handle, payload, ack)

    async def _handle(self, payload: bytes, ack: str) -> None:
        self._begin(ack)
        try:
            await self._handler(self._app, self._decode(payload).data)
            answer = b"+ACK"
        except MsgspecError as error:
            logger.error("%s cannot read an event: %s", self.name, error)  # noqa: TRY400
            answer = again(UNREADABLE_RETRY_SECONDS)
        except Exception as error:
            if isinstance(error, BusError) or self._transient(error):
                logger.warning("%s will see an event again: %s", self.name, error)
            else:
                logger.exception("%s broke on an event and will see it again", self.name)
            answer = again(backoff(Delivery(ack).count))
        finally:
            self._working.discard(ack)
            self._room.set()
        with suppress(BusError):  # not acknowledged: it comes again
            self._wire.send(ack, answer)

    def _begin(self, ack: str) -> None:
        self._working.add(ack)
        if self._toucher is None:
            loop = asyncio.get_running_loop()
            self._toucher = loop.call_later(TOUCH_SECONDS, self._touch)

    def _touch(self) -> None:
        """Tell the server that the handlers still work, or it would give their events to others."""
        self._toucher = None
        for ack in self._working:
            with suppress(BusError):
                self._wire.send(ack, b"+WPI")
        if self._working:
            loop = asyncio.get_running_loop()
            self._toucher = loop.call_later(TOUCH_SECONDS, self._touch)


def backoff(count: int) -> float:
    """Seconds until an event that failed ``count`` times comes again."""
    longest = min(RETRY_SECONDS_MAX, RETRY_SECONDS_MIN * 2 ** min(count, 16))
    return random.uniform(longest / 2, longest)


def again(seconds: float) -> bytes:
    return b'-NAK {"delay": %d}' % int(seconds * NANOSECONDS)
