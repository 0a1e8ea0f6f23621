"""What has to be done now and then, by whichever instance comes first."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from libs.postgres import transient
from libs.runtime import log
from services.stations import store_presence, store_status
from services.stations.app import App
from services.stations.handlers.presence import end_lease
from services.stations.handlers.provisioning import ask_to_boot

logger = log.get("stations")

LEASES_EVERY_SECONDS = 1.0
UNBOOTED_EVERY_SECONDS = 1.0
HISTORY_EVERY_SECONDS = 3600.0
HELD_UP_SECONDS = 1.0
"""A look that comes so much later than it should: this process stood still, or had no time."""
UNBOOTED_MAX = 100
"""Stations asked to boot at a time."""


async def sweep(app: App) -> None:
    """For ever, until cancelled."""
    leases = Leases(app)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(every(LEASES_EVERY_SECONDS, leases.look, leases.doubt))
        tasks.create_task(every(UNBOOTED_EVERY_SECONDS, lambda: ask_unbooted(app)))
        tasks.create_task(every(HISTORY_EVERY_SECONDS, lambda: keep_history(app)))


async def every(
    seconds: float,
    job: Callable[[], Awaitable[None]],
    on_failure: Callable[[], None] = lambda: None,
) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await job()
        except Exception as error:
            on_failure()
            if not transient(error):
                logger.exception("sweep failed")


class Leases:
    """Ends the leases of edges that say nothing any more."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._well_since = self._looked_at = monotonic()

    def doubt(self) -> None:
        """We, the bus or the database were away or stood still, so that silence means nothing:
        wait for one lease.
        """
        self._well_since = monotonic()

    async def look(self) -> None:
        app = self._app
        if self._held_up() or not app.bus.connected:
            self.doubt()
            return
        if app.missed.is_set():
            app.missed.clear()
            await self._forget_rosters()
        if monotonic() - self._well_since < app.config.lease_seconds:
            return
        for edge in await store_presence.expired(app.pool, 2 * app.config.lease_seconds):
            await end_lease(app, edge, "the edge is gone")

    def _held_up(self) -> bool:
        """Whether edges may have spoken to us without being heard yet."""
        last, self._looked_at = self._looked_at, monotonic()
        return self._looked_at - last > LEASES_EVERY_SECONDS + HELD_UP_SECONDS

    async def _forget_rosters(self) -> None:
        try:
            await store_presence.forget_rosters(self._app.pool)
        except BaseException:
            self._app.missed.set()
            raise


async def ask_unbooted(app: App) -> None:
    """Stations that connected, may boot, and had the time to."""
    due = await store_presence.claim_unbooted(app.pool, app.config.boot_grace_seconds, UNBOOTED_MAX)
    await asyncio.gather(*(ask_to_boot(app, station) for station in due))


async def keep_history(app: App) -> None:
    await store_status.keep_history(app.pool, app.config.history_days)
