"""Timers run in order and once; simulated time keeps its pace."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.station import clock
from libs.station.clock import Clock, ManualWheel, Wheel

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@given(st.lists(st.floats(0, 1000), max_size=50))
def test_timers_run_in_the_order_they_are_due(delays):
    wheel, ran = ManualWheel(), []
    for delay in delays:
        wheel.after(delay, lambda delay=delay: ran.append(delay))
    wheel.turn(1001)
    assert ran == sorted(delays)


def test_a_cancelled_timer_does_not_run_and_leaves_no_weight(monkeypatch):
    monkeypatch.setattr(clock, "CANCELLED_MAX", 10)
    wheel, ran = ManualWheel(), []
    timers = [wheel.after(5, lambda: ran.append(1)) for _ in range(100)]
    for timer in timers[1:]:
        timer.cancel()
        timer.cancel()
    assert len(wheel._heap) < 20
    wheel.turn(6)
    assert ran == [1]


def test_a_timer_may_set_the_next_one():
    wheel, times = ManualWheel(), []

    def tick():
        times.append(wheel.now())
        if len(times) < 3:
            wheel.after(10, tick)

    wheel.after(10, tick)
    wheel.turn(100)
    assert times == [10, 20, 30]


def test_simulated_time_runs_fast_and_the_network_keeps_its_own_pace():
    wheel, ran = ManualWheel(), []
    fast = Clock(wheel, speed=60, link_speed=2, start=START)
    fast.after(60, lambda: ran.append(("meter", wheel.now())))
    fast.after_patience(60, lambda: ran.append(("network", wheel.now())))
    wheel.turn(60)
    assert ran == [("meter", 1), ("network", 30)]
    assert fast.now() == datetime(2026, 3, 1, 13, tzinfo=UTC)


def test_times_have_no_more_than_milliseconds():
    assert clock.moment(1_700_000_000.123_987).microsecond == 123_000


@pytest.mark.parametrize("wrong", [{"speed": 0}, {"link_speed": -1}])
def test_time_does_not_stand_still(wrong):
    with pytest.raises(ValueError, match="positive"):
        Clock(ManualWheel(), **wrong)


async def test_one_timer_of_the_loop_serves_all_and_wakes_for_the_first():
    wheel, done = Wheel(), asyncio.get_running_loop().create_future()
    ran = []
    wheel.after(30, lambda: ran.append("late"))
    wheel.after(0.02, lambda: done.set_result(None))
    wheel.after(0.01, lambda: ran.append("first"))
    async with asyncio.timeout(5):
        await done
    assert ran == ["first"]


async def test_a_failing_timer_does_not_stop_the_wheel():
    wheel, done = Wheel(), asyncio.get_running_loop().create_future()
    failed = []
    asyncio.get_running_loop().set_exception_handler(lambda _, said: failed.append(said))
    wheel.after(0.01, lambda: 1 / 0)
    wheel.after(0.03, lambda: done.set_result("ran"))
    async with asyncio.timeout(5):
        assert await done == "ran"
    assert [type(said["exception"]) for said in failed] == [ZeroDivisionError]
