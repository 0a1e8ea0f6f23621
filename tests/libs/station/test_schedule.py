"""Composite schedules (K08) against a second implementation that looks at every second."""

from itertools import pairwise
from math import inf, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.station import schedule
from libs.station.schedule import Case, Level, Period, Plan, Step, Supply

NOW = 1_700_000_000_000
SUPPLY = Supply(rating_w=22_080.0)
DAY = 86_400


def plan(purpose="Default", evse=1, level=0, limits=(16.0,), every_seconds=60, **more) -> Plan:
    """A profile whose periods follow each other so many seconds apart."""
    given = {"kind": "Absolute", "unit": "A", "start": NOW} | more
    periods = tuple(Period(i * every_seconds, limit) for i, limit in enumerate(limits))
    return Plan(id=1, evse=evse, level=level, purpose=purpose, periods=periods, **given)


def case(*plans: Plan, evses=(1, 2), **more) -> Case:
    return Case(plans, evses, SUPPLY, **more)


def steps(case: Case, seconds=300, evse=1, unit="A", at=NOW):
    found = schedule.composite(case, evse, (at, seconds), unit)
    return [(start, round(level.limit, 3)) for start, level in found.steps]


# -- the rules, one by one -----------------------------------------------------------------------


def test_without_profiles_the_hardware_is_the_limit():
    assert schedule.composite(case(), 1, (NOW, 60), "W").steps == [Step(0, Level(22_080.0, 3))]


def test_a_gap_in_a_higher_level_is_filled_by_the_lower():
    """K01.FR.13; the lower one is seen before, between and after."""
    low = plan(limits=(6.0,))
    high = plan(level=3, limits=(10.0,), duration=60, start=NOW + 60_000)
    assert steps(case(low, high)) == [(0, 6.0), (60, 10.0), (120, 6.0)]


def test_a_transaction_profile_replaces_the_default_and_its_gap_does_not():
    default = plan(limits=(6.0,), level=5)
    own = plan("Transaction", limits=(20.0,), duration=60, transaction="t")
    assert steps(case(default, own, transactions={1: "t"})) == [(0, 20.0), (60, 6.0)]
    assert steps(case(default, own, transactions={1: "another"})) == [(0, 6.0)]


def test_the_lowest_of_the_purposes_holds():
    maximum = plan("Maximum", evse=0, limits=(10.0, 30.0))
    outside = plan("External", limits=(32.0, 8.0))
    both = case(plan(limits=(16.0,)), maximum, outside, busy=frozenset({1}))
    assert steps(both) == [(0, 10.0), (60, 8.0)]


def test_busy_evses_share_what_the_station_may_draw():
    maximum = plan("Maximum", evse=0, limits=(20.0,))
    assert steps(case(maximum, busy=frozenset({1, 2}))) == [(0, 10.0)]
    assert steps(case(maximum, busy=frozenset({1}))) == [(0, 20.0)]


def test_the_station_as_a_whole_draws_what_its_evses_draw_within_its_maximum():
    """K08: EVSE 0 is the connection to the grid."""
    both = case(plan(evse=0, limits=(6.0, 16.0)), plan("Maximum", evse=0, limits=(20.0,)))
    assert steps(both, evse=0) == [(0, 12.0), (60, 20.0)]


def test_what_the_site_generates_is_added_to_the_maximum():
    """2.1 K27."""
    maximum = plan("Maximum", evse=0, limits=(10.0,))
    sun = plan("Generation", evse=0, limits=(4.0,), duration=60)
    assert steps(case(maximum, sun)) == [(0, 14.0), (60, 10.0)]


def test_priority_replaces_both_while_it_is_given():
    plans = (plan(limits=(6.0,)), plan("Priority", limits=(30.0,)))
    assert steps(case(*plans)) == [(0, 6.0)]
    assert steps(case(*plans, priority=frozenset({1}))) == [(0, 30.0)]


