"""The service ``reservations`` for each test, among owners of stations and tokens on paper."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from libs.bus import Address, Bus, NotFound, Router
from libs.bus.embedded import NatsServer
from libs.contracts.authorization import GetToken, TokenView
from libs.contracts.reservations import Reserve, Reserved
from libs.contracts.stations import ConnectorView, EvseView, GetStation, StationView
from libs.ocpp.message import Version
from services.reservations import __main__ as reservations
from tests.services.service import Peer, running

around = Router("around")


class Around:
    """Stations and tokens as their owners would tell."""

    def __init__(self) -> None:
        self.stations: dict[tuple[str, str], StationView] = {}
        self.tokens: dict[tuple[str, str], TokenView] = {}

    def station(self, to: Address, version: Any, **statuses: Any) -> None:
        """``evse1="Faulted"`` and so on; two that are Available if nothing is said."""
        told = statuses or {"evse1": "Available", "evse2": "Available"}
        evses = [
            EvseView(id=int(name[4:]), connectors=[ConnectorView(id=1, status=status)])
            for name, status in told.items()
        ]
        self.stations[to.tenant, to.station] = StationView(
            tenant=to.tenant, id=to.station, protocol=version, evses=evses
        )

    def token(self, tenant: str, id: str, **more: Any) -> None:
        self.tokens[tenant, id] = TokenView(tenant=tenant, id=id, **more)


@around.answers(GetStation)
async def get_station(app: Around, ask: GetStation) -> StationView:
    if (ask.tenant, ask.station) not in app.stations:
        raise NotFound("no such station")
    return app.stations[ask.tenant, ask.station]


@around.answers(GetToken)
async def get_token(app: Around, ask: GetToken) -> TokenView:
    if (ask.tenant, ask.token) not in app.tokens:
        raise NotFound("no such token")
    return app.tokens[ask.tenant, ask.token]


@pytest_asyncio.fixture
async def world(bus: Bus) -> AsyncGenerator[Around]:
    app = Around()
    serving = await bus.serve(around, app)
    yield app
    await serving.stop()


@pytest_asyncio.fixture
async def service(nats: NatsServer, database: str, bus: Bus, world: Around) -> AsyncGenerator[Any]:
    async with running(
        reservations, nats_url=nats.url, postgres_dsn=database, expiry_grace_seconds=0
    ) as config:
        yield config


@pytest.fixture
def here(tenant: str) -> Address:
    return Address(tenant, "CP1")


@pytest.fixture
def peer(bus: Bus, here: Address) -> Peer:
    """The station, connected."""
    return Peer(bus, here)


@pytest.fixture
def ready(service: Any, world: Around, here: Address, peer: Peer) -> Any:
    """A station that is asked in a version, and a token that may charge."""

    def make(version: Version, **statuses: Any) -> Peer:
        world.station(here, version, **statuses)
        world.token(here.tenant, "AA11", group="G")
        return peer

    return make


def soon(seconds: float = 600) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)


async def reserve(bus: Bus, here: Address, **more: Any) -> Reserved:
    given = {"token": "AA11", "evse": 1, "expires_at": soon(), **more}
    return await bus.ask(Reserve(tenant=here.tenant, station=here.station, **given))
