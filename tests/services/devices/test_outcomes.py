"""What a station answered is kept and followed, whatever happens just then."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from libs.bus import Address, Bus
from libs.bus.embedded import NatsServer
from libs.contracts.devices import GetRequest
from libs.ocpp import v201
from libs.postgres import DatabaseAway
from services.devices import effects, store_requests
from services.devices.app import App, Config, opened
from services.devices.asking import TRIES_MAX, Question, ask_station, catch_up
from services.devices.effects import Asked
from services.devices.handlers.requests import get_request
from tests.services.service import Peer


@pytest_asyncio.fixture
async def app(nats: NatsServer, database: str, bus: Bus) -> AsyncGenerator[App]:
    async with opened(Config(nats_url=nats.url, postgres_dsn=database), bus) as app:
        yield app


def question(tenant: str, name: str = "CP1") -> Question:
    return Question(Address(tenant, name), v201.ClearCache(), "tester")


async def test_an_effect_that_always_fails_takes_no_tries_of_others(
    app: App, bus: Bus, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The station that poisons answered first; the other's effect failed once, as when we end."""
    followed: list[str] = []
    ready = False

    async def poisoned(app: App, asked: Asked) -> None:
        if asked.station == "BAD" or not ready:
            raise RuntimeError("of our own making")
        followed.append(asked.station)

    monkeypatch.setitem(effects.EFFECTS, "ClearCache", [poisoned])
    peers = [Peer(bus, Address(tenant, name)) for name in ("BAD", "CP1")]
    await bus.barrier()
    for peer, name in zip(peers, ("BAD", "CP1"), strict=True):
        await ask_station(app, question(tenant, name))
        assert len(peer.calls) == 1
    ready = True
    for _ in range(TRIES_MAX):
        await catch_up(app, datetime.now(UTC) + timedelta(seconds=1))
    assert followed == ["CP1"]


async def test_an_outcome_waits_for_a_database_that_is_away(
    app: App, bus: Bus, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A station answers once: what it said is not lost because nobody could write just then."""
    settle, tries = store_requests.settle, 0

    async def away_at_first(*given: Any) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise DatabaseAway("killed")
        await settle(*given)

    monkeypatch.setattr(store_requests, "settle", away_at_first)
    peer = Peer(bus, Address(tenant, "CP1"))
    await bus.barrier()
    sent = await asyncio.wait_for(ask_station(app, question(tenant)), 10)
    kept = await get_request(app, GetRequest(tenant=tenant, request=sent.request))
    assert (kept.progress, len(peer.calls), tries) == ("complete", 1, 3)
