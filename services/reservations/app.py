"""What the handlers of this service share."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, NamedTuple

import asyncpg
from msgspec import Meta, Struct

from libs.bus import Bus, Router
from libs.postgres import Outbox, connect, migrate, transient

NAME = "reservations"
MIGRATIONS = Path(__file__).parent / "migrations"

router = Router(NAME, description="Places that are kept for somebody", transient=transient)


class Config(Struct, frozen=True, kw_only=True):
    """Settings, each ``VOLTBUS_`` and its name in capitals."""

    nats_url: str = "nats://127.0.0.1:4222"
    postgres_dsn: str
    health_port: int = 0
    postgres_connections: Annotated[int, Meta(ge=2)] = 4
    expiry_grace_seconds: Annotated[
        float, Meta(ge=0, description="A station may say itself that a reservation expired")
    ] = 2.0


class App(NamedTuple):
    config: Config
    bus: Bus
    pool: asyncpg.Pool
    outbox: Outbox


@asynccontextmanager
async def opened(config: Config, bus: Bus) -> AsyncGenerator[App]:
    """Schema, pool and outbox."""
    await migrate(config.postgres_dsn, NAME, MIGRATIONS)
    async with AsyncExitStack() as stack:
        pool = await connect(config.postgres_dsn, NAME, config.postgres_connections)
        stack.push_async_callback(pool.close)
        outbox = await stack.enter_async_context(Outbox(pool, NAME, bus.announce))
        yield App(config=config, bus=bus, pool=pool, outbox=outbox)
