"""Percentiles are right to the width of their class."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.simulator.tally import STEP, Tally


@given(st.lists(st.floats(0.0002, 30), min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 0.99]))
def test_a_percentile_is_not_below_the_true_one_and_not_far_above(latencies, share):
    tally = Tally()
    for latency in latencies:
        tally.exchange("Heartbeat", latency)
    ordered = sorted(latencies)
    true = next(x for n, x in enumerate(ordered, 1) if n >= share * len(ordered))
    assert true <= tally.latency(share) <= true * STEP * 1.0001


def test_without_exchanges_there_is_no_latency():
    tally = Tally()
    assert tally.latency(0.99) == 0
    tally.exchange("Heartbeat", 0.01)
    tally.forget_latencies()
    assert (tally.latency(0.99), tally.exchanges) == (0, 1)


def test_failures_are_counted_by_action_and_kind():
    tally = Tally()
    tally.failed("BootNotification", "timeout", "")
    tally.failed("BootNotification", "timeout", "")
    assert tally.failures == {"BootNotification timeout": 2}


def test_online_follows_the_links():
    tally = Tally()
    tally.connected(up=True)
    tally.connected(up=True)
    tally.connected(up=False)
    assert (tally.online, tally.connects) == (1, 2)
    assert tally.latency(0.5) == pytest.approx(0)
