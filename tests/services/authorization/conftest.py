"""The service ``authorization`` for each test."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from libs.bus import Bus
from libs.bus.embedded import NatsServer
from services.authorization import __main__ as authorization
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
