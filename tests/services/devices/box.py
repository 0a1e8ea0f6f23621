"""A station on paper: whoever calls it is answered by a function; and a registry that knows it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from msgspec import convert, json

from libs.bus import Address, Bus, Router
from libs.contracts.stations import GetStation, PutStation, StationView
from libs.ocpp import catalog
from libs.ocpp.message import Version
from tests.services.service import up

Answer = dict[str, Any] | tuple[str, str] | None
"""A payload, a CALLERROR (code, description), or silence."""


class Box:
    """Holds a station on the bus. ``answers`` by action; what is not there is ``Accepted``."""

    def __init__(self, bus: Bus, to: Address, version: Version) -> None:
        self.bus = bus
        self.to = to
        self.version: Version = version
        self.view = StationView(tenant=to.tenant, id=to.station, protocol=version, online=True)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Callable[[dict[str, Any]], Answer]] = {}
        self.heard = asyncio.Event()

    def take(self, version: str, action: str, down: Any, reply: Any) -> None:
        payload = json.decode(down.payload)
        self.calls.append((action, payload))
        self.heard.set()
        answer = self.answers.get(action, lambda _: {"status": "Accepted"})(payload)
        if isinstance(answer, tuple):
            reply.error(*answer)
        elif answer is not None:
            reply.result(json.encode(answer))

    async def say(self, action: str, body: dict[str, Any]) -> None:
        kind = catalog.find(self.version, action)
        assert kind is not None
        await up(self.bus, self.to, convert(body, kind))

    async def asked(self, count: int) -> list[tuple[str, dict[str, Any]]]:
        async with asyncio.timeout(10):
            while len(self.calls) < count:
                self.heard.clear()
                await self.heard.wait()
        return self.calls


class Registry:
    def __init__(self) -> None:
        self.boxes: dict[tuple[str, str], Box] = {}


registry = Router("registry")


@registry.answers(GetStation)
async def get_station(app: Registry, ask: GetStation) -> StationView:
    return app.boxes[ask.tenant, ask.station].view


@registry.answers(PutStation)
async def put_station(app: Registry, ask: PutStation) -> StationView:
    """The password that a station took."""
    return app.boxes[ask.tenant, ask.station].view


@asynccontextmanager
async def boxes(bus: Bus, *found: Box) -> AsyncGenerator[None]:
    """These stations are connected."""
    known = Registry()
    known.boxes = {(box.to.tenant, box.to.station): box for box in found}
    serving = await bus.serve(registry, known)
    lines = [bus.serve_station(box.to.tenant, box.to.station, box.take) for box in found]
    await bus.barrier()
    yield
    for line in lines:
        line.unsubscribe()
    await serving.stop()
