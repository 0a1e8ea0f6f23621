"""A router at work: subscriptions, typed decoding, bounded handlers, answers and errors."""

import asyncio
import logging
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from msgspec import MsgspecError, json

from libs.bus import cloudevent, envelope, subject
from libs.bus import header as headers
from libs.bus.dispatch import Dispatcher
from libs.bus.envelope import Station, ViolationInfo
from libs.bus.errors import (
    BusError,
    CallFault,
    Forbidden,
    InternalError,
    Invalid,
    TimedOut,
    Unavailable,
)
from libs.bus.follower import Follower
from libs.bus.message import Ask, Event, Notice
from libs.bus.monitoring import Endpoint, Identity
from libs.bus.router import AskHandler, CallHandler, FactHandler, Heard, Quarantine, Router
from libs.bus.stream import Streams
from libs.bus.token import unescape
from libs.bus.trace import TRACEPARENT
from libs.bus.wire import Interest, Listening, Wire
from libs.ocpp import codec
from libs.ocpp.fault import Violation
from libs.ocpp.message import Message, Request

logger = logging.getLogger("voltbus.bus")


class Route:
    """A subject that is answered: how a message becomes the body of its answer."""

    endpoint: Endpoint

    async def answer(self, address: str, body: bytes) -> bytes:
        """The answer; raises what is wrong."""
        raise NotImplementedError


class CallRoute(Route):
    """An action of stations, in one version."""

    def __init__(
        self, app: Any, kind: type[Request[Any]], handler: CallHandler, odd: Quarantine | None
    ) -> None:
        self.app = app
        self.kind = kind
        self.handler = handler
        self.odd = odd
        self.decode = json.Decoder(kind).decode

    async def answer(self, address: str, body: bytes) -> bytes:
        up = decoded(envelope.decode_up, body)
        _, tenant, station_id, _ = address.split(".", 3)
        raw = bytes(up.payload)
        station = Station(
            tenant=unescape(tenant),
            id=unescape(station_id),
            version=self.kind.version,
            message_id=up.id,
            received_at=up.received_at,
            edge=up.edge,
            epoch=up.epoch,
            quirks=up.quirks,
            violation=up.violation,
            raw=raw,
        )
        if up.violation is not None:
            return codec.encode(await self._quarantined(station, up.violation))
        try:
            call = self.decode(raw)
        except MsgspecError:
            call = self._mended(raw)
        return codec.encode(await self.handler(self.app, station, call))

    async def _quarantined(self, station: Station, violation: ViolationInfo) -> Message:
        if self.odd is None:
            raise CallFault(violation.code, violation.description)
        return await self.odd(self.app, station, self.kind)

    def _mended(self, raw: bytes) -> Request[Any]:
        """Another edge may be stricter or laxer than we are: what can be read is read."""
        try:
            return codec.mend(self.kind, raw).message
        except Violation as violation:
            raise CallFault(violation.code, violation.description) from None


class AskRoute(Route):
    """A request between services."""

    def __init__(self, app: Any, kind: type[Ask[Any]], handler: AskHandler[Any]) -> None:
        self.app = app
        self.handler = handler
        self.decode = json.Decoder(kind).decode

    async def answer(self, address: str, body: bytes) -> bytes:
        ask = decoded(self.decode, body)
        # Permissions are granted on subjects, so the body must not speak for another tenant.
        if ask.address() != address:
            raise Forbidden("the request's fields contradict its subject")
        return envelope.encode(await self.handler(self.app, ask))


class Fact:
    """A notice or event that is heard, and its handler."""

    def __init__(self, app: Any, heard: Heard) -> None:
        self.app = app
        self.handler: FactHandler = heard.handler
        self.decode = fact_decoder(heard.kind)


def fact_decoder(kind: type[Notice] | type[Event]) -> Callable[[bytes], Any]:
    if issubclass(kind, Event):
        decode = cloudevent.decoder(kind).decode
        return lambda body: decode(body).data
    return json.Decoder(kind).decode


