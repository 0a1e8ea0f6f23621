"""An edge on a free port, the peers it talks to on the real bus, and sockets of bare bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
import uvloop

from libs.bus import Bus
from services.edge.edge import Edge, Place, running
from services.edge.limits import Limits
from tests.services.edge.echo import Server
from tests.services.edge.platform import Platform
from tests.services.edge.wire import SUBPROTOCOLS, Wire

VERSIONS = ("v16", "v201", "v21")


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """As in production: transports of uvloop are not those of asyncio."""
    return {"uvloop": uvloop.new_event_loop}


StartEdge = Callable[..., Awaitable[Edge]]
Connect = Callable[..., Awaitable[Wire]]

QUICK: dict[str, Any] = {"finish_seconds": 1, "close_within_seconds": 1, "alive_seconds": 0.2}


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest_asyncio.fixture
async def platform(bus: Bus) -> AsyncIterator[Platform]:
    """The registry and the owners of all actions."""
    platform = Platform(bus)
    async with platform:
        yield platform


@pytest_asyncio.fixture
async def start_edge(nats: Any) -> AsyncIterator[StartEdge]:
    """Start an edge with these limits; it has its own connection to the bus."""
    async with AsyncExitStack() as stack:

        async def start(**limits: Any) -> Edge:
            bus = await stack.enter_async_context(Bus.open(nats.url, name="edge"))
            place = Place(host="127.0.0.1", port=0)
            return await stack.enter_async_context(
                running(bus, place, Limits(**{**QUICK, **limits}))
            )

        yield start


@pytest_asyncio.fixture
async def edge(start_edge: StartEdge) -> Edge:
    return await start_edge()


@pytest_asyncio.fixture
async def connect() -> AsyncIterator[Connect]:
    """``connect(edge, "CP1", "v16")``: a websocket of a station."""
    wires: list[Wire] = []

    async def open_wire(
        edge: Edge, station: str = "CP1", version: str = "v16", **headers: str
    ) -> Wire:
        wire = await Wire.open(edge.port, f"/{station}", SUBPROTOCOLS[version], **headers)
        wires.append(wire)
        return wire

    yield open_wire
    for wire in wires:
        wire.cut()


@pytest_asyncio.fixture
async def server(bus: Bus) -> AsyncIterator[Server]:
    server = Server(bus)
    server.port = await server.listener.start("127.0.0.1", 0)
    turning = asyncio.create_task(server.app.wheel.run())
    yield server
    turning.cancel()
    server.listener.close()


@pytest_asyncio.fixture
async def wire(server: Server) -> AsyncIterator[Wire]:
    wire = await Wire.open(server.port)
    yield wire
    wire.cut()
