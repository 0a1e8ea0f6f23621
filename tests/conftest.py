"""Servers and connections for all tests: real ones, on free loopback ports, gone at the end."""

import itertools
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from libs.bus import Bus
from libs.bus.embedded import NatsServer
from libs.postgres.embedded import PostgresServer

settings.register_profile(
    "voltbus",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("voltbus")

pytest_plugins = ["tests.conformance.plugin"]

counter = itertools.count()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def nats(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[NatsServer]:
    server = NatsServer(tmp_path_factory.mktemp("nats"), port=None)
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PostgresServer]:
    server = PostgresServer(tmp_path_factory.mktemp("postgres"), port=None, durable=False)
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(postgres: PostgresServer, request: pytest.FixtureRequest) -> str:
    """The DSN of a database of this module's own."""
    stem = re.sub(r"\W", "_", Path(request.node.name).stem)[-40:].lower()
    name = f"{stem}_{next(counter)}"
    connection = await asyncpg.connect(postgres.dsn)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    head, _, _ = postgres.dsn.rpartition("/")
    return f"{head}/{name}"


@pytest_asyncio.fixture
async def bus(nats: NatsServer) -> AsyncIterator[Bus]:
    async with Bus.open(nats.url, name="test") as connected:
        await connected.ensure_streams()
        yield connected


@pytest.fixture
def tenant() -> str:
    """A tenant nobody else uses, which keeps the subjects of tests apart."""
    return f"t{uuid.uuid4().hex[:10]}"
