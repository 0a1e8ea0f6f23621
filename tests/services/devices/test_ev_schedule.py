"""K15, K16: whether a car plans within the profile of its session."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.devices.ev_schedule import within

BASE = datetime(2026, 6, 1, 12, tzinfo=UTC)


def schedule(*limits: float, unit: str = "A", start: datetime | None = None, **more: Any) -> Any:
    """A minute for each limit."""
    found: dict[str, Any] = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [
            {"startPeriod": 60 * n, "limit": limit} for n, limit in enumerate(limits)
        ],
        **more,
    }
    return found | ({"startSchedule": start.isoformat()} if start else {})


def profile(*schedules: Any) -> Any:
    return {"chargingSchedule": list(schedules)}


@pytest.mark.parametrize(
    ("allowed", "planned", "fits"),
    [
        (schedule(16), schedule(16), True),
        (schedule(16), schedule(16.1), False),
        (schedule(16), schedule(11_040, unit="W"), True),
        (schedule(11_000, unit="W"), schedule(16), False),
        (schedule(16, 8), schedule(16, 8), True),
        (schedule(16, 8), schedule(16), False),
        (schedule(16, 8), schedule(16, duration=60), True),
        (schedule(8, 16), schedule(8, 16), True),
        (schedule(8, 16, start=BASE - timedelta(seconds=60)), schedule(16), True),
        (schedule(16, 8, start=BASE - timedelta(seconds=30)), schedule(16, 8), False),
        (schedule(8, duration=60), schedule(8, 32), True),
        (schedule(8, start=BASE + timedelta(hours=1)), schedule(32, duration=60), True),
    ],
)
def test_a_plan_is_held_against_the_profile_moment_by_moment(allowed, planned, fits):
    assert within(profile(allowed), planned, BASE) is fits


def test_a_choice_is_kept_by_keeping_to_one_of_its_schedules():
    choice = profile(schedule(6, 20), schedule(20, 6))
    assert within(choice, schedule(20, 6), BASE)
    assert not within(choice, schedule(20, 20), BASE)


def test_1_6_has_one_schedule_that_is_no_list():
    assert within({"chargingSchedule": schedule(16)}, schedule(16), BASE)


limits = st.lists(st.integers(0, 32).map(float), min_size=1, max_size=5)


@given(limits)
def test_a_car_that_takes_what_it_is_given_is_within(given_limits):
    assert within(profile(schedule(*given_limits)), schedule(*given_limits), BASE)


@given(limits, st.data())
def test_one_period_too_high_is_found_wherever_it_is(given_limits, data):
    planned = list(given_limits)
    planned[data.draw(st.integers(0, len(planned) - 1))] += 1.0
    assert not within(profile(schedule(*given_limits)), schedule(*planned), BASE)
