"""What a service answers and follows: a table that its handlers write themselves into at import."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from msgspec import Struct

from libs.bus import cloudevent, subject
from libs.bus.envelope import Station
from libs.bus.message import Ask, Event, Notice
from libs.ocpp.message import Request, Response

ReplyT = TypeVar("ReplyT")

CallHandler = Callable[[Any, Station, Any], Awaitable[Response]]
Quarantine = Callable[[Any, Station, type[Request[Any]]], Awaitable[Response]]
AskHandler = Callable[[Any, Any], Awaitable[ReplyT]]
FactHandler = Callable[[Any, Any], Awaitable[None]]
CallHandlerT = TypeVar("CallHandlerT", bound=CallHandler)
QuarantineT = TypeVar("QuarantineT", bound=Quarantine)
FactHandlerT = TypeVar("FactHandlerT", bound=FactHandler)

IN_FLIGHT_MAX = 1000
WAITING_MAX = 20_000
FOLLOWED_IN_FLIGHT_MAX = 64


class Heard(Struct, frozen=True):
    """A notice, or an event at the moment it is announced, and who hears it here."""

    kind: type[Notice] | type[Event]
    handler: FactHandler
    shared: bool
    """In the queue group: one instance hears. Else every instance."""


def never(error: Exception) -> bool:
    return False


class Router:
    """The handlers of one service; ``name`` is its queue group and its name in ``$SRV``.

    ``transient`` says of an exception whether it is a passing fault (database away): callers then
    get ``Unavailable`` rather than ``InternalError``. ``in_flight_max`` handlers run at a time,
    ``waiting_max`` more messages wait; what comes beyond is refused as ``Unavailable``.
    """

    def __init__(
        self,
        name: str,
        *,
        version: str = "1.0.0",
        description: str = "",
        transient: Callable[[Exception], bool] = never,
        in_flight_max: int = IN_FLIGHT_MAX,
        waiting_max: int = WAITING_MAX,
        followed_in_flight_max: int = FOLLOWED_IN_FLIGHT_MAX,
    ) -> None:
        self.name = name
        self.version = version
        self.description = description
        self.transient = transient
        self.in_flight_max = in_flight_max
        self.waiting_max = waiting_max
        self.followed_in_flight_max = followed_in_flight_max
        self.calls: dict[type[Request[Any]], CallHandler] = {}
        self.quarantined: dict[type[Request[Any]], Quarantine] = {}
        self.asks: dict[type[Ask[Any]], AskHandler[Any]] = {}
        self.followed: dict[type[Event], FactHandler] = {}
        self.heard: list[Heard] = []

    def on(self, *kinds: type[Request[Any]]) -> Callable[[CallHandlerT], CallHandlerT]:
        """Answer these CALLs of stations: ``handler(app, station, call) -> response``."""

        def register(handler: CallHandlerT) -> CallHandlerT:
            for kind in kinds:
                add(self.calls, kind, handler, subject.up_pattern(kind.version, kind.action))
            return handler

        return register

    def quarantines(self, *kinds: type[Request[Any]]) -> Callable[[QuarantineT], QuarantineT]:
        """Answer those that do not conform: ``handler(app, station, kind) -> response``."""

        def register(handler: QuarantineT) -> QuarantineT:
            for kind in kinds:
                add(self.quarantined, kind, handler, f"non-conforming {kind.__name__}")
            return handler

        return register

    def answers(
        self, kind: type[Ask[ReplyT]]
    ) -> Callable[[Callable[[Any, Any], Awaitable[ReplyT]]], Callable[..., Awaitable[ReplyT]]]:
        """Answer this request: ``handler(app, ask) -> reply``. It may raise :class:`BusError`."""

        def register(
            handler: Callable[[Any, Any], Awaitable[ReplyT]],
        ) -> Callable[..., Awaitable[ReplyT]]:
            add(self.asks, kind, handler, kind.subject)
            return handler

        return register

    def follows(self, kind: type[Event]) -> Callable[[FactHandlerT], FactHandlerT]:
        """See each such event at least once, also those of the time when nobody ran.

        ``handler(app, event)``; when it raises, the event comes again later. Order is not promised.
        """

        def register(handler: FactHandlerT) -> FactHandlerT:
            add(self.followed, kind, handler, cloudevent.type_of(kind))
            return handler

        return register

    def hears(self, kind: type[Notice] | type[Event]) -> Callable[[FactHandlerT], FactHandlerT]:
        """Every instance hears it when it is said; who does not listen then, never hears it."""
        return self._hears(kind, shared=False)

    def shares(self, kind: type[Notice] | type[Event]) -> Callable[[FactHandlerT], FactHandlerT]:
        """One instance hears it when it is said."""
        return self._hears(kind, shared=True)

    def _hears(
        self, kind: type[Notice] | type[Event], *, shared: bool
    ) -> Callable[[FactHandlerT], FactHandlerT]:
        def register(handler: FactHandlerT) -> FactHandlerT:
            if any(heard.kind is kind and heard.shared is shared for heard in self.heard):
                raise AlreadyRegistered(f"{kind.__name__} has a handler already")
            self.heard.append(Heard(kind, handler, shared))
            return handler

        return register


class AlreadyRegistered(Exception):
    """Two handlers for one thing: found at import."""


def add(table: dict[Any, Any], kind: type[Any], handler: Any, what: str) -> None:
    if kind in table:
        raise AlreadyRegistered(f"{what} has the handler {table[kind].__name__} already")
    table[kind] = handler
