import asyncio

from libs.bus.deadline import TICKS_PER_SECOND, Deadlines
from tests.libs.bus.messages import until


async def test_a_deadline_is_told_not_early_and_at_most_a_tick_late():
    loop = asyncio.get_running_loop()
    told = {}
    deadlines = Deadlines(lambda numbers: told.update(dict.fromkeys(numbers, loop.time())))
    wanted = {number: loop.time() + number / 100 for number in range(30)}
    for number in wanted:
        deadlines.add(number, number / 100)
    await until(lambda: len(told) == 30)
    lateness = [told[number] - wanted[number] for number in wanted]
    assert min(lateness) >= 0
    assert sorted(lateness)[15] < 2 / TICKS_PER_SECOND


async def test_deadlines_of_one_moment_share_a_timer():
    deadlines = Deadlines(lambda numbers: None)
    for number in range(10_000):
        deadlines.add(number, 5)
    assert len(deadlines._timers) < 20
    deadlines.close()


async def test_after_close_nothing_is_due():
    """The same deadline of others has passed when it is looked at."""
    told, others = [], []
    closed, open_ones = Deadlines(told.extend), Deadlines(others.extend)
    for deadlines in (closed, open_ones):
        deadlines.add(1, 0.01)
    closed.close()
    await until(lambda: others)
    assert (told, others) == ([], [1])
