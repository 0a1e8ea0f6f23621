"""The edge's peers on the real bus: a registry that admits, and an owner for every action."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Self

import msgspec

from libs.bus import Bus, Router, Serving, Station, cloudevent
from libs.contracts.stations import (
    Admission,
    Admit,
    Connected,
    Disconnected,
    Done,
    EdgeAlive,
    EdgeLease,
    EdgeRoster,
    StationChanged,
)
from libs.ocpp import catalog, codec
from libs.ocpp.message import Request, Response

TENANT = "default"
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
BOOT = {"currentTime": "2026-01-31T12:00:00Z", "interval": 300, "status": "Accepted"}
ANSWERS: dict[str, Any] = {
    "BootNotification": BOOT,
    "DataTransfer": {"status": "Accepted"},
    "StartTransaction": {"transactionId": 7, "idTagInfo": {"status": "Accepted"}},
}
SECONDS_MAX = 10

Handler = Callable[[Station, Any], Awaitable[Response | dict[str, Any]]]


class Platform:
    """What the edge asks, and what it is answered. All of it can be changed by a test."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.epochs = 0
        self.admissions: dict[str, Admission] = {}
        """By station; a station that is not here is admitted and booted."""
        self.admits: list[Admit] = []
        self.handlers: dict[str, Handler] = {}
        """By action, instead of the answers above."""
        self.calls: list[tuple[Station, Any]] = []
        self.odd: list[tuple[Station, str]] = []
        """What came with a violation."""
        self.connected: list[Connected] = []
        self.disconnected: list[Disconnected] = []
        self.alive: list[EdgeAlive] = []
        self.rosters: list[EdgeRoster] = []
        self.roster_wanted = False
        self.changed = asyncio.Condition()
        self.servings: dict[str, Serving] = {}

    async def __aenter__(self) -> Self:
        await self.start("stations", registry(self))
        await self.start("owners", owners(self))
        return self

    async def __aexit__(self, *_: object) -> None:
        for name in list(self.servings):
            # A handler that was told to wait for ever is not waited for.
            await self.servings.pop(name).stop(timeout=0.5)

    async def start(self, name: str, router: Router | None = None) -> None:
        made = router or (registry(self) if name == "stations" else owners(self))
        self.servings[name] = await self.bus.serve(made, self)

    async def stop(self, name: str) -> None:
        """That service goes away."""
        await self.servings.pop(name).stop()

    async def note(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something has come that makes the condition true."""
        async with asyncio.timeout(SECONDS_MAX), self.changed:
            await self.changed.wait_for(lambda: bool(condition()))

    async def change(self, station: str, *, strict: bool) -> None:
        """The registry announces that an operator changed a station."""
        event = StationChanged(
            tenant=TENANT,
            at=NOW,
            station=station,
            changed=["strict"],
            registration="Accepted",
            strict=strict,
        )
        made = cloudevent.announcement(event, "stations")
        await self.bus.announce(made.subject, made.body, f"{made.id}{id(self)}")

    def admit(self, ask: Admit) -> Admission:
        self.admits.append(ask)
        self.epochs += 1
        known = self.admissions.get(ask.station)
        if known is None:
            known = Admission(
                admitted=True, boot_status="Accepted", tenant=ask.named_tenant or TENANT
            )
        if not known.admitted:
            return known
        return Admission(
            admitted=True,
            tenant=known.tenant,
            station=known.station or ask.station,
            epoch=known.epoch or self.epochs,
            boot_status=known.boot_status,
            strict=known.strict,
            speech=known.speech,
        )


def registry(platform: Platform) -> Router:
    router = Router("stations")

    @router.answers(Admit)
    async def admit(app: Platform, ask: Admit) -> Admission:
        return app.admit(ask)

    @router.answers(EdgeAlive)
    async def edge_alive(app: Platform, ask: EdgeAlive) -> EdgeLease:
        app.alive.append(ask)
        await app.note()
        return EdgeLease(lease_seconds=10, roster_wanted=app.roster_wanted)

    @router.answers(EdgeRoster)
    async def edge_roster(app: Platform, ask: EdgeRoster) -> Done:
        app.rosters.append(ask)
        await app.note()
        return Done()

    @router.hears(Connected)
    async def connected(app: Platform, notice: Connected) -> None:
        app.connected.append(notice)
        await app.note()

    @router.hears(Disconnected)
    async def disconnected(app: Platform, notice: Disconnected) -> None:
        app.disconnected.append(notice)
        await app.note()

    return router


def owners(platform: Platform) -> Router:
    """One service that owns all actions."""
    router = Router("owners")
    kinds: list[type[Request[Any]]] = [
        kind
        for actions in catalog.ACTIONS.values()
        for kind in actions.values()
        if kind.sender != "csms"
    ]

    async def answer(app: Platform, station: Station, call: Any) -> Response:
        app.calls.append((station, call))
        await app.note()
        kind = type(call)
        handler = app.handlers.get(kind.action)
        reply = await handler(station, call) if handler else default(kind)
        if isinstance(reply, Response):
            return reply
        return codec.decode(kind.response, encoded(reply))

    async def keep(app: Platform, station: Station, kind: type[Request[Any]]) -> Response:
        app.odd.append((station, kind.action))
        await app.note()
        return codec.decode(kind.response, encoded(default(kind)))

    router.on(*kinds)(answer)
    router.quarantines(*kinds)(keep)
    return router


def default(kind: type[Request[Any]]) -> dict[str, Any]:
    if kind.action == "Authorize":
        name = "idTagInfo" if kind.version == "v16" else "idTokenInfo"
        return {name: {"status": "Accepted"}}
    return ANSWERS.get(kind.action, {})


def encoded(value: dict[str, Any]) -> bytes:

    return msgspec.json.encode(value)


def waits(event: asyncio.Event, reply: dict[str, Any]) -> Handler:
    """A handler that answers when the event is set."""

    async def handler(station: Station, call: Any) -> dict[str, Any]:
        await event.wait()
        return reply

    return handler


def raises(error: Exception) -> Handler:
    async def handler(station: Station, call: Any) -> dict[str, Any]:
        raise error

    return handler
