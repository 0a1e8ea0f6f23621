"""Waiting doubles up to a limit (2.0.1 part 4, 5.3)."""

from hypothesis import given
from hypothesis import strategies as st

from libs.station.backoff import BackOff, wait

POLICY = BackOff(wait_minimum=10, random_range=4, repeat_times=3)


def test_the_wait_doubles_and_then_stays():
    assert [wait(POLICY, n, 0.0) for n in range(1, 7)] == [10, 20, 40, 80, 80, 80]


@given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
def test_chance_spreads_the_first_wait(failures, chance):
    low, high = wait(POLICY, failures, 0.0), wait(POLICY, failures, 1.0)
    assert low <= wait(POLICY, failures, chance) <= high
    assert high / low == 1.4
