"""Whether what the API needs is there: asked in earnest, through each owner to its database."""

import asyncio
import time
from importlib.metadata import version
from typing import Any

from libs.bus import Bus, BusError
from libs.bus.message import PLATFORM, Ask
from libs.contracts.authorization import ListTokens
from libs.contracts.devices import ListReports
from libs.contracts.reservations import ListReservations
from libs.contracts.stations import ListStations
from libs.contracts.transactions import ListTransactions
from services.api.answers import Health
from services.api.store import Store

PROBES: dict[str, Ask[Any]] = {
    "stations": ListStations(tenant=PLATFORM, limit=1),
    "authorization": ListTokens(tenant=PLATFORM, limit=1),
    "transactions": ListTransactions(tenant=PLATFORM, limit=1),
    "devices": ListReports(tenant=PLATFORM, station=PLATFORM, limit=1),
    "reservations": ListReservations(tenant=PLATFORM, limit=1),
}
PROBE_SECONDS = 2.0
REMEMBERED_SECONDS = 2.0
"""Anybody may ask, so the answer is remembered for a moment."""


class Vitals:
    def __init__(self, bus: Bus, store: Store) -> None:
        self.bus = bus
        self.store = store
        self.known: Health | None = None
        self.asked = 0.0

    async def look(self) -> Health:
        if self.known is None or time.monotonic() - self.asked > REMEMBERED_SECONDS:
            self.known = await self.probe()
            self.asked = time.monotonic()
        return self.known

    async def probe(self) -> Health:
        database, *answers = await asyncio.gather(
            self.reaches_database(), *(self.answers(ask) for ask in PROBES.values())
        )
        services = dict(zip(PROBES, answers, strict=True))
        well = self.bus.connected and database and all(answers)
        return Health(
            status="ok" if well else "degraded",
            version=version("voltbus"),
            nats=self.bus.connected,
            database=database,
            services=services,
        )

    async def answers(self, ask: Ask[Any]) -> bool:
        try:
            await self.bus.ask(ask, PROBE_SECONDS)
        except BusError as error:
            return not error.passing
        return True

    async def reaches_database(self) -> bool:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await self.store.alive()
        except Exception:
            return False
        return True
