"""Hostile input: answered with the right code or refused, the edge lives, others feel nothing.

The long version runs in tests/chaos against the whole platform.
"""

import asyncio
import gc

import psutil

from services.edge.edge import Edge
from tests.services.edge.conftest import Connect
from tests.services.edge.hostile import assault
from tests.services.edge.platform import Platform

MESSAGES = 6_000
HANDSHAKES = 300
DELAY_SECONDS_MAX = 1.0
GROWTH_BYTES_MAX = 30_000_000


async def test_an_assault_is_answered_and_disturbs_nobody(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    neighbour = await connect(edge, "NEIGHBOUR", "v201")
    clock = asyncio.get_running_loop().time
    delays: list[float] = []
    stop = asyncio.Event()

    async def live() -> None:
        while not stop.is_set():
            began = clock()
            assert (await neighbour.call("DataTransfer", {"vendorId": "me"}))[0] == 3
            delays.append(clock() - began)
            await asyncio.sleep(0.02)

    living = asyncio.create_task(live())
    warm = await assault(edge.port, messages=1_500, handshakes=100, seed=1)
    before = psutil.Process().memory_info().rss
    report = await assault(edge.port, messages=MESSAGES, handshakes=HANDSHAKES, seed=2)
    stop.set()
    await living
    gc.collect()
    assert warm.wrong + report.wrong == []
    assert report.seen["result"] > 300
    assert len(report.seen) > 15
    assert max(delays) < DELAY_SECONDS_MAX
    assert psutil.Process().memory_info().rss - before < GROWTH_BYTES_MAX
    held = [connection.station for connection in edge.app.roster.held.values()]
    assert held == ["NEIGHBOUR"]