class Serving:
    """A router's subscriptions. ``stop`` takes no new work and finishes what has arrived."""

    def __init__(self, wire: Wire, streams: Streams, router: Router, app: Any) -> None:
        self._wire = wire
        self._router = router
        self._app = app
        self.dispatcher = Dispatcher(router.in_flight_max, router.waiting_max)
        """For what other services ask."""
        self.stations = Dispatcher(router.in_flight_max, router.waiting_max)
        """For what stations say: it must not wait for those who ask, who may wait for stations."""
        self.identity = Identity.of(router.name, router.version, router.description)
        self._interests: list[Interest] = []
        self._followers = [
            Follower(
                wire,
                streams,
                service=router.name,
                kind=kind,
                handler=handler,
                app=app,
                transient=router.transient,
                in_flight_max=router.followed_in_flight_max,
            )
            for kind, handler in router.followed.items()
        ]
        self._stopped: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when the server knows all subscriptions."""
        router, app = self._router, self._app
        for kind, handler in router.calls.items():
            route = CallRoute(app, kind, handler, router.quarantined.get(kind))
            self._answer(
                route,
                f"{kind.version}_{kind.action}",
                subject.up_pattern(kind.version, kind.action),
            )
        for kind, ask_handler in router.asks.items():
            self._answer(AskRoute(app, kind, ask_handler), kind.__name__, kind.pattern())
        for heard in router.heard:
            self._hear(Fact(app, heard), heard)
        for verb in Identity.VERBS:
            for address in subject.monitoring(verb, router.name, self.identity.id):
                self._listen(Listening(address, self._monitor(verb)))
        await self._known()
        for follower in self._followers:
            await follower.start()

    async def _known(self) -> None:
        """Wait until the server knows what is subscribed, for as long as NATS is away."""
        while True:
            try:
                await self._wire.barrier()
                return
            except TimedOut as error:
                logger.warning("%s waits for NATS: %s", self._router.name, error)

    async def stop(self, timeout: float = 30.0) -> None:  # noqa: ASYNC109 - of the whole, once
        """Graceful end: unsubscribe, then answer all that the server gave us before it knew."""
        if self._stopped is None:
            self._stopped = asyncio.ensure_future(self._stop(timeout))
        await asyncio.shield(self._stopped)

    async def _stop(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                for follower in self._followers:
                    follower.leave()
                for interest in self._interests:
                    self._wire.leave(interest)
                await self._wire.settle()
                await self.dispatcher.idle()
                await self.stations.idle()
                for follower in self._followers:
                    await follower.idle()
                await self._wire.settle()
        except TimeoutError:
            busy = self.dispatcher.in_flight + self.stations.in_flight
            logger.warning("%s ends with %d handlers at work", self._router.name, busy)
        finally:
            self.dispatcher.cancel()
            self.stations.cancel()
            for follower in self._followers:
                follower.cancel()
            for interest in self._interests:
                self._wire.ignore(interest)

    # -- what is subscribed ----------------------------------------------------------------------

    def _listen(self, interest: Interest) -> None:
        self._interests.append(interest)
        self._wire.listen(interest)

    def _answer(self, route: Route, name: str, pattern: str) -> None:
        group = self._router.name
        route.endpoint = Endpoint(name, pattern, group)
        self.identity.endpoints.append(route.endpoint)
        dispatcher = self.stations if isinstance(route, CallRoute) else self.dispatcher

        def receive(address: bytes, reply: bytes, body: bytes, header: bytes) -> None:
            accepted = dispatcher.submit(self._respond, route, address, reply, body, header)
            if not accepted:
                error = Unavailable(f"{group} has more to do than it can")
                self._refuse(route.endpoint, reply.decode(), error)

        self._listen(Listening(pattern, receive, group))

    def _hear(self, fact: Fact, heard: Heard) -> None:
        def receive(address: bytes, reply: bytes, body: bytes, header: bytes) -> None:
            if not self.stations.submit(self._consider, fact, address, body):
                logger.warning("%s has no room for %s", self._router.name, address.decode())

        pattern = heard.kind.pattern()
        if heard.shared:
            self._listen(Listening(pattern, receive, self._router.name))
        else:
            self._listen(Listening(pattern, receive))

    def _monitor(self, verb: str) -> Any:
        def receive(subject: bytes, reply: bytes, payload: bytes, header: bytes) -> None:
            if reply:
                self._wire.send(reply.decode(), self.identity.answer(verb))

        return receive

    # -- what is done with a message -------------------------------------------------------------

    async def _respond(
        self, route: Route, address: bytes, reply: bytes, body: bytes, header: bytes
    ) -> None:
        if header:
            TRACEPARENT.set(headers.parse(header).get(headers.TRACE))
        endpoint = route.endpoint
        endpoint.requests += 1
        begun = perf_counter_ns()
        try:
            answer = await route.answer(address.decode(), body)
            if reply:
                self._wire.send(reply.decode(), answer)
        except asyncio.CancelledError:
            self._refuse(endpoint, reply.decode(), Unavailable("the service ends"))
            raise
        except Exception as error:
            self._refuse(endpoint, reply.decode(), self._error(error, endpoint))
        finally:
            endpoint.nanoseconds += perf_counter_ns() - begun

    def _error(self, error: Exception, endpoint: Endpoint) -> BusError:
        """What the caller is told: our errors as they are, of others only that they happened."""
        if isinstance(error, BusError):
            return error
        if self._router.transient(error):
            logger.warning("%s is away for %s: %s", self._router.name, endpoint.name, error)
            return Unavailable("a passing fault; try again")
        logger.error("%s broke on %s", self._router.name, endpoint.name, exc_info=error)
        return InternalError("the handler broke; see the service's log")

    def _refuse(self, endpoint: Endpoint, reply: str, error: BusError) -> None:
        endpoint.errors += 1
        endpoint.last_error = str(error)
        if not reply:
            return
        header, body = headers.error_message(error)
        try:
            self._wire.send(reply, body, header=header)
        except BusError as failure:
            logger.warning("%s could not answer: %s", self._router.name, failure)

    async def _consider(self, fact: Fact, address: bytes, body: bytes) -> None:
        try:
            await fact.handler(self._app, decoded(fact.decode, body))
        except Exception as error:
            if self._router.transient(error) or isinstance(error, BusError):
                logger.warning("%s missed %s: %s", self._router.name, address.decode(), error)
            else:
                logger.exception("%s broke on %s", self._router.name, address.decode())


def decoded(decode: Callable[[bytes], Any], body: bytes) -> Any:
    """Decode, or say to the caller what is wrong with what it sent."""
    try:
        return decode(body)
    except MsgspecError as error:
        raise Invalid(f"the body does not fit: {error}") from None
