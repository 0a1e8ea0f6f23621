"""What the handlers of this service share."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, NamedTuple

import asyncpg
from msgspec import Meta, Struct

from libs.bus import Bus, Router
from libs.contracts.stations import Admit
from libs.ocpp import dialect
from libs.ocpp.dialect import BadDialect, Book
from libs.postgres import GroupCommit, Outbox, connect, migrate, transient
from libs.runtime import CannotStart
from services.stations import store_status
from services.stations.batch import Admissions, Boots, Found, Sockets, Statuses, Told
from services.stations.boot import Boot, Intervals
from services.stations.presence import Closed, Opened
from services.stations.store_boot import Booked
from services.stations.verifier import Verifier

NAME = "stations"
MIGRATIONS = Path(__file__).parent / "migrations"

router = Router(
    NAME, description="Registry, presence and status of charging stations", transient=transient
)


class Config(Struct, frozen=True, kw_only=True):
    """Settings, each ``VOLTBUS_`` and its name in capitals."""

    nats_url: str = "nats://127.0.0.1:4222"
    postgres_dsn: str
    health_port: int = 0
    postgres_connections: Annotated[int, Meta(ge=2)] = 8
    open_registration: Annotated[
        bool, Meta(description="Unknown stations are registered at first sight, in tenant default")
    ] = False
    heartbeat_seconds: Annotated[
        int, Meta(ge=1, description="Between the heartbeats of an accepted station")
    ] = 300
    pending_retry_seconds: Annotated[
        int, Meta(ge=0, description="Until a pending station boots again")
    ] = 30
    rejected_retry_seconds: Annotated[
        int, Meta(ge=0, description="Until a rejected station boots again")
    ] = 3600
    lease_seconds: Annotated[
        float, Meta(gt=0, description="An edge that is silent for so long is dead")
    ] = 10.0
    roster_seconds: Annotated[
        float, Meta(gt=0, description="An edge names its stations, though the counts agree")
    ] = 300.0
    boot_grace_seconds: Annotated[
        float, Meta(ge=0, description="A connected station may take so long to boot unasked")
    ] = 15.0
    dialects_folder: Annotated[
        Path | None,
        Meta(description="A folder of TOML files that add dialects of stations or replace ours"),
    ] = None
    history_days: Annotated[int, Meta(ge=1, description="How long status changes are kept")] = 90


class App(NamedTuple):
    config: Config
    bus: Bus
    pool: asyncpg.Pool
    outbox: Outbox
    intervals: Intervals
    verifier: Verifier
    book: Book
    """The dialects of the files."""
    missed: asyncio.Event
    """Notices may have been lost: edges are to say anew whom they hold."""
    admissions: GroupCommit[Admit, Found]
    boots: GroupCommit[Boot, Booked | None]
    sockets: GroupCommit[Opened | Closed, None]
    statuses: GroupCommit[Told, None]


def opened_book(folder: Path | None) -> Book:
    """The bundled dialects and those of the folder; a file that is none must be mended first."""
    try:
        return dialect.bundled() if folder is None else dialect.load(folder)
    except BadDialect as error:
        raise CannotStart(str(error)) from None


@asynccontextmanager
async def opened(config: Config, bus: Bus) -> AsyncGenerator[App]:
    """Schema, pool and writers; at the end all that was submitted is written."""
    book = opened_book(config.dialects_folder)
    await migrate(config.postgres_dsn, NAME, MIGRATIONS)
    async with AsyncExitStack() as stack:
        pool = await connect(config.postgres_dsn, NAME, config.postgres_connections)
        stack.push_async_callback(pool.close)
        await store_status.keep_history(pool, config.history_days)
        outbox = await stack.enter_async_context(Outbox(pool, NAME, bus.announce))
        verifier = Verifier()
        stack.callback(verifier.stop)
        admissions = Admissions(outbox, open_registration=config.open_registration)
        # Whatever happened before we listened.
        missed = asyncio.Event()
        missed.set()
        bus.on_restored(missed.set)
        app = App(
            config=config,
            bus=bus,
            pool=pool,
            outbox=outbox,
            intervals=Intervals(
                accepted=config.heartbeat_seconds,
                pending=config.pending_retry_seconds,
                rejected=config.rejected_retry_seconds,
            ),
            verifier=verifier,
            book=book,
            missed=missed,
            admissions=GroupCommit(pool, admissions, outbox=outbox),
            boots=GroupCommit(pool, Boots(outbox), outbox=outbox),
            sockets=GroupCommit(pool, Sockets(outbox), outbox=outbox),
            statuses=GroupCommit(pool, Statuses(outbox), outbox=outbox),
        )
        for writer in (app.admissions, app.boots, app.sockets, app.statuses):
            await stack.enter_async_context(writer)
        yield app
