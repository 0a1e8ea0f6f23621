"""What the handlers of this service share."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import asyncpg
from msgspec import Meta, Struct

from libs.bus import Bus, Event, Router, Station
from libs.ocpp.message import Request
from libs.postgres import GroupCommit, Outbox, connect, migrate, transient
from services.devices import correlation, store, store_events, store_faults
from services.devices.faults import Catalogue, load
from services.devices.store import Line

NAME = "devices"
MIGRATIONS = Path(__file__).parent / "migrations"

router = Router(NAME, description="What stations report of themselves", transient=transient)


class Config(Struct, frozen=True, kw_only=True):
    """Settings, each ``VOLTBUS_`` and its name in capitals."""

    nats_url: str = "nats://127.0.0.1:4222"
    postgres_dsn: str
    health_port: int = 0
    postgres_connections: Annotated[int, Meta(ge=2)] = 4
    report_days: Annotated[int, Meta(ge=1, description="How long reports are kept")] = 90
    upload_hours: Annotated[
        float, Meta(gt=0, description="How long a station may take to upload what it was asked for")
    ] = 24
    upload_bytes_max: Annotated[
        int, Meta(ge=1, description="Of one file that a station uploads")
    ] = 512 << 20
    upload_days: Annotated[
        float, Meta(gt=0, description="How long files that stations uploaded are kept")
    ] = 30
    customer_days: Annotated[
        int, Meta(ge=1, description="How long what stations tell of customers is kept")
    ] = 7
    event_days: Annotated[
        int, Meta(ge=1, description="How long events, faults and closed incidents are kept")
    ] = 90
    incident_again_minutes: Annotated[
        float, Meta(ge=0, description="A fault that comes back so soon is the same incident")
    ] = 60
    incident_quiet_hours: Annotated[
        float, Meta(gt=0, description="After so long an incident that nobody ends is closed")
    ] = 24
    vendor_tables: Annotated[str, Meta(description="A folder of vendor tables of your own")] = ""
    stream_days: Annotated[int, Meta(ge=1, description="How long values of streams are kept")] = 30
    report_patience_seconds: Annotated[
        float, Meta(gt=0, description="How long the next part of a report is waited for")
    ] = 30
    inventory_after_boot: Annotated[
        bool,
        Meta(description="Whether new stations and new firmwares are asked for their inventory"),
    ] = True
    inventory_spread_seconds: Annotated[
        float, Meta(ge=0, description="Over how long the inventories of one moment are spread")
    ] = 5
    network_probe: Annotated[
        bool, Meta(description="Whether the address of a network profile is looked at from here")
    ] = True


class Message(NamedTuple):
    """A message to be kept, and what it is to be announced as."""

    line: Line
    events: Sequence[Event]


class App(NamedTuple):
    config: Config
    bus: Bus
    pool: asyncpg.Pool
    outbox: Outbox
    messages: GroupCommit[Message, None]
    catalogue: Catalogue

    async def keep(
        self, station: Station, call: Request[Any], events: Sequence[Event] = ()
    ) -> None:
        """Return when the message is committed, together with the events that it gives rise to."""
        line = Line(
            station.tenant,
            station.id,
            station.received_at,
            station.message_id,
            call.version,
            call.action,
            station.raw,
            correlation.telling(call),
        )
        await self.messages.submit(Message(line, events))


class Messages:
    """Writes what arrived while the last transaction committed."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def __call__(self, connection: Any, messages: list[Message]) -> list[None]:
        await store.add(connection, [message.line for message in messages])
        await self._outbox.add(
            connection, [event for message in messages for event in message.events]
        )
        return [None] * len(messages)


@asynccontextmanager
async def opened(config: Config, bus: Bus) -> AsyncGenerator[App]:
    """Schema, pool and writer; at the end all that was submitted is written."""
    await migrate(config.postgres_dsn, NAME, MIGRATIONS)
    async with AsyncExitStack() as stack:
        pool = await connect(config.postgres_dsn, NAME, config.postgres_connections)
        stack.push_async_callback(pool.close)
        await store.keep_reports(pool, config.report_days)
        await store_events.keep(pool, config.event_days)
        await store_faults.keep(pool, config.event_days)
        outbox = await stack.enter_async_context(Outbox(pool, NAME, bus.announce))
        messages = GroupCommit(pool, Messages(outbox), outbox=outbox)
        await stack.enter_async_context(messages)
        catalogue = load(Path(config.vendor_tables) if config.vendor_tables else None)
        yield App(config, bus, pool, outbox, messages, catalogue)
