"""Days are plausible, and the same for the same seed."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from libs.station import battery
from services.simulator import day

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@given(st.integers(), st.integers(0, 23), st.integers(1, 10))
def test_a_visit_is_possible(seed, hour, tokens):
    visit = day.usual(Random(seed), NOON.replace(hour=hour), tokens)
    assert visit.gap >= 0
    assert 0 < visit.stay <= 14 * day.HOUR
    assert 0 <= visit.guest.token < tokens
    assert battery.power(visit.guest.car, 22_000) > 0


def test_the_same_dice_make_the_same_visit():
    assert day.usual(Random(5), NOON, 10) == day.usual(Random(5), NOON, 10)
    assert day.busy(Random(5), 10) != day.busy(Random(6), 10)


def arrivals(weeks: int) -> list[datetime]:
    """When cars come to one place, over weeks that begin on a Monday."""
    dice, now, found = Random(1), datetime(2026, 3, 2, tzinfo=UTC), []
    end = now + timedelta(weeks=weeks)
    while now < end:
        visit = day.usual(dice, now, 10)
        now += timedelta(seconds=visit.gap)
        found.append(now)
        now += timedelta(seconds=visit.stay)
    return found


def test_a_place_sees_a_few_cars_a_day_and_fewer_at_night():
    found = arrivals(100)
    assert 1.5 < len(found) / 700 < 4.5
    night = sum(at.hour < 5 for at in found) / 5
    morning = sum(7 <= at.hour < 10 for at in found) / 3
    assert night < morning / 2


def test_a_busy_place_shows_something_within_seconds():
    visits = [day.busy(Random(seed), 10) for seed in range(200)]
    assert max(visit.gap + visit.hesitation for visit in visits) < 15
    assert max(visit.stay for visit in visits) < 300
