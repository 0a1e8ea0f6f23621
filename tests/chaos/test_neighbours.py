"""Stations that shout, do not listen, or never finish their handshake: neighbours feel nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import psutil
import pytest

from tests.chaos.fleet import Fleet
from tests.services.edge.wire import Wire
from tests.soak import long
from tests.system import System

NEIGHBOURS = 50
MISBEHAVED_SECONDS = long(8, 60)
FRAMES_PER_SECOND = 1_000
TICK_SECONDS = 0.01
SLOW_HANDSHAKES = 2_500
DEAF_CALLS = 10
SLOWEST_SECONDS_MAX = 2.0
GROWTH_BYTES_MAX = 40_000_000
BOOT = {"chargePointVendor": "Bare", "chargePointModel": "One"}


@asynccontextmanager
async def booted(system: System, identity: str) -> AsyncIterator[Wire]:
    wire = await Wire.open(system.ports["ocpp"], f"/{identity}")
    try:
        assert (await wire.call("BootNotification", BOOT))[2]["status"] == "Accepted"
        yield wire
    finally:
        wire.cut()


async def shout(system: System, over: Callable[[], bool]) -> None:
    """A thousand frames a second, whatever is answered."""
    while not over():
        with suppress(ConnectionError, AssertionError, asyncio.IncompleteReadError):
            async with booted(system, "SHOUTER") as wire:
                drain = asyncio.create_task(wire.gone())
                while not over() and not drain.done():
                    for _ in range(round(FRAMES_PER_SECOND * TICK_SECONDS)):
                        wire.start("Heartbeat")
                    await asyncio.sleep(TICK_SECONDS)
                drain.cancel()
                await asyncio.gather(drain, return_exceptions=True)
        await asyncio.sleep(TICK_SECONDS)


async def be_deaf(system: System, over: Callable[[], bool]) -> None:
    """Send without ever reading an answer, and so answer no call either."""
    async with booted(system, "DEAF") as wire:
        calls = [
            asyncio.create_task(system.post("stations/DEAF/calls/ClearCache", timeout=2))
            for _ in range(DEAF_CALLS)
        ]
        while not over() and not wire.writer.is_closing():
            for _ in range(round(FRAMES_PER_SECOND * TICK_SECONDS / 2)):
                wire.start("Heartbeat")
            with suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(1):
                    await wire.writer.drain()
            await asyncio.sleep(TICK_SECONDS)
        answers = await asyncio.gather(*calls)
        assert {answer["status"] for answer in answers} <= {"timeout", "offline"}


async def loiter(system: System, stack: AsyncExitStack) -> None:
    """Handshakes that never end."""
    for _ in range(SLOW_HANDSHAKES):
        wire = await Wire.connect(system.ports["ocpp"])
        stack.callback(wire.cut)
        wire.send(b"GET /LOITERER HTTP/1.1\r\nHost: csms\r\n")


@pytest.mark.timeout(MISBEHAVED_SECONDS + 120)
async def test_a_loud_a_deaf_and_slow_ones_disturb_nobody(system: System) -> None:
    edge = psutil.Process(system.processes["edge"].pid)
    loop = asyncio.get_running_loop()
    async with Fleet(system, NEIGHBOURS, "NEAR-ODD") as fleet, AsyncExitStack() as stack:
        before = edge.memory_info().rss
        until = loop.time() + MISBEHAVED_SECONDS
        await loiter(system, stack)
        over = lambda: loop.time() > until  # noqa: E731
        await asyncio.gather(shout(system, over), be_deaf(system, over))
        await fleet.progress(1)
        growth = edge.memory_info().rss - before
        await fleet.finish()
        assert [driver.failed for driver in fleet.drivers] == [0] * NEIGHBOURS
        assert [driver.connects for driver in fleet.drivers] == [1] * NEIGHBOURS
        slowest = max(driver.slowest_seconds for driver in fleet.drivers)
        assert slowest < SLOWEST_SECONDS_MAX
        assert growth < GROWTH_BYTES_MAX
        assert await fleet.compare() == []
