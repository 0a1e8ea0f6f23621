"""Two instances of each service and two edges: rolling restarts, a dead edge, hopping stations."""

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests import bare
from tests.chaos.fleet import Fleet, all_online
from tests.system import SERVICES, System, eventually

STATIONS = 100
HOPS = 20
OFFLINE_SECONDS_MAX = 15
"""A lease of ten seconds, and the time to look and to tell."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    folder = tmp_path_factory.mktemp("instances")
    async with System(folder, durable=True, instances=2) as running:
        yield running


@pytest.mark.timeout(240)
async def test_a_rolling_restart_of_everything_is_not_noticed(system: System) -> None:
    """Sockets close when their edge restarts; no call fails otherwise, and nothing is lost."""
    async with Fleet(system, STATIONS, "ROLL") as fleet:
        for service in SERVICES:
            for tail in system.tails:
                await system.restart(service + tail, signal.SIGTERM)
        await fleet.progress(1)
        await all_online(system, fleet)
        await fleet.finish()
        assert [driver.refused for driver in fleet.drivers] == [[]] * STATIONS
        assert await fleet.compare() == []
        assert await fleet.untold() == []


@pytest.mark.timeout(120)
async def test_the_stations_of_a_killed_edge_go_offline_unless_they_came_back(
    system: System,
) -> None:
    first, second = system.ocpp_urls
    gone = [await bare.boot(first, f"GONE-{number}") for number in range(20)]
    back = [await bare.boot(first, f"BACK-{number}") for number in range(20)]
    await system.kill("edge")
    for socket in (*gone, *back):
        await socket.closed
    sockets = [await bare.boot(second, f"BACK-{number}") for number in range(20)]
    answer = await system.post("stations/BACK-0/calls/ClearCache")
    assert (answer["status"], answer["payload"]) == ("answered", {"status": "Accepted"})

    async def online() -> set[str]:
        return {s["id"] for s in await system.all("stations", online="true")}

    await eventually(
        online,
        lambda seen: not any(name.startswith("GONE-") for name in seen),
        seconds=OFFLINE_SECONDS_MAX,
    )
    assert {f"BACK-{number}" for number in range(20)} <= await online()
    system.spawn("edge")
    await system.ready("edge")
    for socket in sockets:
        socket.close()


@pytest.mark.timeout(120)
async def test_a_station_that_hops_between_edges_is_called_on_its_newest_socket(
    system: System,
) -> None:
    urls = system.ocpp_urls
    older: bare.Socket | None = None
    for hop in range(HOPS):
        socket = await bare.boot(urls[hop % 2], "HOPPER")
        answer = await system.post("stations/HOPPER/calls/ClearCache")
        assert answer["status"] == "answered", f"hop {hop}: {answer}"
        assert [action for action, _ in socket.calls] == ["ClearCache"]
        if older is not None:
            async with asyncio.timeout(5):
                await older.closed
        older = socket

    async def online() -> bool:
        return (await system.get("stations/HOPPER"))["online"]

    assert await online()
    assert older is not None
    older.close()
    await eventually(online, lambda seen: not seen)
