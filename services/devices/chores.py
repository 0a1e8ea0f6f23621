"""What is done again and again beside answering: each block registers its own."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, NamedTuple, TypeVar

from libs.postgres import transient
from libs.runtime import Crew, log
from services.devices.app import App

logger = log.get("devices")

Work = Callable[[App], Awaitable[None]]
WorkT = TypeVar("WorkT", bound=Work)


class Chore(NamedTuple):
    """Work that every instance does; it must not mind that others do it at the same time."""

    name: str
    every_seconds: float
    work: Work


class Errands(NamedTuple):
    """Work that waits for stations: ``take`` claims what is due, up to so many ``hands``; each is
    seen to by itself, so a station that is silent delays no other.
    """

    name: str
    every_seconds: float
    hands: int
    take: Callable[[App, int], Awaitable[Sequence[Any]]]
    see_to: Callable[[App, Any], Coroutine[Any, Any, None]]


CHORES: list[Chore] = []
ERRANDS: list[Errands] = []


def chore(name: str, every_seconds: float) -> Callable[[WorkT], WorkT]:
    """Do this every so many seconds; the first time after one such pause."""

    def register(work: WorkT) -> WorkT:
        CHORES.append(Chore(name, every_seconds, work))
        return work

    return register


@asynccontextmanager
async def at_work(app: App) -> AsyncGenerator[None]:
    """All chores, until left; what is under way then is cancelled."""
    async with AsyncExitStack() as stack:
        crews = [await stack.enter_async_context(crew(each, app)) for each in ERRANDS]
        chores = CHORES + [
            Chore(each.name, each.every_seconds, partial(turn, crew))
            for each, crew in zip(ERRANDS, crews, strict=True)
        ]
        tasks = [asyncio.create_task(again(each, app), name=each.name) for each in chores]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)


def crew(each: Errands, app: App) -> Crew[Any]:
    return Crew(each.hands, partial(each.take, app), partial(attempt, each, app))


async def turn(crew: Crew[Any], _app: App) -> None:
    await crew.turn()


async def attempt(each: Errands, app: App, item: Any) -> None:
    """What fails is claimed again when its claim is over."""
    try:
        await each.see_to(app, item)
    except Exception as error:
        if not transient(error):
            logger.exception("an errand failed", chore=each.name)


async def again(each: Chore, app: App) -> None:
    """For ever. A passing fault is nothing; any other is told, and the next time may be better."""
    while True:
        await asyncio.sleep(each.every_seconds)
        try:
            await each.work(app)
        except Exception as error:
            if not transient(error):
                logger.exception("a chore failed", chore=each.name)
