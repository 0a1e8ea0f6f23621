"""``make bench``: what a message costs in all processes together, beside the floor.

The floor is the same line of bare parts (tests/bench/floor.py), measured in the same run.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import psutil

from tests.bench import history
from tests.bench.floor import Settings
from tests.bench.load import Plan
from tests.bench.measure import ROOT, Cost, Load
from tests.system import System, free_port

STATIONS = 100
CROWD = 5_000
GOALS = {"heartbeat": 20, "authorize": 80, "meter": 150}
PARTS = ["edge", "stations", "authorization", "transactions", "service", "nats", "postgres"]


class Bench:
    def __init__(self, system: System, arguments: argparse.Namespace) -> None:
        self.system = system
        self.seconds: float = arguments.seconds
        self.rows: int = arguments.rows
        self.costs: list[Cost] = []

    async def run(self, name: str, plan: Plan, exclude: set[int] | None = None) -> Cost:
        async with Load(plan) as load:
            cost = await load.measure(name, exclude or set())
        show(cost)
        self.costs.append(cost)
        return cost

    def plan(self, scenario: str, **more: object) -> Plan:
        settings = {"stations": STATIONS, "seconds": self.seconds, **more}
        return Plan(url=self.system.ocpp_url, scenario=scenario, **settings)  # type: ignore[arg-type]

    async def messages(self) -> None:
        for scenario in ("heartbeat", "authorize", "meter", "session"):
            await self.run(scenario, self.plan(scenario))

    async def floor(self) -> None:
        """The bare parts, with the same NATS and PostgreSQL."""
        port = free_port()
        settings = Settings(self.system.nats.url, self.system.postgres.dsn, port)
        async with AsyncExitStack() as stack:
            for part in ("service", "edge"):
                await start_floor(stack, part, settings)
            for scenario in ("heartbeat", "authorize", "meter"):
                plan = self.plan(scenario)
                plan.url = f"ws://127.0.0.1:{port}"
                await self.run(f"floor: {scenario}", plan)

    async def crowd(self) -> None:
        """5,000 stations connect, boot and report; what they weigh; what others then pay."""
        edge = psutil.Process(self.system.processes["edge"].pid)
        before = edge.memory_info().rss
        plan = self.plan("connect", stations=CROWD, prefix="CROWD", status=True)
        async with Load(plan) as load:
            cost = await load.measure(f"connect, boot, status x {CROWD}", set())
            show(cost)
            self.costs.append(cost)
            each = (edge.memory_info().rss - before) / CROWD / 1000
            print(f"idle station: {each:.1f} kB in the edge (goal 25)")
            crowd = {load.process.pid}
            for scenario in ("heartbeat", "meter"):
                await self.run(
                    f"{scenario}, {CROWD} others", self.plan(scenario, prefix="AMONG"), crowd
                )

    async def stored(self) -> None:
        """The same meter value with millions of stored samples."""
        count = await history.fill(self.system.postgres.dsn, self.rows)
        await self.run(f"meter, {count:,} samples stored", self.plan("meter", prefix="LATE"))


async def start_floor(stack: AsyncExitStack, part: str, settings: Settings) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench.floor",
        part,
        msgspec.json.encode(settings).decode(),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )

    async def end() -> None:
        process.kill()
        await process.wait()

    stack.push_async_callback(end)
    assert process.stdout is not None
    if not await process.stdout.readline():
        raise RuntimeError(f"the floor's {part} ended at start")


def show(cost: Cost) -> None:
    parts = " ".join(
        f"{part} {cost.parts[part]:.1f}" for part in PARTS if cost.parts.get(part, 0) >= 0.05
    )
    goal = f" (goal {GOALS[cost.name]})" if cost.name in GOALS else ""
    rate = cost.result.messages / max(cost.result.seconds, 1e-9)
    print(
        f"{cost.name:34} {rate:9,.0f}/s"
        f"  p50 {cost.result.p50_ms:7.2f} ms  p99 {cost.result.p99_ms:7.2f} ms"
        f"  CPU {cost.total:7.1f} us{goal}  errors {cost.result.errors}  [{parts}]",
        flush=True,
    )


async def main(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with System(Path(folder), durable=True) as system:
            bench = Bench(system, arguments)
            steps: dict[str, Callable[[], Awaitable[None]]] = {
                "floor": bench.floor,
                "messages": bench.messages,
                "crowd": bench.crowd,
                "stored": bench.stored,
            }
            print(
                f"{STATIONS} stations in closed loop; CPU is microseconds a message, all processes"
            )
            for name in arguments.steps or steps:
                await steps[name]()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("steps", nargs="*", help="floor, messages, crowd, stored; all by default")
    parser.add_argument("--seconds", type=float, default=8, help="of load a scenario")
    parser.add_argument("--rows", type=int, default=10_000_000, help="samples stored beforehand")
    asyncio.run(main(parser.parse_args()))
