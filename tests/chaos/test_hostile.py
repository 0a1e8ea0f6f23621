"""A hundred thousand mutated frames and a thousand broken handshakes against the platform."""

import asyncio

import psutil
import pytest

from tests import bare
from tests.chaos.fleet import Fleet
from tests.services.edge.hostile import FRAMES_PER_SOCKET, assault
from tests.system import System

MESSAGES = 100_000
HANDSHAKES = 1_000
WARM_MESSAGES = 6_000
NEIGHBOURS = 20
GROWTH_BYTES_MAX = 40_000_000
NAMES = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}


async def introduce(system: System, seed: int, messages: int) -> None:
    """Boot the stations of an assault: else every answer would be SecurityError."""
    gate = asyncio.Semaphore(20)

    async def one(version: str, number: int) -> None:
        async with gate:
            identity = f"HOSTILE-{NAMES[version]}-{seed * 1_000_000 + number}"
            socket = await bare.boot(system.ocpp_url, identity, version)
            socket.close()

    sockets = max(1, messages // len(NAMES) // FRAMES_PER_SOCKET)
    async with asyncio.TaskGroup() as group:
        for version in NAMES:
            for number in range(sockets):
                group.create_task(one(version, number))


@pytest.mark.timeout(300)
async def test_hostile_input_is_answered_and_disturbs_nobody(system: System) -> None:
    async with Fleet(system, NEIGHBOURS, "NEAR-HOSTILE") as fleet:
        edge = psutil.Process(system.processes["edge"].pid)
        port = system.ports["ocpp"]
        await introduce(system, 1, WARM_MESSAGES)
        warm = await assault(port, messages=WARM_MESSAGES, handshakes=100, seed=1)
        before = edge.memory_info().rss
        await introduce(system, 2, MESSAGES)
        report = await assault(port, messages=MESSAGES, handshakes=HANDSHAKES, seed=2)
        growth = edge.memory_info().rss - before
        await fleet.finish()
        assert warm.wrong + report.wrong == []
        assert report.seen.total() > MESSAGES // 2
        assert len(report.seen) > 15
        assert edge.is_running()
        assert growth < GROWTH_BYTES_MAX
        assert [driver.failed for driver in fleet.drivers] == [0] * NEIGHBOURS
        assert [driver.connects for driver in fleet.drivers] == [1] * NEIGHBOURS
        assert await fleet.compare() == []
