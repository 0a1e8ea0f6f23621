"""The service ``stations`` for each test, with short intervals."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from libs.bus import Bus
from libs.bus.embedded import NatsServer
from services.stations import __main__ as stations
from tests.services.service import running

Start = Callable[..., AbstractAsyncContextManager[Any]]


@pytest.fixture
def start(nats: NatsServer, database: str, bus: Bus) -> Start:
    """``async with start(open_registration=True): ...``"""
    return partial(running, stations, nats_url=nats.url, postgres_dsn=database)


@pytest_asyncio.fixture
async def service(start: Start) -> AsyncGenerator[Any]:
    async with start(heartbeat_seconds=60, boot_grace_seconds=0.3) as config:
        yield config
