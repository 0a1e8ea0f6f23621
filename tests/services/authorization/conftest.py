"""The service ``authorization`` for each test."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from libs.bus import Address, Bus
from libs.bus.embedded import NatsServer
from libs.ocpp.message import Version
from services.authorization import __main__ as authorization
from tests.services.authorization.lists import Listed, Registry, stations
from tests.services.service import running

Start = Callable[..., AbstractAsyncContextManager[Any]]


@pytest.fixture
def start(nats: NatsServer, database: str, bus: Bus) -> Start:
    """``async with start(demo_tokens=True): ...``"""
    return partial(running, authorization, nats_url=nats.url, postgres_dsn=database)


@pytest_asyncio.fixture
async def service(start: Start) -> AsyncGenerator[Any]:
    async with start(seen_seconds=0.1) as config:
        yield config


# -- local lists --------------------------------------------------------------------------------


@pytest.fixture
def here(tenant: str) -> Address:
    return Address(tenant, "CP1")


@pytest_asyncio.fixture
async def registry(bus: Bus) -> AsyncGenerator[Registry]:
    app = Registry()
    serving = await bus.serve(stations, app)
    yield app
    await serving.stop()


@pytest_asyncio.fixture
async def listing(start: Start, registry: Registry) -> AsyncGenerator[Any]:
    async with start(list_coalesce_seconds=0.05, list_retry_seconds=0.1) as config:
        yield config


@pytest.fixture
def make(listing: Any, registry: Registry, bus: Bus, here: Address) -> Any:
    def listed(version: Version, *, automatic: bool = True, **settings: str) -> Listed:
        registry.add(here, version, automatic=automatic)
        return Listed(bus, here, version, **settings)

    return listed
