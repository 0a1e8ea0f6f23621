"""What the service is made of, and what its handlers get."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import asyncpg
from msgspec import Meta, Struct

from libs.bus import Bus, Router
from libs.postgres import Outbox, connect, migrate, transient
from services.transactions.aside import Asides
from services.transactions.batch import NAME
from services.transactions.due import Patience
from services.transactions.ledger import Ledger
from services.transactions.rules import Limits

IN_FLIGHT_MAX = 5_000
"""A decision may take seconds, and what waits for one must not hold up the samples of others."""
PLANS = {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off"}
"""Statements are planned once and kept: in an empty table, a scan looks good that is not later."""

router = Router(
    NAME,
    description="The ledger of charging sessions: remote start and stop, charge detail records",
    transient=transient,
    in_flight_max=IN_FLIGHT_MAX,
)


class Config(Struct, frozen=True, kw_only=True):
    """Settings, each ``VOLTBUS_`` and its name in capitals."""

    nats_url: str = "nats://127.0.0.1:4222"
    postgres_dsn: str
    health_port: int = 0
    postgres_connections: Annotated[int, Meta(ge=2)] = 6
    authorization_patience_seconds: Annotated[
        float, Meta(description="How long to ask about a token before the station is left to retry")
    ] = 20.0
    ask_patience_seconds: Annotated[
        float, Meta(description="The same for a remote start, where a person waits")
    ] = 5.0
    remote_start_seconds: Annotated[
        float, Meta(description="How long after a remote start a 1.6 start may be its answer")
    ] = 600.0
    sweep_seconds: Annotated[float, Meta(description="The rules look for what is due")] = 30.0
    look_seconds: Annotated[float, Meta(description="They look at an active session")] = 900.0
    gap_seconds: Annotated[float, Meta(description="They ask about gaps after the end")] = 300.0
    superseded_seconds: Annotated[
        float, Meta(description="A session whose EVSE has a newer one is closed")
    ] = 300.0
    available_seconds: Annotated[
        float, Meta(description="A 1.6 session whose connector is Available is closed")
    ] = 300.0
    silent_seconds: Annotated[
        float, Meta(description="A 2.x session without messages is asked about")
    ] = 3600.0
    never_ending_days: Annotated[float, Meta(description="A session is flagged")] = 7.0
    meter_value_days: Annotated[
        int, Meta(ge=0, description="Messages are kept so long; 0 keeps them for ever")
    ] = 0

    def limits(self) -> Limits:
        return Limits(
            superseded=timedelta(seconds=self.superseded_seconds),
            available=timedelta(seconds=self.available_seconds),
            silent=timedelta(seconds=self.silent_seconds),
            never_ending=timedelta(days=self.never_ending_days),
        )

    def patience(self) -> Patience:
        return Patience(
            look=timedelta(seconds=self.look_seconds), gap=timedelta(seconds=self.gap_seconds)
        )

    def remote_start_window(self) -> timedelta:
        return timedelta(seconds=self.remote_start_seconds)

    def keep(self) -> timedelta | None:
        return timedelta(days=self.meter_value_days) if self.meter_value_days else None


@dataclass(frozen=True)
class App:
    """What handlers work with."""

    config: Config
    bus: Bus
    pool: asyncpg.Pool
    ledger: Ledger
    asides: Asides


@asynccontextmanager
async def opened(config: Config, bus: Bus) -> AsyncGenerator[App]:
    """The database brought up to date, and everything that works on it."""
    await migrate(config.postgres_dsn, NAME, Path(__file__).parent / "migrations")
    pool = await connect(planned(config.postgres_dsn), NAME, config.postgres_connections)
    try:
        async with Outbox(pool, NAME, bus.announce) as outbox:
            ledger = Ledger(pool, outbox, config.patience())
            asides = Asides(pool)
            try:
                yield App(config, bus, pool, ledger, asides)
            finally:
                await ledger.stop()
                await asides.stop()
    finally:
        await pool.close()


def planned(dsn: str) -> str:
    """The same database, for statements that always go by index."""
    return f"{dsn}{'&' if '?' in dsn else '?'}{urlencode(PLANS)}"
