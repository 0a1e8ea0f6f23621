"""Whatever is killed under load: what was answered is in the ledger, once."""

import signal

import pytest

from tests.chaos.fleet import Fleet
from tests.system import SERVICES, System, eventually

STATIONS = 200
LOAD_SECONDS_MAX = 240


async def all_online(system: System, fleet: Fleet) -> None:
    async def online() -> set[str]:
        return {s["id"] for s in await system.all("stations", online="true")}

    await eventually(online, lambda seen: {d.identity for d in fleet.drivers} <= seen, seconds=60)


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
@pytest.mark.parametrize(
    "victim", ["transactions", "authorization", "stations", "edge", "nats", "postgres"]
)
async def test_nothing_is_lost_or_doubled_when_it_is_killed(system: System, victim: str) -> None:
    async with Fleet(system, STATIONS, f"KILL-{victim}") as fleet:
        await kill(system, victim)
        await fleet.progress(1)
        await all_online(system, fleet)
        await fleet.finish()
        assert await fleet.compare() == []


@pytest.mark.timeout(LOAD_SECONDS_MAX)
@pytest.mark.parametrize("service", [name for name in SERVICES if name not in {"edge", "api"}])
async def test_a_graceful_restart_is_not_noticed(system: System, service: str) -> None:
    async with Fleet(system, STATIONS, f"CALM-{service}") as fleet:
        connects = [driver.connects for driver in fleet.drivers]
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
        await system.restart("edge", signal.SIGTERM)
        await fleet.progress(1)
        await all_online(system, fleet)
        await fleet.finish()
        assert await fleet.compare() == []
