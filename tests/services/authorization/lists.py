"""A station with a real local list, and the owner of stations on paper."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from libs.bus import Address, Bus, Down, NotFound, Reply, Router
from libs.contracts.authorization import PutToken
from libs.contracts.local_lists import (
    GetLocalList,
    GivenEntry,
    ListSent,
    LocalListView,
    PutLocalList,
    SendList,
    SetListSync,
)
from libs.contracts.stations import GetStation, StationBooted, StationView
from libs.ocpp.message import Version
from tests.libs.station.manual import Bench
from tests.services.service import WAIT_SECONDS_MAX, eventually

stations = Router("stations-on-paper")


class Registry:
    def __init__(self) -> None:
        self.views: dict[tuple[str, str], StationView] = {}

    def add(self, to: Address, version: Version | None, **more: Any) -> None:
        self.views[to.tenant, to.station] = StationView(
            tenant=to.tenant,
            id=to.station,
            protocol=version,
            **{"online": version is not None, **more},
        )

    def change(self, to: Address, **more: Any) -> None:
        key = (to.tenant, to.station)
        self.views[key] = replace(self.views[key], **more)


@stations.answers(GetStation)
async def get_station(app: Registry, ask: GetStation) -> StationView:
    if (ask.tenant, ask.station) not in app.views:
        raise NotFound("no such station")
    return app.views[ask.tenant, ask.station]


class Listed:
    """A virtual station behind the bus. ``refusals`` answer the next SendLocalLists instead."""

    def __init__(self, bus: Bus, to: Address, version: Version, **settings: str) -> None:
        self.bench = Bench(version, **settings).boot()
        self.version = version
        self.refusals: list[Callable[[Reply], None]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._heard = asyncio.Event()
        self._subscription = bus.serve_station(to.tenant, to.station, self._on_call)

    def _on_call(self, version: Version, action: str, down: Down, reply: Reply) -> None:
        payload = msgspec.json.decode(bytes(down.payload))
        self.calls.append((action, payload))
        self._heard.set()
        if action == "SendLocalList" and self.refusals:
            self.refusals.pop(0)(reply)
            return
        frame = self.bench.server.ask(action, payload)
        if frame[0] == 3:
            reply.result(json.dumps(frame[2]).encode())
        else:
            reply.error(frame[2], frame[3])

    def refuse(self, status: str, times: int = 1) -> None:
        answer = json.dumps({"status": status}).encode()
        self.refusals += [lambda reply: reply.result(answer)] * times

    def said(self, action: str = "SendLocalList") -> list[dict[str, Any]]:
        return [payload for name, payload in self.calls if name == action]

    def kinds(self) -> list[tuple[str, int]]:
        """Update type and number of entries of each SendLocalList."""
        return [
            (sent["updateType"], len(sent.get("localAuthorizationList", [])))
            for sent in self.said()
        ]

    def listed(self) -> dict[str, str]:
        """Folded id and status of what is on its list."""
        kept = self.bench.controller.flash.local_list
        return {key.partition(":")[2]: known.verdict.status for key, known in kept.items()}

    async def heard(self, action: str, count: int = 1) -> list[dict[str, Any]]:
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            while len(self.said(action)) < count:
                self._heard.clear()
                await self._heard.wait()
        return self.said(action)

    async def has(self, wanted: dict[str, str]) -> None:
        """Wait until its list is this."""

        async def ask() -> dict[str, str]:
            return self.listed()

        await eventually(ask, lambda got: got == wanted)

    def leave(self) -> None:
        self._subscription.unsubscribe()


async def view(bus: Bus, to: Address, **more: Any) -> LocalListView:
    return await bus.ask(GetLocalList(tenant=to.tenant, station=to.station, **more))


async def until(bus: Bus, to: Address, check: Callable[[LocalListView], object]) -> LocalListView:
    return await eventually(lambda: view(bus, to), check)


async def put(bus: Bus, here: Address, *tokens: str | GivenEntry, **more: Any) -> None:
    entries = [GivenEntry(token=each) if isinstance(each, str) else each for each in tokens]
    content: dict[str, Any] = more or {"entries": entries}
    await bus.ask(PutLocalList(tenant=here.tenant, station=here.station, **content))


async def send(bus: Bus, here: Address, kind: Any = "auto", **more: Any) -> ListSent:
    return await bus.ask(SendList(tenant=here.tenant, station=here.station, type=kind, **more), 40)


async def sync(bus: Bus, here: Address, *, on: bool = True) -> None:
    await bus.ask(SetListSync(tenant=here.tenant, station=here.station, on=on))


async def token(bus: Bus, here: Address, id: str, **more: Any) -> None:
    await bus.ask(PutToken(tenant=here.tenant, token=id, **more))


def booted(here: Address) -> StationBooted:
    return StationBooted(
        tenant=here.tenant,
        at=datetime.now(UTC),
        station=here.station,
        version="v201",
        status="Accepted",
        vendor="v",
        model="m",
    )
