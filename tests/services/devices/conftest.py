"""The service ``devices`` for each test."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from libs.bus import Address, Bus
from libs.bus.embedded import NatsServer
from services.devices import __main__ as devices
from tests.services.devices.box import Box, boxes
from tests.services.service import running


@pytest_asyncio.fixture
async def service(nats: NatsServer, database: str, bus: Bus) -> AsyncGenerator[Any]:
    async with running(devices, nats_url=nats.url, postgres_dsn=database) as config:
        yield config


@pytest_asyncio.fixture
async def station(
    bus: Bus, tenant: str, service: Any, request: pytest.FixtureRequest
) -> AsyncGenerator[Box]:
    """A station on paper, of 2.0.1 or of the version that the test is parametrised with."""
    box = Box(bus, Address(tenant, "CP1"), getattr(request, "param", "v201"))
    async with boxes(bus, box):
        yield box
