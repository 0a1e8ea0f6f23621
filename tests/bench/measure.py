"""CPU time of processes, and a load generator driven from outside."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec
import psutil

from tests.bench.load import Plan, Result

ROOT = Path(__file__).parent.parent.parent


def family(exclude: set[int]) -> list[psutil.Process]:
    """All our descendants but the load generators."""
    return [p for p in psutil.Process().children(recursive=True) if p.pid not in exclude]


def part_of(process: psutil.Process) -> str:
    """Which part of the platform a process is: edge, transactions, nats, postgres, ..."""
    line = " ".join(process.cmdline())
    if "nats-server" in line:
        return "nats"
    if "postgres" in process.name():
        return "postgres"
    for word in reversed(process.cmdline()):
        if word.startswith("services."):
            return word.removeprefix("services.")
        if word in {"edge", "service"}:
            return word
    return "other"


def cpu(exclude: set[int]) -> dict[str, float]:
    """CPU seconds of each part so far, with those of its processes that have ended meanwhile: the
    kernel adds them to whoever waited for them, as PostgreSQL's first process does for the others.
    """
    total: dict[str, float] = {}
    for process in family(exclude):
        try:
            part, times = part_of(process), process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        own, ended = times.user + times.system, times.children_user + times.children_system
        total[part] = total.get(part, 0.0) + own + ended
    return total


@dataclass
class Cost:
    """What a scenario showed; CPU in microseconds a message, by part."""

    name: str
    result: Result
    parts: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.parts.values())


class Load:
    """A load generator process: ``await`` its steps, tell it to go on."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    async def __aenter__(self) -> Self:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.bench.load",
            msgspec.json.encode(self.plan).decode(),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        await self.line()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def line(self) -> str:
        assert self.process.stdout is not None
        text = (await self.process.stdout.readline()).decode().strip()
        if not text:
            raise RuntimeError(f"the load generator ended: {self.plan}")
        return text

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")

    async def measure(self, name: str, exclude: set[int]) -> Cost:
        """Let it load, and take the CPU of all other processes meanwhile."""
        ours = exclude | {self.process.pid}
        before = cpu(ours)
        self.go_on()
        result = msgspec.json.decode(await self.line(), type=Result)
        after = cpu(ours)
        spent = {part: after[part] - before.get(part, 0.0) for part in after}
        each = {part: 1e6 * s / max(result.messages, 1) for part, s in spent.items() if s > 0}
        return Cost(name, result, each)
