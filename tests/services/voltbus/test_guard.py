"""A server of our own that ends is started again, for as long as that takes."""

import asyncio

import pytest

from libs.bus.embedded import NatsNotStarted
from services.voltbus import guard
from services.voltbus.guard import guarded


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "RESTART_SECONDS_MIN", 0.001)
    monkeypatch.setattr(guard, "RESTART_SECONDS_MAX", 0.004)


class Flaky:
    """Refuses the starts whose numbers are given."""

    def __init__(self, *refused: int) -> None:
        self.refused = refused
        self.said: list[str] = []
        self.starts = 0
        self.runs = asyncio.Event()
        self.end = asyncio.Event()

    async def start(self) -> None:
        self.starts += 1
        if self.starts in self.refused:
            self.said.append("refused")
            raise NatsNotStarted("the port is taken")
        self.said.append("started")
        self.end.clear()
        self.runs.set()

    async def stop(self) -> None:
        self.said.append("stopped")

    async def ended(self) -> int:
        await self.end.wait()
        self.runs.clear()
        return -9

    async def crash(self) -> None:
        """Return when it runs again."""
        self.end.set()
        async with asyncio.timeout(5):
            while not self.runs.is_set() or self.end.is_set():
                await asyncio.sleep(0.001)


async def test_it_is_tried_until_it_starts() -> None:
    server = Flaky(2, 3)
    async with guarded("flaky", server):
        await server.crash()
    again = ["stopped", "refused", "stopped", "refused", "stopped", "started"]
    assert server.said == ["started", *again, "stopped"]


async def test_it_may_die_more_than_once() -> None:
    server = Flaky()
    async with guarded("flaky", server):
        await server.crash()
        await server.crash()
    assert server.said.count("started") == 3
    assert server.said[-1] == "stopped"


async def test_one_that_never_started_is_an_error() -> None:
    server = Flaky(1)
    with pytest.raises(NatsNotStarted):
        async with guarded("flaky", server):
            raise AssertionError("must not come here")
    assert server.said == ["refused", "stopped"]


async def test_after_the_end_nothing_is_started() -> None:
    server = Flaky()
    async with guarded("flaky", server):
        server.end.set()
    await asyncio.sleep(0)
    assert server.said[-1] == "stopped"