def test_the_previous_recurrence_still_runs_until_the_next_cuts_it():
    daily = plan(
        kind="Recurring", every=DAY, limits=(6.0, 16.0), every_seconds=80_000, duration=100_000,
        start=NOW - DAY * 1000 - 79_000 * 1000,
    )  # fmt: skip
    assert steps(case(daily), 10_000) == [(0, 6.0), (1_000, 16.0), (7_400, 6.0)]


def test_a_recurrence_that_is_shorter_than_its_cycle_leaves_a_hole():
    weekly = plan(kind="Recurring", every=7 * DAY, limits=(6.0,), duration=3_600)
    assert steps(case(weekly), 8 * DAY) == [
        (0, 6.0), (3_600, 32.0), (7 * DAY, 6.0), (7 * DAY + 3_600, 32.0),
    ]  # fmt: skip


def test_nothing_recurs_before_its_first_time():
    daily = plan(kind="Recurring", every=DAY, limits=(6.0,), start=NOW + 60_000)
    assert steps(case(daily)) == [(0, 32.0), (60, 6.0)]


def test_a_relative_schedule_begins_with_the_power_or_else_now():
    relative = plan(kind="Relative", limits=(6.0, 16.0), every_seconds=100, start=None)
    assert steps(case(relative)) == [(0, 6.0), (100, 16.0)]
    assert steps(case(relative, origins={1: NOW - 70_000})) == [(0, 6.0), (30, 16.0)]


def test_validity_trims_a_period_and_does_not_move_it():
    trimmed = plan(limits=(6.0, 16.0), valid_from=NOW + 30_000, valid_to=NOW + 90_000)
    assert steps(case(trimmed)) == [(0, 32.0), (30, 6.0), (60, 16.0), (90, 32.0)]


def test_a_period_after_the_end_of_its_schedule_never_runs():
    assert steps(case(plan(limits=(6.0, 8.0), duration=60))) == [(0, 6.0), (60, 32.0)]


def test_units_are_converted_over_the_phases_of_the_period():
    three = plan(unit="W", limits=(3_680.0,))
    single = Plan(
        id=2, evse=1, level=1, purpose="Default", kind="Absolute", unit="W", start=NOW,
        duration=60, periods=(Period(0, 3_680.0, 1),),
    )  # fmt: skip
    found = schedule.composite(case(three, single), 1, (NOW, 120), "A").steps
    assert found == [
        Step(0, Level(16.0, 1)),
        Step(60, Level(pytest.approx(3_680 / 690), 3)),
    ]


def test_moments_between_seconds_are_exact():
    late = plan(limits=(6.0, 8.0), start=NOW - 59_001)
    assert schedule.next_change(case(late), NOW) == NOW + 999
    assert schedule.allowed(case(late), 1, NOW + 998, "A").limit == 6.0
    assert schedule.allowed(case(late), 1, NOW + 999, "A").limit == 8.0


def test_a_window_of_decades_ends_with_as_many_periods_as_fit():
    daily = plan(kind="Recurring", every=DAY, limits=(6.0, 8.0), every_seconds=3_600)
    found = schedule.composite(case(daily), 1, (NOW, 2**31 - 1), "A")
    assert len(found.steps) == schedule.STEPS_MAX
    assert found.duration == 512 * DAY


# -- the second implementation -------------------------------------------------------------------

WINDOW = 240


def seconds_of(plan: Plan, origin: int) -> dict[int, float]:
    """The limit in each second of the window, in A for three phases; gaps are missing."""
    begins = [origin if plan.kind == "Relative" else plan.start]
    if plan.kind == "Recurring":
        while begins[-1] < NOW + WINDOW * 1000:
            begins.append(begins[-1] + plan.every * 1000)
    found: dict[int, float] = {}
    for index, begin in enumerate(begins):
        stop = begin + plan.duration * 1000 if plan.duration is not None else inf
        if index + 1 < len(begins):
            stop = min(stop, begins[index + 1])
        for second in range(WINDOW):
            at = NOW + second * 1000
            begun = [p for p in plan.periods if begin + p.start * 1000 <= at]
            if begun and at < stop and begin <= at:
                last = max(begun, key=lambda p: p.start)
                amps = last.limit if plan.unit == "A" else last.limit / 690
                found[second] = amps
    for second in list(found):
        at = NOW + second * 1000
        if (plan.valid_from and at < plan.valid_from) or (plan.valid_to and at >= plan.valid_to):
            del found[second]
    return found


