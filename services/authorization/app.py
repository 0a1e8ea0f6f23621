"""What the handlers of this service share."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import asyncpg
from msgspec import Struct

from libs.bus import Bus, Router
from libs.postgres import Outbox, connect, migrate, transient
from services.authorization import store, token
from services.authorization.layouts import Layouts
from services.authorization.memory import Memory
from services.authorization.seen import Sightings
from services.authorization.token import Token

NAME = "authorization"
MIGRATIONS = Path(__file__).parent / "migrations"

router = Router(NAME, description="Id tokens, and who may charge where", transient=transient)


class Config(Struct, frozen=True, kw_only=True):
    """``demo_tokens``: DEMO0001 to DEMO0010 may charge in tenant ``default``."""

    postgres_dsn: str
    nats_url: str = "nats://127.0.0.1:4222"
    postgres_connections_max: int = 10
    health_port: int = 0
    demo_tokens: bool = False
    concurrent_max_default: int = 0
    """Sessions at a time of a token that says nothing else; 0: no limit."""
    pending_place_seconds: float = 120
    """How long an accepted token that has not started holds a place."""
    session_place_hours: float = 48
    """How long a session holds a place at most, whatever became of its end."""
    seen_seconds: float = 5
    seen_days: int = 90


class App(NamedTuple):
    config: Config
    bus: Bus
    pool: asyncpg.Pool
    outbox: Outbox
    memory: Memory
    layouts: Layouts
    sightings: Sightings


@asynccontextmanager
async def opened(config: Config, bus: Bus) -> AsyncGenerator[App]:
    """Schema, pool and memory."""
    await migrate(config.postgres_dsn, NAME, MIGRATIONS)
    async with AsyncExitStack() as stack:
        pool = await connect(config.postgres_dsn, NAME, config.postgres_connections_max)
        stack.push_async_callback(pool.close)
        outbox = await stack.enter_async_context(Outbox(pool, NAME, bus.announce))

        async def load(tenant: str, folded: str) -> Token | None:
            view = await store.token(pool, tenant, folded)
            return None if view is None else token.of_view(view)

        memory = Memory(load)
        bus.on_restored(memory.clear)
        yield App(
            config=config,
            bus=bus,
            pool=pool,
            outbox=outbox,
            memory=memory,
            layouts=Layouts(bus),
            sightings=Sightings(),
        )
