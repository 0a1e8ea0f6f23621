"""A server of a test's own, for those that restart it, and a second connection."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from libs.bus import Bus
from libs.bus.embedded import NatsServer


@pytest_asyncio.fixture
async def own_nats(tmp_path: Path) -> AsyncIterator[NatsServer]:
    server = NatsServer(tmp_path / "nats")
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def peer(nats: NatsServer) -> AsyncIterator[Bus]:
    """The other side's connection."""
    async with Bus.open(nats.url, name="peer") as connected:
        yield connected
