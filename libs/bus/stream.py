"""The streams: ``EVENTS`` keeps what services announce, ``OCPP_LOG`` what stations exchanged."""

import asyncio
import logging
import random
from contextlib import suppress
from typing import Any

from msgspec import Struct, json

from libs.bus import subject
from libs.bus.errors import BusError, NoOwner, Unavailable
from libs.bus.inbox import Inbox
from libs.bus.wire import Wire

logger = logging.getLogger("voltbus.bus")

EVENTS = "EVENTS"
OCPP_LOG = "OCPP_LOG"

DAY_SECONDS = 86_400
NANOSECONDS = 1_000_000_000
DUPLICATE_WINDOW_SECONDS = 120
API_TIMEOUT_SECONDS = 5.0
PATIENCE_SECONDS = 30.0

NAME_IN_USE = 10058
STREAM_NOT_FOUND = 10059
BAD_REQUEST = 400


class Limits(Struct, frozen=True, kw_only=True):
    """How much of a stream is kept: what is older or more than this is dropped."""

    age_days: float
    bytes_max: int


class StreamLimits(Struct, frozen=True, kw_only=True):
    events: Limits = Limits(age_days=90, bytes_max=8 << 30)
    log: Limits = Limits(age_days=7, bytes_max=16 << 30)
    replicas: int = 1
    """3 in a cluster."""


class StreamState(Struct, frozen=True):
    messages: int
    first_seq: int
    last_seq: int
    num_subjects: int = 0


class StreamInfo(Struct, frozen=True):
    state: StreamState


class ApiError(BusError):
    """JetStream refused; ``number`` is its ``err_code``."""

    code = "JetStream"

    def __init__(self, fault: "Fault") -> None:
        super().__init__(fault.description)
        self.number = fault.err_code
        self.passing = fault.code != BAD_REQUEST


class Fault(Struct, frozen=True):
    code: int = 0
    err_code: int = 0
    description: str = ""


class Answer(Struct, frozen=True):
    error: Fault | None = None


decode_answer = json.Decoder(Answer).decode
decode_info = json.Decoder(StreamInfo).decode


class Streams:
    """JetStream's API as far as we need it."""

    def __init__(self, wire: Wire, inbox: Inbox) -> None:
        self._wire = wire
        self._inbox = inbox
        self.limits = StreamLimits()

    async def ensure(self, limits: StreamLimits | None = None) -> None:
        """Make the streams that are missing; with ``limits``, give those that are there these.

        What an operator has set otherwise (``nats stream edit``) is not ours to undo at each start.
        Waits for a JetStream that is starting.
        """
        self.limits = limits or self.limits
        change = limits is not None
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        for config in configurations(self.limits):
            while (error := await self._ensured(config, change=change)) is not None:
                if asyncio.get_running_loop().time() > deadline:
                    raise Unavailable(f"JetStream does not make {config['name']}: {error}")
                await asyncio.sleep(random.uniform(0.05, 0.3))

    async def ensure_present(self) -> None:
        """Make those that are missing; leave the others as they are."""
        for config in configurations(self.limits):
            try:
                await self.api(subject.stream_create(config["name"]), config)
            except ApiError as error:
                if error.number != NAME_IN_USE:
                    raise

    async def _ensured(self, config: dict[str, Any], *, change: bool) -> BusError | None:
        """Make a stream, or ``change`` the one that is there; what is in the way, for now."""
        name: str = config["name"]
        try:
            await self.api(subject.stream_create(name), config)
        except ApiError as error:
            if error.number != NAME_IN_USE:
                return error
            if change:
                await self.api(subject.stream_update(name), config)
                logger.info("stream %s has new limits", name)
        except BusError as error:
            return error
        return None

    async def info(self, stream: str) -> StreamState:
        return decode_info(await self.api(subject.stream_info(stream), {})).state

    async def create_consumer(self, stream: str, config: dict[str, Any]) -> None:
        """Idempotent for a durable one with the same configuration."""
        only = config.get("filter_subject", "")
        address = subject.consumer_create(stream, config["name"], only)
        await self.api(address, {"stream_name": stream, "config": config})

    def forget_consumer(self, stream: str, consumer: str) -> None:
        """Delete one that nobody needs any more; if that is not heard, it ends by itself."""
        with suppress(BusError):
            self._wire.send(subject.consumer_delete(stream, consumer), b"")

    async def api(self, address: str, body: dict[str, Any]) -> bytes:
        """A request to JetStream; its JSON. Raises ``ApiError``, ``Unavailable``, ``TimedOut``."""
        try:
            answer, _ = await self._inbox.request(address, json.encode(body), API_TIMEOUT_SECONDS)
        except NoOwner:
            raise Unavailable("JetStream does not answer") from None
        error = decode_answer(answer).error
        if error is not None:
            raise ApiError(error)
        return answer


def configurations(limits: StreamLimits) -> list[dict[str, Any]]:
    """Both streams as JetStream's API spells them."""
    return [
        configuration(EVENTS, subject.EVENT_PATTERN, limits.events, limits.replicas),
        configuration(OCPP_LOG, subject.LOG_PATTERN, limits.log, limits.replicas),
    ]


def configuration(name: str, pattern: str, limits: Limits, replicas: int) -> dict[str, Any]:
    return {
        "name": name,
        "subjects": [pattern],
        "retention": "limits",
        "storage": "file",
        "discard": "old",
        "max_age": int(limits.age_days * DAY_SECONDS * NANOSECONDS),
        "max_bytes": limits.bytes_max,
        "num_replicas": replicas,
        "duplicate_window": DUPLICATE_WINDOW_SECONDS * NANOSECONDS,
        "compression": "s2",
        "allow_direct": True,
        "max_msgs": -1,
        "max_consumers": -1,
        "max_msgs_per_subject": -1,
    }
