"""Fetching from a JetStream consumer: one request at a time, for as much as there is room for."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Literal

from msgspec import json

from libs.bus import header as headers
from libs.bus import subject
from libs.bus.errors import BusError
from libs.bus.stream import NANOSECONDS
from libs.bus.wire import Listening, Wire

EXPIRES_SECONDS = 60
HEARTBEAT_SECONDS = 5
SILENCE_SECONDS_MAX = 12.0
"""Without message or heartbeat for so long, a request is lost: to a consumer that is not there,
JetStream says nothing at all.
"""

Outcome = Literal["served", "expired", "broken"]
OnMessage = Callable[[str, bytes, str], None]
"""``on_message(subject, payload, ack)``"""


class Delivery:
    """What the reply subject of a JetStream message tells."""

    __slots__ = ("count", "sequence")

    def __init__(self, ack: str) -> None:
        tokens = ack.split(".")
        # $JS.ACK.stream.consumer.count.sequence…, with domain and account before the stream where
        # there are any.
        at = 4 if len(tokens) == 9 else 6
        self.count = int(tokens[at])
        self.sequence = int(tokens[at + 1])


class Pull:
    """The requests to one consumer. Messages go to ``on_message`` as they come."""

    def __init__(self, wire: Wire, stream: str, consumer: str, on_message: OnMessage) -> None:
        self._wire = wire
        self._loop = asyncio.get_running_loop()
        self._address = subject.consumer_next(stream, consumer)
        self._on_message = on_message
        self._missing = 0
        self._heard_at = 0.0
        self._done: asyncio.Future[Outcome] | None = None
        self.interest = Listening(f"{wire.inbox_prefix}.{secrets.token_hex(8)}", self._receive)
        wire.listen(self.interest)
        wire.on_lost.append(self._lost)

    async def request(self, batch: int) -> Outcome:
        """Ask for messages. ``served``: all came; ``expired``: ask again; ``broken``: look why."""
        self._missing = batch
        self._heard_at = self._loop.time()
        done = self._done = self._loop.create_future()
        body = {
            "batch": batch,
            "expires": EXPIRES_SECONDS * NANOSECONDS,
            "idle_heartbeat": HEARTBEAT_SECONDS * NANOSECONDS,
        }
        try:
            self._wire.send(self._address, json.encode(body), self.interest.subject)
        except BusError:
            return "broken"
        while True:
            await asyncio.wait([done], timeout=SILENCE_SECONDS_MAX)
            if done.done():
                return done.result()
            if self._loop.time() - self._heard_at > SILENCE_SECONDS_MAX:
                return "broken"

    def leave(self) -> None:
        """No more messages, but for those on their way."""
        self._wire.leave(self.interest)

    def close(self) -> None:
        self._finish("broken")
        self._wire.ignore(self.interest)
        self._wire.on_lost.remove(self._lost)

    def _receive(self, subject: bytes, reply: bytes, payload: bytes, header: bytes) -> None:
        self._heard_at = self._loop.time()
        status = headers.status(header) if header else 0
        if not status:
            self._missing -= 1
            if self._missing == 0:
                self._finish("served")
            self._on_message(subject.decode(), payload, reply.decode())
        elif status in {404, 408}:
            self._finish("expired")
        elif status != 100:
            self._finish("broken")

    def _lost(self) -> None:
        self._finish("broken")

    def _finish(self, outcome: Outcome) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_result(outcome)
