"""What is away for long, or stands still, is waited for: no station hears an error."""

import asyncio
from contextlib import AsyncExitStack

import psutil
import pytest

from tests.chaos.fleet import Fleet, all_online
from tests.soak import SOAK, long
from tests.system import System

STATIONS = long(60, 200)
AWAY_SECONDS = long(5, 20)
FROZEN_SECONDS = long(5, 15)
TEST_SECONDS_MAX = 240
GROWTH_BYTES_MAX = 40_000_000


def memory(system: System) -> dict[str, int]:
    """Resident bytes of each service."""
    processes = system.processes.items()
    return {name: psutil.Process(process.pid).memory_info().rss for name, process in processes}


@pytest.mark.timeout(TEST_SECONDS_MAX)
@pytest.mark.parametrize(
    "away", [["nats", "postgres"], *([["nats"], ["postgres"]] if SOAK else [])]
)
async def test_an_outage_is_late_answers_or_silence(system: System, away: list[str]) -> None:
    async with Fleet(system, STATIONS, f"AWAY-{'-'.join(away)}") as fleet:
        before = memory(system)
        async with fleet.burst(), AsyncExitStack() as stack:
            if "nats" in away:
                await stack.enter_async_context(system.without_nats())
            if "postgres" in away:
                await stack.enter_async_context(system.without_postgres())
            await asyncio.sleep(AWAY_SECONDS)
        growth = {name: after - before[name] for name, after in memory(system).items()}
        await fleet.progress(1)
        await all_online(system, fleet)
        await fleet.finish()
        assert {name: size for name, size in growth.items() if size > GROWTH_BYTES_MAX} == {}
        assert await fleet.compare() == []
        assert await fleet.untold() == []


@pytest.mark.timeout(TEST_SECONDS_MAX)
@pytest.mark.parametrize(
    "names",
    [
        ["transactions", "edge", "stations", "authorization"],
        *(
            [[name] for name in ("transactions", "edge", "stations", "authorization")]
            if SOAK
            else []
        ),
    ],
)
async def test_who_stood_still_goes_on_as_if_nothing_had_been(
    system: System, names: list[str]
) -> None:
    async with Fleet(system, STATIONS, f"ICE-{'-'.join(names)}") as fleet:
        async with fleet.burst(), system.frozen(*names):
            await asyncio.sleep(FROZEN_SECONDS)
        await fleet.progress(1)
        await all_online(system, fleet)
        await fleet.finish()
        assert await fleet.compare() == []
        assert await fleet.untold() == []
