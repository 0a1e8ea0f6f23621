"""A running edge: its listener, its listening to the bus, its lease."""

import asyncio
import resource
import secrets
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from ssl import SSLContext

from msgspec import Struct

from libs.bus import Bus
from libs.runtime import log, metrics
from libs.runtime.configuration import cannot_listen
from services.edge.app import App
from services.edge.departure import depart
from services.edge.doorman import Doorman
from services.edge.handlers import router
from services.edge.limits import Limits
from services.edge.listener import Listener
from services.edge.presence import keep_alive, say_goodbye

logger = log.get("edge")

SPARE_FILES = 100
"""For everything that is no station's socket."""


class Place(Struct, frozen=True, kw_only=True):
    """Where an edge listens."""

    host: str
    port: int
    """0: any."""
    reuse_port: bool = False
    """Several edges of one machine share the port, and the kernel shares out the connections."""
    tls: SSLContext | None = None


class Edge(Struct, frozen=True):
    app: App
    port: int


@asynccontextmanager
async def running(bus: Bus, place: Place, limits: Limits) -> AsyncGenerator[Edge]:
    """Serve stations; at the end of the block they are sent away in good order."""
    make_room(limits.connections_max)
    app = App(bus, edge_name(), limits)
    doorman = Doorman(app, tls=place.tls is not None)
    listener = Listener(doorman.admit, app)
    metrics.gauge("edge_stations", "stations whose socket is here", read=lambda: len(app.roster))
    metrics.gauge("edge_sockets", "open sockets", read=lambda: app.sockets.open)
    serving = await bus.serve(router, app)
    async with asyncio.TaskGroup() as group:
        chores = [group.create_task(app.wheel.run()), group.create_task(keep_alive(app))]
        try:
            port = await listen(listener, place)
            logger.info("edge listens", host=place.host, port=port, edge=app.name)
            yield Edge(app, port)
        finally:
            listener.close()
            await depart(app)
            for chore in chores:
                chore.cancel()
            await app.tasks.end()
            await serving.stop()
            await say_goodbye(app)


async def listen(listener: Listener, place: Place) -> int:
    try:
        return await listener.start(place.host, place.port, place.reuse_port, place.tls)
    except OSError as error:
        raise cannot_listen(place.host, place.port, error, "OCPP_PORT") from error


def make_room(connections_max: int) -> None:
    """Each socket is an open file: take as many as the system gives, and say when they are too
    few.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < connections_max + SPARE_FILES:
        logger.warning("fewer files than connections", files=hard, connections=connections_max)


def edge_name() -> str:
    """Unlike that of any other edge, and of any earlier life of this one."""
    return f"{socket.gethostname()}-{secrets.token_hex(4)}"
