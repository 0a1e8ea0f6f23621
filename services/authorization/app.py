"""What the handlers of this service share."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, NamedTuple

import asyncpg
from msgspec import Meta, Struct

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
    """Settings, each ``VOLTBUS_`` and its name in capitals."""

    nats_url: str = "nats://127.0.0.1:4222"
    postgres_dsn: str
    health_port: int = 0
    postgres_connections: Annotated[int, Meta(ge=2)] = 8
    demo_tokens: Annotated[
        bool, Meta(description="DEMO0001 to DEMO0010 may charge in tenant default")
    ] = False
    concurrent_max_default: Annotated[
        int, Meta(ge=0, description="Sessions at a time of a token; 0 is no limit")
    ] = 0
    pending_place_seconds: Annotated[
        float, Meta(gt=0, description="An accepted token that has not started holds a place")
    ] = 120.0
    session_place_hours: Annotated[
        float, Meta(gt=0, description="A session holds a place at most, though no end is heard of")
    ] = 48.0
    seen_seconds: Annotated[
        float, Meta(gt=0, description="Between writes of unknown tokens that were presented")
    ] = 5.0
    list_coalesce_seconds: Annotated[
        float, Meta(ge=0, description="Changes of tokens within this time are one of a local list")
    ] = 1.0
    list_retry_seconds: Annotated[
        float,
        Meta(gt=0, description="Until a refused local list is sent again; then twice as long"),
    ] = 10.0
    seen_days: Annotated[int, Meta(ge=1, description="How long unknown tokens are kept")] = 90


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
        pool = await connect(config.postgres_dsn, NAME, config.postgres_connections)
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
