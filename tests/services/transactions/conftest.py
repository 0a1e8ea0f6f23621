"""The ledger on real NATS and PostgreSQL, with the peers that it asks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest_asyncio

from libs.bus import Address, Bus, NotFound, Router
from libs.bus.embedded import NatsServer
from libs.bus.envelope import Up, encode
from libs.contracts.authorization import Decide, Decision
from libs.contracts.stations import GetStation, StationView
from libs.contracts.transactions import (
    CdrView,
    GetTransaction,
    ListCdrs,
    ListTransactions,
    TransactionDetail,
    TransactionView,
)
from libs.ocpp import codec
from libs.ocpp.message import Request, Version
from services.transactions import partitions
from services.transactions.app import App, Config, opened
from services.transactions.handlers import router


@dataclass
class Peers:
    """``authorization`` and ``stations`` as the ledger sees them, answered over the real bus."""

    decisions: dict[str, Decision] = field(default_factory=dict)
    asked: list[Decide] = field(default_factory=list)
    protocols: dict[str, Version] = field(default_factory=dict)
    left_alone: set[str] = field(default_factory=set)
    """Stations that are not automatic."""

    def router(self, tenant: str) -> Router:
        made = Router("peers-" + tenant)
        made.answers(Decide)(self.decide)
        made.answers(GetStation)(self.station)
        return made

    async def decide(self, app: Any, ask: Decide) -> Decision:
        self.asked.append(ask)
        return self.decisions.get(ask.token, Decision(status="Accepted", reason="known"))

    async def station(self, app: Any, ask: GetStation) -> StationView:
        if ask.station not in self.protocols:
            raise NotFound(f"no station {ask.station}")
        return StationView(
            tenant=ask.tenant,
            id=ask.station,
            protocol=self.protocols[ask.station],
            automatic=ask.station not in self.left_alone,
        )


@dataclass
class Desk:
    """A tester's place: speak as stations do, see what the ledger knows."""

    bus: Bus
    tenant: str
    peers: Peers = field(repr=False)  # all that was asked would fill pages when a test fails
    messages: int = 0

    async def say(self, station: str, message: Request[Any], **more: Any) -> Any:
        """A station's message as the edge passes it on, and its answer."""
        payload = codec.encode(message)
        answer = await self.say_raw(station, type(message), payload, **more)
        return codec.decode(message.response, answer)

    async def say_raw(
        self,
        station: str,
        kind: type[Request[Any]],
        payload: bytes,
        *,
        received_at: datetime | None = None,
        violation: Any = None,
        timeout: float = 30,
    ) -> bytes:
        self.messages += 1
        up = Up(
            id=f"m{self.messages}",
            received_at=received_at or datetime.now(UTC),
            edge="edge-1",
            epoch=1,
            payload=msgspec.Raw(payload),
            violation=violation,
        )
        return await self.bus.up(
            self.tenant, station, kind.version, kind.action, encode(up), timeout=timeout
        )

    async def sessions(self, station: str | None = None, **more: Any) -> list[TransactionView]:
        ask = ListTransactions(tenant=self.tenant, station=station, **more)
        return (await self.bus.ask(ask)).items

    async def session(self, station: str) -> TransactionView:
        (found,) = await self.sessions(station)
        return found

    async def detail(self, id: str) -> TransactionDetail:
        return await self.bus.ask(GetTransaction(tenant=self.tenant, id=id))

    async def cdrs(self, station: str | None = None) -> list[CdrView]:
        ask = ListCdrs(tenant=self.tenant, station=station, limit=500)
        return (await self.bus.ask(ask)).items

    def answer_calls(
        self, station: str, answers: dict[str, Any]
    ) -> tuple[list[tuple[str, str, Any]], Any]:
        """Be the edge of a station: what it is called with, and its subscription."""
        calls: list[tuple[str, str, Any]] = []

        def on_call(version: Version, action: str, down: Any, reply: Any) -> None:
            calls.append((version, action, msgspec.json.decode(down.payload)))
            answer = answers.get(action)
            if answer is None:
                reply.error("NotSupported", "never heard of it", {})
            else:
                reply.result(msgspec.json.encode(answer))

        return calls, self.bus.serve_station(self.tenant, station, on_call)


@asynccontextmanager
async def ledger(nats: NatsServer, dsn: str, **more: Any) -> AsyncIterator[App]:
    """An instance of the service, serving."""
    config = Config(nats_url=nats.url, postgres_dsn=dsn, **more)
    async with Bus.open(nats.url, name="transactions") as bus, opened(config, bus) as app:
        await bus.ensure_streams()
        await partitions.maintain(app.pool, datetime.now(UTC), None)
        serving = await bus.serve(router, app)
        yield app
        await serving.stop()


@pytest_asyncio.fixture
async def app(nats: NatsServer, database: str) -> AsyncIterator[App]:
    async with ledger(nats, database, authorization_patience_seconds=2.0) as made:
        yield made


@pytest_asyncio.fixture
async def desk(bus: Bus, tenant: str) -> AsyncIterator[Desk]:
    peers = Peers()
    serving = await bus.serve(peers.router(tenant), None)
    yield Desk(bus, tenant, peers)
    await serving.stop()


async def eventually(condition: Any, seconds: float = 10) -> Any:
    """Wait until a condition (a coroutine function) is true; what it was."""
    async with asyncio.timeout(seconds):
        while not (found := await condition()):
            await asyncio.sleep(0.02)
        return found


def address(tenant: str, station: str) -> Address:
    return Address(tenant, station)
