# ruff: noqa: ASYNC109 - a timeout of a request travels with it, or is told to a station
"""The bus as a service sees it: ask, answer, call a station, announce, follow, read."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar, cast

from msgspec import MsgspecError, Raw, json

from libs.bus import envelope, history, reading, subject
from libs.bus import header as headers
from libs.bus.announcer import Announcer
from libs.bus.envelope import Address, Down
from libs.bus.errors import BusError, CallFailed, InternalError, NoOwner, Offline
from libs.bus.inbox import Inbox
from libs.bus.log import LogRecord
from libs.bus.message import Ask, Notice
from libs.bus.objects import Objects
from libs.bus.router import Router
from libs.bus.serving import Serving
from libs.bus.station_subscription import OnCall, StationSubscription
from libs.bus.stream import StreamLimits, Streams
from libs.bus.trace import TRACEPARENT
from libs.bus.wire import Options, Wire
from libs.ocpp import codec
from libs.ocpp.fault import Violation
from libs.ocpp.message import Request, Response, Version

logger = logging.getLogger("voltbus.bus")

ReplyT = TypeVar("ReplyT")
ResponseT = TypeVar("ResponseT", bound=Response)

CALL_GRACE_SECONDS = 1.0
"""The edge says itself that a station did not answer in time; we wait a little longer than it."""
PATIENT_SECONDS_MIN = 0.05
PATIENT_SECONDS_MAX = 1.0


class Bus:
    """A connection to NATS that heals by itself. Make it with :meth:`connect` or :meth:`open`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._inbox = Inbox(wire)
        self._streams = Streams(wire, self._inbox)
        self._announcer = Announcer(wire, self._streams)
        self._servings: list[Serving] = []

    @classmethod
    async def connect(
        cls, url: str | list[str], *, name: str, options: Options | None = None
    ) -> "Bus":
        """Connect, for as long as it takes; ``asyncio.timeout`` bounds it."""
        chosen = options or Options()
        wire = Wire(chosen)
        await wire.open(url, name)
        bus = cls(wire)
        await bus.barrier()
        return bus

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str | list[str], *, name: str, options: Options | None = None
    ) -> AsyncGenerator["Bus"]:
        """Connect, and close in good order at the end."""
        bus = await cls.connect(url, name=name, options=options)
        try:
            yield bus
        finally:
            await bus.close()

    async def close(self) -> None:
        """Stop serving, send what is pending, disconnect."""
        for serving in self._servings:
            await serving.stop()
        self._servings.clear()
        await self._announcer.idle()
        await self._wire.settle()
        await self._wire.close()
        self._announcer.close()
        self._inbox.close()

    # -- the connection --------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        return self._wire.alive

    @property
    def pending_bytes(self) -> int:
        """What waits to be sent."""
        return self._wire.pending_bytes

    @property
    def refused(self) -> int:
        """Messages that were not sent because too much waited."""
        return self._wire.refused

    async def barrier(self, timeout: float = 10.0) -> None:
        """Return when the server has handled all that was sent so far. Raises ``TimedOut``."""
        await self._wire.barrier(timeout)

    def on_restored(self, callback: Callable[[], None]) -> None:
        """Call this after each reconnect: what was said meanwhile was not heard (forget caches)."""
        self._wire.on_restored.append(callback)

    # -- requests between services ---------------------------------------------------------------

    async def ask(self, request: Ask[ReplyT], timeout: float = 5.0) -> ReplyT:
        """The owner's reply, or error. Raises ``NoOwner``, ``TimedOut``, ``Unavailable``."""
        answer, header = await self._inbox.request(
            request.address(), envelope.encode(request), timeout, header=trace_header()
        )
        if header and (error := headers.error_of(header, answer)) is not None:
            raise error
        try:
            return reply_decoder(type(request)).decode(answer)
        except MsgspecError as error:
            raise InternalError(
                f"the reply to {type(request).__name__} does not fit: {error}"
            ) from None

    async def ask_patiently(
        self, request: Ask[ReplyT], patience: float, timeout: float = 5.0
    ) -> ReplyT:
        """As :meth:`ask`, but passing faults are tried again for ``patience`` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        wait = PATIENT_SECONDS_MIN
        while True:
            try:
                return await self.ask(request, min(timeout, max(deadline - loop.time(), 0.001)))
            except BusError as error:
                if not error.passing or loop.time() + wait >= deadline:
                    raise
            await asyncio.sleep(random.uniform(wait / 2, wait))
            wait = min(wait * 2, PATIENT_SECONDS_MAX)

    # -- calls of and to stations ----------------------------------------------------------------

    async def up(
        self,
        tenant: str,
        station: str,
        version: Version,
        action: str,
        body: bytes,
        *,
        timeout: float,
    ) -> bytes:
        """A station's CALL to its owner; the payload of the answer.

        Raises ``CallFault`` (answer with that CALLERROR), ``NoOwner``, ``TimedOut``,
        ``Unavailable``, ``InternalError``.
        """
        answer, header = await self._inbox.request(
            subject.up(tenant, station, version, action),
            body,
            timeout,
            header=trace_header(),
        )
        if header and (error := headers.error_of(header, answer)) is not None:
            raise headers.fault_of(error)
        return answer

    async def call(
        self, to: Address, request: Request[ResponseT], timeout: float = 30.0
    ) -> ResponseT:
        """A CALL to a station; its answer.

        Raises ``Offline``, ``TimedOut``, ``CallFailed``, ``Unavailable``.
        """
        payload = await self.call_raw(
            to.tenant,
            to.station,
            request.version,
            request.action,
            codec.encode(request),
            timeout=timeout,
        )
        try:
            return cast("ResponseT", codec.mend(request.response, payload).message)
        except Violation as violation:
            raise CallFailed(violation.code, violation.description) from None

    async def call_raw(
        self,
        tenant: str,
        station: str,
        version: Version,
        action: str,
        payload: bytes,
        *,
        timeout: float = 30.0,
    ) -> bytes:
        """As :meth:`call`, with payloads as bytes."""
        address = subject.down(tenant, station, version, action)
        body = envelope.encode(Down(timeout_seconds=timeout, payload=Raw(payload)))
        try:
            answer, header = await self._inbox.request(
                address, body, timeout + CALL_GRACE_SECONDS, header=trace_header(), patient=True
            )
        except NoOwner:
            raise Offline(f"station {station} is not connected") from None
        if header and (error := headers.error_of(header, answer)) is not None:
            raise error
        return answer

    def serve_station(self, tenant: str, station: str, on_call: OnCall) -> StationSubscription:
        """Be the edge of this station; known to the server before what is sent after this."""
        subscription = StationSubscription(self._wire, tenant, station, on_call)
        self._wire.listen(subscription)
        return subscription

    # -- facts -----------------------------------------------------------------------------------

    def tell(self, notice: Notice) -> None:
        """Say it to who listens now."""
        self._wire.send(notice.address(), envelope.encode(notice))

    def publish_log(self, tenant: str, station: str, record: bytes) -> None:
        """A finished exchange, for the stream ``OCPP_LOG``; nobody waits for it to be stored."""
        self._wire.send(subject.log(tenant, station), record)

    def announce(self, address: str, body: bytes, message_id: str) -> asyncio.Future[None]:
        """Store an event; await the result: then it is stored, or ``Unavailable`` is raised."""
        return self._announcer.announce(address, body, message_id)

    # -- serving ---------------------------------------------------------------------------------

    async def serve(self, router: Router, app: Any) -> Serving:
        """Put a router to work; on return the server knows all its subscriptions."""
        serving = Serving(self._wire, self._streams, router, app)
        self._servings.append(serving)
        await serving.start()
        return serving

    # -- streams ---------------------------------------------------------------------------------

    async def ensure_streams(self, limits: StreamLimits | None = None) -> None:
        """Make ``EVENTS`` and ``OCPP_LOG`` where they are missing; with limits, give them these."""
        await self._streams.ensure(limits)

    def read_events(
        self,
        tenant: str | None,
        *,
        after_sequence: int | None = None,
        start_time: datetime | None = None,
        types: Sequence[str] | None = None,
    ) -> AsyncIterator[tuple[int, bytes]]:
        """``(sequence, CloudEvent)`` of a tenant (``None``: all), in order and for ever.

        Types are ``noun.verb`` or ``noun.*``. Without a place to begin, what comes next.
        """
        start = reading.start_of(after_sequence, start_time)
        patterns = reading.patterns_of(tenant, types)
        return reading.EventReader(self._wire, self._streams, patterns, start).items()

    async def read_log(
        self, tenant: str, station: str, before_sequence: int | None = None, limit: int = 50
    ) -> list[tuple[int, LogRecord]]:
        """The exchanges of a station, newest first."""
        address = subject.log(tenant, station)
        return await history.read(self._wire, self._streams, address, before_sequence, limit)

    def objects(self, bucket: str, *, bytes_max: int = -1, replicas: int = 1) -> Objects:
        """The files of a bucket, made with these limits if it is not there yet."""
        limits = {"bucket": bucket, "bytes_max": bytes_max, "replicas": replicas}
        return Objects(self._wire, self._inbox, self._streams, limits)

    def tail(self, *patterns: str) -> AsyncIterator[tuple[str, bytes]]:
        """``(subject, body)`` of what is said from now on; ``libs.bus.subject`` makes patterns."""
        return reading.tail(self._wire, patterns or subject.watched())


def trace_header() -> bytes:
    trace = TRACEPARENT.get()
    return headers.build({headers.TRACE: trace}) if trace else b""


@lru_cache(maxsize=512)
def reply_decoder(kind: type[Ask[Any]]) -> "json.Decoder[Any]":
    return json.Decoder(kind.reply)
