"""A service that fails in a process of many is started again, and nobody else notices."""

import asyncio
from typing import Any

import pytest
from msgspec import Struct

from libs.runtime import CannotStart, Life
from services.voltbus import supervisor
from services.voltbus.services import Service
from services.voltbus.supervisor import Supervised


class Config(Struct):
    pass


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "RESTART_SECONDS_MIN", 0.01)
    monkeypatch.setattr(supervisor, "RESTART_SECONDS_MAX", 0.04)


def supervised(serve: Any) -> Supervised:
    return Supervised(Service("test", Config, serve), Config())


async def test_a_service_that_fails_is_started_again() -> None:
    lives: list[Life] = []

    async def serve(_: Config, life: Life) -> None:
        lives.append(life)
        if len(lives) < 4:
            raise RuntimeError("made to fail")
        life.ready()
        await life.stopping.wait()

    it = supervised(serve)
    it.start()
    await asyncio.wait_for(it.ready.wait(), 5)
    assert (len(lives), it.serves()) == (4, True)
    await it.stop(1)
    assert (len(lives), it.serves()) == (4, False)


async def test_a_service_that_cannot_start_is_not_tried_again() -> None:
    """A setting or a schema that does not fit stays so: who starts it is told at once."""
    times = 0

    async def serve(_: Config, life: Life) -> None:
        nonlocal times
        times += 1
        raise ExceptionGroup("in a group", [CannotStart("The port is taken.")])

    it = supervised(serve)
    it.start()
    with pytest.raises(CannotStart, match="The port is taken"):
        await asyncio.wait_for(it.came_up(), 5)
    await it.stop(1)
    assert times == 1


async def test_a_service_that_has_served_is_tried_again_whatever_it_lacks() -> None:
    lives: list[Life] = []

    async def serve(_: Config, life: Life) -> None:
        lives.append(life)
        life.ready()
        if len(lives) < 3:
            await asyncio.sleep(0.001)
            raise CannotStart("The port is taken.")
        await life.stopping.wait()

    it = supervised(serve)
    it.start()
    await asyncio.wait_for(it.came_up(), 5)
    async with asyncio.timeout(5):
        while len(lives) < 3:
            await asyncio.sleep(0.005)
    await it.stop(1)
    assert len(lives) == 3


async def test_a_service_that_ends_unasked_is_started_again() -> None:
    times = 0

    async def serve(_: Config, life: Life) -> None:
        nonlocal times
        times += 1
        life.ready()

    it = supervised(serve)
    it.start()
    async with asyncio.timeout(5):
        while times < 3:
            await asyncio.sleep(0.005)
    await it.stop(1)


async def test_a_service_is_told_to_stop_and_finishes() -> None:
    done = []

    async def serve(_: Config, life: Life) -> None:
        life.ready()
        await life.stopping.wait()
        await asyncio.sleep(0.05)
        done.append(life.name)

    it = supervised(serve)
    it.start()
    await asyncio.wait_for(it.ready.wait(), 5)
    await it.stop(5)
    assert done == ["test"]


async def test_a_service_that_does_not_stop_is_cut_off() -> None:
    async def serve(_: Config, life: Life) -> None:
        life.ready()
        await asyncio.sleep(60)

    it = supervised(serve)
    it.start()
    await asyncio.wait_for(it.ready.wait(), 5)
    async with asyncio.timeout(3):
        await it.stop(0.1)
    assert it.task is not None
    assert it.task.done()


async def test_a_service_that_still_starts_stops_at_once() -> None:
    async def serve(_: Config, life: Life) -> None:
        await asyncio.sleep(60)

    it = supervised(serve)
    it.start()
    await asyncio.sleep(0)
    async with asyncio.timeout(3):
        await it.stop(2)
    assert not it.ready.is_set()


async def test_one_that_was_never_started_stops() -> None:
    async def serve(_: Config, life: Life) -> None:
        raise AssertionError("never started")

    await supervised(serve).stop(1)
