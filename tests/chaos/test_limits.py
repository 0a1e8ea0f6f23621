"""Limits that are reached: full streams drop what is oldest, a full database is waited for."""

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import Any

import asyncpg
import pytest

from libs.bus import Bus
from libs.bus.stream import EVENTS, OCPP_LOG, Limits, StreamLimits
from tests.chaos.fleet import Fleet, all_online
from tests.soak import long
from tests.system import System, eventually

STATIONS = 60
FULL_SECONDS = long(3, 15)
CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'voltbus %'
"""
TIGHT = Limits(age_days=1, bytes_max=256 << 10)


@pytest.mark.timeout(120)
async def test_full_streams_drop_what_is_oldest_and_nobody_notices(system: System) -> None:
    async with (
        Fleet(system, STATIONS, "FULL") as fleet,
        Bus.open(system.nats.url, name="operator") as bus,
    ):
        await bus.ensure_streams(StreamLimits(events=TIGHT, log=TIGHT))
        try:
            marks = {name: (await bus._streams.info(name)).last_seq for name in (EVENTS, OCPP_LOG)}

            async def dropped() -> bool:
                """What came after the limit was set is gone already."""
                states = {name: await bus._streams.info(name) for name in marks}
                return all(states[name].first_seq > mark for name, mark in marks.items())

            async with fleet.burst():
                await system.restart("transactions")
                await eventually(dropped)
            await fleet.progress(1)
            await fleet.finish()
            assert await dropped()
            assert [driver.failed for driver in fleet.drivers] == [0] * STATIONS
            assert [driver.connects for driver in fleet.drivers] == [1] * STATIONS
            assert await fleet.compare() == []
        finally:
            await bus.ensure_streams(StreamLimits())


@pytest.mark.timeout(120)
async def test_a_database_without_free_connections_is_waited_for(system: System) -> None:
    """What serves is cut off, and others take its place for a while."""
    async with Fleet(system, STATIONS, "CROWDED") as fleet:
        async with fleet.burst(), AsyncExitStack() as stack:
            await crowd_out(system, stack)
            await asyncio.sleep(FULL_SECONDS)
        await fleet.progress(1)
        await all_online(system, fleet)
        await fleet.finish()
        assert [driver.failed for driver in fleet.drivers] == [0] * STATIONS
        assert await fleet.compare() == []
        assert await fleet.untold() == []


async def crowd_out(system: System, stack: AsyncExitStack) -> None:
    """Until no service has a connection, and all that there are are taken."""
    (first, *_) = await occupy(system, stack)
    while await first.fetch(CUT_OFF):
        await occupy(system, stack)


async def occupy(system: System, stack: AsyncExitStack) -> list[Any]:
    """Take every connection that the database has left."""
    taken: list[Any] = []
    with suppress(asyncpg.TooManyConnectionsError):
        while True:
            taken.append(await asyncpg.connect(system.postgres.dsn))
            stack.push_async_callback(taken[-1].close)
    return taken
