"""Whatever is killed under load: what was answered is in the ledger, once."""

import signal

import pytest

from tests.chaos.fleet import Fleet, all_online
from tests.system import SERVICES, System

STATIONS = 200
LOAD_SECONDS_MAX = 240


async def kill(system: System, victim: str) -> None:
    """SIGKILL, and a new start as an orchestrator would do it."""
    match victim:
        case "nats":
            await system.kill_nats()
        case "postgres":
            await system.kill_postgres()
        case service:
            await system.restart(service, signal.SIGKILL)


@pytest.mark.timeout(LOAD_SECONDS_MAX)
async def test_nothing_is_lost_or_doubled_when_each_is_killed(system: System) -> None:
    """One after the other, each in the middle of a burst, while sessions go on."""
    async with Fleet(system, STATIONS, "KILL") as fleet:
        for victim in (*SERVICES, "nats", "postgres"):
            async with fleet.burst():
                await kill(system, victim)
        await fleet.progress(1)
        await all_online(system, fleet)
        await fleet.finish()
        assert await fleet.compare() == []
        assert await fleet.untold() == []


@pytest.mark.timeout(LOAD_SECONDS_MAX)
async def test_graceful_restarts_are_not_noticed(system: System) -> None:
    """Of all but the edge and the api, which hold connections of others."""
    async with Fleet(system, STATIONS, "CALM") as fleet:
        connects = [driver.connects for driver in fleet.drivers]
        for service in SERVICES:
            if service not in {"edge", "api"}:
                async with fleet.burst():
                    await system.restart(service, signal.SIGTERM)
        await fleet.progress(1)
        await fleet.finish()
        assert [driver.failed for driver in fleet.drivers] == [0] * STATIONS
        assert [driver.refused for driver in fleet.drivers] == [[]] * STATIONS
        assert [driver.connects for driver in fleet.drivers] == connects
        assert await fleet.compare() == []


@pytest.mark.timeout(LOAD_SECONDS_MAX)
async def test_a_graceful_restart_of_the_edge_loses_no_answer(system: System) -> None:
    """Sockets must close, but what is in flight is answered before, and stations come back."""
    async with Fleet(system, STATIONS, "CALM-edge") as fleet:
        async with fleet.burst():
            await system.restart("edge", signal.SIGTERM)
        await fleet.progress(1)
        await all_online(system, fleet)
        await fleet.finish()
        assert await fleet.compare() == []
