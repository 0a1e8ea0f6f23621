"""What is done again and again beside answering: each block registers its own."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple, TypeVar

from libs.postgres import transient
from libs.runtime import log
from services.devices.app import App

logger = log.get("devices")

Work = Callable[[App], Awaitable[None]]
WorkT = TypeVar("WorkT", bound=Work)


class Chore(NamedTuple):
    """Work that every instance does; it must not mind that others do it at the same time."""

    name: str
    every_seconds: float
    work: Work


CHORES: list[Chore] = []


def chore(name: str, every_seconds: float) -> Callable[[WorkT], WorkT]:
    """Do this every so many seconds; the first time after one such pause."""

    def register(work: WorkT) -> WorkT:
        CHORES.append(Chore(name, every_seconds, work))
        return work

    return register


@asynccontextmanager
async def at_work(app: App) -> AsyncGenerator[None]:
    """All chores, until left; what is under way then is cancelled."""
    tasks = [asyncio.create_task(again(each, app), name=each.name) for each in CHORES]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def again(each: Chore, app: App) -> None:
    """For ever. A passing fault is nothing; any other is told, and the next time may be better."""
    while True:
        await asyncio.sleep(each.every_seconds)
        try:
            await each.work(app)
        except Exception as error:
            if not transient(error):
                logger.exception("a chore failed", chore=each.name)