def sampled(case: Case, evse: int) -> list[float]:
    """What holds in each second, by looking at each."""
    tables = []
    for one in case.plans:
        shared = one.evse == 0 and one.purpose == "Default"
        origin = case.origins.get(evse if shared else one.evse, NOW)
        tables.append((one, seconds_of(one, origin)))

    def highest(purpose: str, second: int, places: set[int]) -> float | None:
        said = [
            (one.level, one.evse, order, table[second])
            for order, (one, table) in enumerate(tables)
            if one.purpose == purpose and one.evse in places and second in table
            and (purpose != "Transaction" or case.transactions.get(evse) == one.transaction)
        ]  # fmt: skip
        return max(said)[3] if said else None

    line = []
    for second in range(WINDOW):
        chosen = highest("Transaction", second, {evse})
        chosen = highest("Default", second, {0, evse}) if chosen is None else chosen
        total = [highest(p, second, {0}) for p in ("Maximum", "External")]
        shares = [each / len(case.busy | {evse}) for each in total if each is not None]
        limits = [32.0, chosen, highest("External", second, {evse}), *shares]
        line.append(min(limit for limit in limits if limit is not None))
    return line


@st.composite
def plans(draw) -> Plan:
    purpose = draw(st.sampled_from(["Default", "Transaction", "Maximum", "External"]))
    kind = draw(st.sampled_from(["Absolute", "Recurring", "Relative"]))
    starts = sorted(draw(st.sets(st.integers(1, 200), max_size=4)))
    unit = draw(st.sampled_from(["A", "W"]))
    limits = st.integers(0, 40).map(lambda n: float(n) if unit == "A" else n * 690.0)
    moments = st.integers(-200, 250).map(lambda s: NOW + s * 1000)
    recurring = kind == "Recurring"
    place = {"Maximum": st.just(0), "Transaction": st.just(1)}.get(purpose, st.integers(0, 2))
    return Plan(
        id=draw(st.integers(1, 9)),
        evse=draw(place),
        level=draw(st.integers(0, 3)),
        purpose=purpose,
        kind=kind,
        unit=unit,
        periods=tuple(Period(start, draw(limits)) for start in (0, *starts)),
        start=None if kind == "Relative" else draw(moments),
        duration=draw(st.none() | st.integers(0, 250)),
        every=draw(st.integers(20, 120)) if recurring else None,
        valid_from=draw(st.none() | moments),
        valid_to=draw(st.none() | moments),
        transaction="t" if purpose == "Transaction" else None,
    )


@given(
    st.lists(plans(), max_size=5),
    st.dictionaries(st.sampled_from([1, 2]), st.integers(0, 200).map(lambda s: NOW - s * 1000)),
    st.sampled_from([frozenset(), frozenset({1}), frozenset({1, 2})]),
    st.booleans(),
)
def test_breakpoints_and_seconds_agree(found, origins, busy, running):
    """The composite of EVSE 1 says the same as a look at every second."""
    charging = {1: "t"} if running else {}
    whole = case(*found, origins=origins, busy=busy, transactions=charging)
    result = schedule.composite(whole, 1, (NOW, WINDOW), "A").steps
    line: list[float] = []
    for step, after in zip(result, [*(s.start for s in result[1:]), WINDOW], strict=True):
        line += [step.level.limit] * (after - step.start)
    expected = sampled(whole, 1)
    assert len(line) == WINDOW
    assert all(isclose(a, b, abs_tol=1e-9) for a, b in zip(line, expected, strict=True))


@given(st.lists(plans(), max_size=5))
def test_a_composite_has_no_period_too_many(found):
    """It begins at 0, is ordered, and neighbours differ."""
    result = schedule.composite(case(*found), 0, (NOW, WINDOW), "W").steps
    assert result[0].start == 0
    assert all(a.start < b.start and a.level != b.level for a, b in pairwise(result))
