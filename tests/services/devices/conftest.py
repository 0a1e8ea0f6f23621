"""The service ``devices`` for each test."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest_asyncio

from libs.bus import Bus
from libs.bus.embedded import NatsServer
from services.devices import __main__ as devices
from tests.services.service import running


@pytest_asyncio.fixture
async def service(nats: NatsServer, database: str, bus: Bus) -> AsyncGenerator[Any]:
    async with running(devices, nats_url=nats.url, postgres_dsn=database) as config:
        yield config
