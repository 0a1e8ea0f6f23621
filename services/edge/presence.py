"""The lease of this edge: while it is renewed, the stations of its sockets are online."""

import asyncio

from libs.bus import BusError
from libs.contracts.stations import EdgeAlive, EdgeRoster
from libs.runtime import log
from services.edge.app import App

logger = log.get("edge")

LEAVING_SECONDS_MAX = 2.0


async def keep_alive(app: App) -> None:
    """Renew the lease for ever; name all sockets when the registry counts others than we do."""
    while True:
        try:
            # Asked again soon: one instance of the registry that stands still must not cost the
            # lease while others serve.
            lease = await app.bus.ask_patiently(
                alive(app), app.limits.alive_seconds, app.limits.alive_attempt_seconds
            )
            if lease.roster_wanted:
                await send_roster(app)
        except BusError as error:
            logger.debug("lease not renewed", reason=str(error))
        await asyncio.sleep(app.limits.alive_seconds)


async def send_roster(app: App) -> None:
    """All sockets, in parts."""
    entries, size = app.roster.entries(), app.limits.roster_part_max
    starts = range(0, max(len(entries), 1), size)
    for part, start in enumerate(starts):
        last = part == len(starts) - 1
        chunk = entries[start : start + size]
        await app.bus.ask(EdgeRoster(edge=app.name, part=part, last=last, entries=chunk))


async def say_goodbye(app: App) -> None:
    """The last word: the lease ends now."""
    try:
        await app.bus.ask(alive(app, leaving=True), LEAVING_SECONDS_MAX)
    except BusError as error:
        logger.info("lease not returned", reason=str(error))


def alive(app: App, *, leaving: bool = False) -> EdgeAlive:
    return EdgeAlive(edge=app.name, connections=len(app.roster), leaving=leaving)
