"""The process ``simulator``: a fleet of virtual stations, and what it sees of the server."""

import asyncio

from libs.runtime import Life, log, run
from services.simulator.config import Config
from services.simulator.fleet import Fleet

__all__ = ["NAME", "Config", "serve"]

NAME = "simulator"

logger = log.get(NAME)


async def serve(config: Config, life: Life) -> None:
    """Run the fleet until told to stop; the command ``voltbus simulate`` calls this too."""
    fleet = Fleet(config)
    starting = asyncio.create_task(fleet.start(), name="start")
    life.ready()
    before = 0
    while not await _stops(life, config.simulate_report_seconds):
        before = _report(fleet, config.simulate_report_seconds, before)
    starting.cancel()
    await asyncio.wait([starting])
    await fleet.stop()
    _report(fleet, config.simulate_report_seconds, before)


async def _stops(life: Life, seconds: float) -> bool:
    """Whether it is told to stop within so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await life.stopping.wait()
    except TimeoutError:
        return False
    return True


def _report(fleet: Fleet, seconds: float, before: int) -> int:
    """Log what the fleet does; returns the exchanges so far."""
    tally = fleet.tally
    logger.info(
        "fleet",
        stations=len(fleet.stations),
        online=tally.online,
        charging=fleet.charging(),
        sessions=tally.sessions,
        energy_kwh=round(tally.energy_wh / 1000, 1),
        waiting=fleet.waiting(),
        messages_per_second=round((tally.exchanges - before) / seconds, 1),
        p50_ms=round(tally.latency(0.5) * 1000, 1),
        p99_ms=round(tally.latency(0.99) * 1000, 1),
        errors=dict(tally.failures),
    )
    tally.forget_latencies()
    return tally.exchanges


if __name__ == "__main__":
    run(NAME, Config, serve)
