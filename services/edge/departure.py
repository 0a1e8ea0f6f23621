"""The end of an edge in a rolling update: stations leave one after the other, and no answer is
lost.
"""

import asyncio
import random

from libs.runtime import log
from services.edge.app import App
from services.edge.websocket import SERVICE_RESTART

logger = log.get("edge")

PACE_SECONDS = 0.05
GOODBYE_SECONDS_MAX = 1.0
"""So long we wait for the peers' answers to our close."""


async def depart(app: App) -> None:
    """Close all sockets at a rate that spreads their return over the other edges.

    A CALL under way is answered first, if that takes no longer than ``finish_seconds``.
    """
    limits = app.limits
    leaving = list(app.roster.held.values())
    random.shuffle(leaving)
    rate = max(limits.closes_per_second_min, len(leaving) / limits.drain_seconds)
    logger.info("edge leaves", sockets=len(leaving))
    step = max(1, round(rate * PACE_SECONDS))
    for start in range(0, len(leaving), step):
        for connection in leaving[start : start + step]:
            connection.leave()
        if start + step < len(leaving):
            await asyncio.sleep(PACE_SECONDS)
    await until_none_is_held(app, limits.finish_seconds)
    for connection in list(app.roster.held.values()):
        connection.close(SERVICE_RESTART, "the edge restarts; connect again")
    await until_none_is_open(app, GOODBYE_SECONDS_MAX)


async def until_none_is_held(app: App, seconds: float) -> None:
    deadline = app.loop.time() + seconds
    while app.roster.held and app.loop.time() < deadline:  # noqa: ASYNC110  # once in a life
        await asyncio.sleep(PACE_SECONDS)


async def until_none_is_open(app: App, seconds: float) -> None:
    """The peers answer our close; those that do not are broken off by their own timers."""
    deadline = app.loop.time() + seconds
    while app.sockets.open and app.loop.time() < deadline:  # noqa: ASYNC110  # as above
        await asyncio.sleep(PACE_SECONDS)
