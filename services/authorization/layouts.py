"""The connector types of stations, asked of their owner only for tokens that restrict them."""

from time import monotonic

from libs.bus import Bus, BusError
from libs.contracts.stations import GetStation
from services.authorization.admission import Layout

AGE_SECONDS_MAX = 30.0
STATIONS_MAX = 10_000
PATIENCE_SECONDS = 2.0


class Layouts:
    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._known: dict[tuple[str, str], tuple[Layout | None, float]] = {}

    async def of(self, tenant: str, station: str) -> Layout | None:
        """By EVSE, None when it cannot be told."""
        layout, until = self._known.get((tenant, station), (None, 0.0))
        if until > monotonic():
            return layout
        layout = await self._ask(tenant, station)
        if len(self._known) >= STATIONS_MAX:
            self._known.clear()
        self._known[tenant, station] = (layout, monotonic() + AGE_SECONDS_MAX)
        return layout

    async def _ask(self, tenant: str, station: str) -> Layout | None:
        try:
            view = await self._bus.ask(
                GetStation(tenant=tenant, station=station), timeout=PATIENCE_SECONDS
            )
        except BusError:
            return None
        return {evse.id: [connector.type for connector in evse.connectors] for evse in view.evses}
