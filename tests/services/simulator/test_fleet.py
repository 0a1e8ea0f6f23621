"""A fleet against servers that are not ours."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from libs.runtime import Life
from services.simulator import fleet as fleets
from services.simulator.__main__ import serve
from services.simulator.config import Config
from services.simulator.fleet import Fleet
from tests.libs.station.csms import Csms, Silence, running


@asynccontextmanager
async def simulating(csms: Csms, **options: Any) -> AsyncIterator[Life]:
    life = Life("simulator")
    config = Config(
        simulate_url=csms.url,
        simulate_versions=(csms.version,),  # type: ignore[arg-type]
        simulate_busy=True,
        **{"simulate": 4, "simulate_speed": 20, "simulate_connects_per_second": 500, **options},
    )
    serving = asyncio.create_task(serve(config, life))
    try:
        yield life
    finally:
        life.stop()
        await serving


def ended(csms: Csms) -> int:
    if csms.version == "v16":
        return len(csms.said("StopTransaction"))
    return sum(event["eventType"] == "Ended" for event in csms.said("TransactionEvent"))


def started(csms: Csms) -> int:
    if csms.version == "v16":
        return len(csms.said("StartTransaction"))
    return sum(event["eventType"] == "Started" for event in csms.said("TransactionEvent"))


@pytest.mark.parametrize("version", ["v16", "v201", "v21"])
async def test_sessions_come_by_themselves_and_end_when_the_fleet_stops(version):
    async with running(version) as csms:
        async with simulating(csms):
            await csms.until(lambda: len(csms.points) == 4, "four stations")
            await csms.until(lambda: started(csms) >= 6, "six sessions")
        assert started(csms) == ended(csms)
        await csms.until(lambda: all(point.closed for point in csms.points), "closed sockets")


async def test_a_session_that_is_allowed_after_everybody_left_ends_at_once():
    """The answer to Authorize may be on its way when the fleet stops."""
    async with running("v201") as csms:
        csms.answers["Authorize"] = Silence
        fleet = Fleet(
            Config(
                simulate=1, simulate_evses=1, simulate_url=csms.url, simulate_busy=True,
                simulate_versions=("v201",), simulate_speed=20,
            )
        )  # fmt: skip
        await fleet.start()
        await csms.heard("Authorize")
        (asked,) = [call for call in csms.calls if call.action == "Authorize"]
        for driver in fleet.drivers:
            driver.stop()
        before = started(csms)
        await asked.point._send(json.dumps([3, asked.id, {"idTokenInfo": {"status": "Accepted"}}]))
        await csms.until(lambda: started(csms) > before, "the session")
        await csms.until(lambda: ended(csms) == started(csms), "its end")
        assert csms.said("TransactionEvent")[-1]["triggerReason"] == "StopAuthorized"
        await fleet.stop()


async def test_a_fleet_that_stops_waits_as_long_as_it_is_heard(monkeypatch):
    """A slow server is no silent one."""
    monkeypatch.setattr(fleets, "GOODBYE_SECONDS", 0.5)
    async with running("v201") as csms:
        fleet = Fleet(
            Config(
                simulate=1, simulate_evses=10, simulate_url=csms.url, simulate_busy=True,
                simulate_versions=("v201",), simulate_speed=20,
            )
        )  # fmt: skip
        await fleet.start()
        await csms.until(lambda: fleet.charging() >= 8, "eight cars that charge")
        csms.slow_seconds = 0.1
        await fleet.stop()
        assert fleet.waiting() == 0


async def test_a_stopped_fleet_leaves_in_time_though_the_server_is_silent():
    async with running("v201") as csms:
        csms.answers["TransactionEvent"] = Silence
        async with simulating(csms):
            await csms.heard("TransactionEvent", 3)
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 5


def visits(seed: int, count: Callable[[Fleet], Any]) -> Any:
    return count(Fleet(Config(simulate=3, simulate_seed=seed, simulate_busy=True)))


def test_the_same_seed_makes_the_same_fleet():
    def look(fleet: Fleet) -> Any:
        return [(driver._visit, driver._visits()) for driver in fleet.drivers], [
            station.flash.registers for station in fleet.stations
        ]

    assert visits(3, look) == visits(3, look)
    assert visits(3, look) != visits(4, look)


def test_versions_are_taken_in_turn():
    fleet = Fleet(Config(simulate=4, simulate_versions=("v16", "v16", "v21")))
    assert [station.profile.version for station in fleet.stations] == ["v16", "v16", "v21", "v16"]
    assert fleet.stations[0].profile.identity == "SIM-00001"


async def test_a_fleet_with_a_home_carries_on_after_a_restart(tmp_path: Path):
    async with running("v201") as csms:
        async with simulating(csms, simulate=1, simulate_home=tmp_path):
            await csms.until(lambda: started(csms) >= 1, "a session")
        kept = json.loads((tmp_path / "SIM-00001.json").read_bytes())["registers"]
        fleet = Fleet(Config(simulate=1, simulate_home=tmp_path))
        registers = fleet.stations[0].flash.registers
        assert {str(evse): register for evse, register in registers.items()} == kept
