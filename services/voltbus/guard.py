"""Servers of our own: one that ends by itself is started again, where it was, with its data."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Protocol

from libs.bus.embedded import NatsNotStarted
from libs.postgres.binaries import NoPostgres
from libs.postgres.embedded import StartFailed
from libs.postgres.identity import NoIdentity
from libs.runtime import log

logger = log.get("voltbus")

NOT_STARTED = (NatsNotStarted, NoPostgres, NoIdentity, StartFailed, OSError)
"""What a server raises that cannot start; the text says why."""

RESTART_SECONDS_MIN = 0.1
RESTART_SECONDS_MAX = 10.0
STEADY_SECONDS = 30.0
"""One that has run so long may be started again at once."""


class Server(Protocol):
    """It comes back on its port: who is connected to it connects again by himself."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def ended(self) -> int: ...


@asynccontextmanager
async def guarded(name: str, server: Server) -> AsyncGenerator[None]:
    """Started; watched; stopped. Whether it starts at all is told by its error."""
    try:
        await server.start()
        watching = asyncio.create_task(watch(name, server), name=f"watch {name}")
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait({watching})
    finally:
        await server.stop()


async def watch(name: str, server: Server) -> None:
    clock = asyncio.get_running_loop().time
    wait = RESTART_SECONDS_MIN
    while True:
        began = clock()
        code = await server.ended()
        logger.error("server ended by itself and is started again", server=name, code=code)
        if clock() - began > STEADY_SECONDS:
            wait = RESTART_SECONDS_MIN
        while not await came_back(name, server, wait):
            wait = min(wait * 2, RESTART_SECONDS_MAX)
        wait = min(wait * 2, RESTART_SECONDS_MAX)
        logger.warning("server is back", server=name)


async def came_back(name: str, server: Server, wait: float) -> bool:
    """After ``wait`` seconds, lest one that fails as it starts keeps the machine busy."""
    await asyncio.sleep(wait)
    try:
        await server.stop()
        await server.start()
    except NOT_STARTED as error:
        logger.error("server does not start", server=name, reason=str(error))  # noqa: TRY400 - is a sentence
        return False
    return True
