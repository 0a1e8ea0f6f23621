"""Reading events as they are announced, and all traffic as it is said."""

import asyncio
import re
import secrets
from collections import deque
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from libs.bus import subject
from libs.bus.errors import BusError, Invalid
from libs.bus.pull import Delivery, Outcome, Pull
from libs.bus.stream import EVENTS, NANOSECONDS, Streams
from libs.bus.wire import Listening, Wire

BATCH = 200
INACTIVE_SECONDS = 90
RETRY_SECONDS = 0.5
TAIL_WAITING_MAX = 10_000
TYPE = re.compile(r"[a-z0-9_]+\.([a-z0-9_]+|\*)")


class EventReader:
    """The events of a tenant in order, from a point on and for ever. Iterated once, then closed."""

    def __init__(
        self,
        wire: Wire,
        streams: Streams,
        patterns: list[str],
        start: dict[str, Any],
    ) -> None:
        self._wire = wire
        self._streams = streams
        self._patterns = patterns
        self._start = start
        self._last = 0
        self._got: deque[tuple[int, bytes]] = deque()
        self._arrived = asyncio.Event()
        self._request: asyncio.Future[Outcome] | None = None

    async def items(self) -> AsyncIterator[tuple[int, bytes]]:
        """``(sequence, envelope)``; survives a lost connection and a lost consumer."""
        while not self._wire.is_closed:
            try:
                name = await self._create()
            except BusError as error:
                if not error.passing:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
                continue
            pull = Pull(self._wire, EVENTS, name, self._receive)
            try:
                async for item in self._pulled(pull):
                    yield item
            finally:
                pull.close()
                if self._request is not None:
                    await asyncio.wait([self._request])
                self._streams.forget_consumer(EVENTS, name)

    async def _pulled(self, pull: Pull) -> AsyncIterator[tuple[int, bytes]]:
        """What one consumer gives, until it breaks."""
        outcome = "served"
        while outcome != "broken":
            self._request = request = asyncio.ensure_future(pull.request(BATCH))
            request.add_done_callback(lambda _: self._arrived.set())
            while not request.done() or self._got:
                if self._got:
                    yield self._got.popleft()
                    continue
                self._arrived.clear()
                await self._arrived.wait()
            outcome = request.result()

    async def _create(self) -> str:
        if not self._start:
            # A place, not "new": what is announced while the connection is lost is not missed.
            self._start = from_sequence((await self._streams.info(EVENTS)).last_seq + 1)
        config: dict[str, Any] = {
            "name": f"reader-{secrets.token_hex(8)}",
            "filter_subjects": self._patterns,
            "ack_policy": "none",
            "mem_storage": True,
            "num_replicas": 1,
            "inactive_threshold": INACTIVE_SECONDS * NANOSECONDS,
            **self._start,
        }
        if self._last:
            config |= from_sequence(self._last + 1)
        if config.get("opt_start_seq", 0) > 1:
            state = await self._streams.info(EVENTS)
            # Behind the end: the store was lost and counts from the beginning again.
            if config["opt_start_seq"] > state.last_seq + 1:
                config |= from_sequence(1)
                self._last = 0
        await self._streams.create_consumer(EVENTS, config)
        return config["name"]

    def _receive(self, _subject: str, payload: bytes, ack: str) -> None:
        sequence = Delivery(ack).sequence
        if sequence <= self._last:
            return
        self._last = sequence
        self._got.append((sequence, payload))
        self._arrived.set()


def from_sequence(sequence: int) -> dict[str, Any]:
    return {"deliver_policy": "by_start_sequence", "opt_start_seq": max(sequence, 1)}


def start_of(after_sequence: int | None, start_time: datetime | None) -> dict[str, Any]:
    """Where to begin: after a sequence, at a time, or with what comes next."""
    if after_sequence is not None:
        return from_sequence(after_sequence + 1)
    if start_time is not None:
        return {"deliver_policy": "by_start_time", "opt_start_time": start_time.isoformat()}
    return {}


def patterns_of(tenant: str | None, types: Sequence[str] | None) -> list[str]:
    """For types (``noun.verb``, ``noun.*``); JetStream refuses those that another one covers."""
    if not types:
        return [subject.events(tenant)]
    if wrong := [kind for kind in types if not TYPE.fullmatch(kind)]:
        raise Invalid(f"{wrong[0]!r} is no type of event, as `transaction.started`", field="types")
    nouns = {kind.partition(".")[0] for kind in types if kind.endswith(f".{subject.ANY}")}
    narrow = {kind for kind in types if kind.partition(".")[0] not in nouns}
    return [
        subject.events(tenant, kind) for kind in sorted(narrow | {f"{noun}.*" for noun in nouns})
    ]


async def tail(wire: Wire, patterns: Sequence[str]) -> AsyncIterator[tuple[str, bytes]]:
    """What is said on the bus from now on; a reader that is too slow misses the oldest."""
    got: deque[tuple[str, bytes]] = deque(maxlen=TAIL_WAITING_MAX)
    arrived = asyncio.Event()

    def receive(address: bytes, reply: bytes, payload: bytes, header: bytes) -> None:
        got.append((address.decode(), payload))
        arrived.set()

    interests = [Listening(pattern, receive) for pattern in patterns]
    for interest in interests:
        wire.listen(interest)
    wire.on_lost.append(arrived.set)
    try:
        await wire.barrier()
        while not wire.is_closed:
            while got:
                yield got.popleft()
            arrived.clear()
            await arrived.wait()
    finally:
        wire.on_lost.remove(arrived.set)
        for interest in interests:
            wire.ignore(interest)
