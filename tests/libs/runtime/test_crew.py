"""Hands for what is due."""

import asyncio

from libs.runtime import Crew


async def test_what_takes_long_keeps_one_hand_and_ends_with_the_crew() -> None:
    due = ["slow", "a", "b", "c"]
    done: list[str] = []
    ended: list[str] = []
    most: list[int] = []

    async def take(free: int) -> list[str]:
        most.append(free)
        taken, due[:] = due[:free], due[free:]
        return taken

    async def see_to(item: str) -> None:
        try:
            if item == "slow":
                await asyncio.Event().wait()
            done.append(item)
        finally:
            ended.append(item)

    async with Crew(2, take, see_to) as crew:
        while len(done) < 3 or not crew.free:
            await crew.turn()
            await asyncio.sleep(0)
        assert (done, crew.free) == (["a", "b", "c"], 1)
    assert ended == ["a", "b", "c", "slow"]
    assert set(most) == {2, 1}


async def test_with_no_hand_free_nothing_is_taken() -> None:
    taken = 0

    async def take(free: int) -> list[int]:
        nonlocal taken
        taken += free
        return [0] * free

    async def see_to(_: int) -> None:
        await asyncio.Event().wait()

    async with Crew(3, take, see_to) as crew:
        for _ in range(3):
            await crew.turn()
        assert (taken, crew.free) == (3, 0)
