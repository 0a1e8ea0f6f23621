"""Energy of one register, with sums by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.transactions import flags, register
from services.transactions.entry import BEGIN, END, PLAIN
from services.transactions.register import Register

START = datetime(2026, 1, 1, tzinfo=UTC)


def read(*values: object, minutes: float = 1, end: bool = False, offline: bool = False) -> Register:
    """A register that showed these values, a minute apart; the first at the beginning."""
    first, *rest = [Decimal(str(value)) for value in values]
    found = register.begin(START, first, BEGIN, offline=offline)
    for number, value in enumerate(rest, 1):
        mark = END if end and number == len(rest) else PLAIN
        found.read(START + number * timedelta(minutes=minutes), value, mark)
    return found


def told(found: Register) -> tuple[Decimal, list[str]]:
    return found.energy, flags.names(found.all_flags())


def test_a_register_that_grows_delivers_the_difference() -> None:
    assert told(read(1000, 1500, 1500, 2250)) == (1250, [])


def test_decimals_are_exact() -> None:
    assert told(read("0.1", "0.3", "1234.567")) == (Decimal("1234.467"), [])


@pytest.mark.parametrize(
    ("values", "energy"),
    [
        ((1000, 1500, 0, 300), 800),
        ((1000, 1500, 5, 305, 605), 1100),
        ((123_456, 125_456, 0, 0, 700, 900), 2900),
        ((0, 400, 0, 100, 300), 700),
        ((1000, 3000, 0, 500, 0, 200), 2700),
    ],
)
def test_a_reset_begins_a_new_segment(values: tuple[int, ...], energy: int) -> None:
    assert told(read(*values)) == (energy, ["register_reset"])


@pytest.mark.parametrize(
    ("values", "energy"),
    [
        ((100_000, 100_500, 0, 101_000), 1000),
        ((100_000, 100_500, 0, 0, 101_000, 101_500), 1500),
        ((910_000, 910_083, 0, 910_083), 83),
    ],
)
def test_a_single_false_reading_is_not_a_reset(values: tuple[int, ...], energy: int) -> None:
    assert told(read(*values)) == (energy, ["register_decreased"])


@pytest.mark.parametrize(
    ("values", "energy"),
    [
        ((100_000, 100_500, 900_000, 101_000), 1000),
        ((100_000, 100_500, 999_999_999, 101_000, 102_000), 2000),
        ((100_000, 100_500, 900_000, 900_010, 101_000, 102_000), 2000),
        ((100_000, 160_000, 120_000, 161_000), 61_000),
        ((100_000, 100_500, 50, 0, 101_000), 1000),
        ((100_000, 100_500, 200, 0, 300, 900), 1400),
        ((50_000, 51_000, 0, 500, 700_000, 1000), 2000),
        ((1000, 16_100, 13_000, 16_000, 16_500), 15_500),
        ((0, 50_000, 55_000, 0), 55_000),
    ],
)
def test_false_readings_of_any_kind_bend_no_bill(values: tuple[int, ...], energy: int) -> None:
    assert told(read(*values))[0] == energy


@pytest.mark.parametrize("end", [True, False])
def test_a_fall_to_nothing_near_a_power_of_ten_is_no_rollover(end: bool) -> None:
    """9,920 kWh and then 0: a stop without a register, not 80 kWh within a minute."""
    found = read(9_915_000, 9_920_000, 0, end=end)
    assert told(found) == (5000, ["register_reset"])
    assert told(read(999_995_000, 999_999_900, 0, 400)) == (5400, ["register_rollover"])


def test_noise_is_ignored() -> None:
    assert told(read(5000, 5600, 5590, 5595, 5700)) == (700, ["register_decreased"])


def test_the_value_at_the_end_is_what_the_meter_says() -> None:
    assert told(read(5000, 5600, 5590, end=True)) == (590, ["register_decreased"])


def test_rounding_of_one_source_is_no_decrease() -> None:
    """Wh at the start, tenths of kWh in between, Wh at the end."""
    found = read(12_345, "1.23E+4", "1.29E+4", 12_875, end=True)
    assert told(found) == (530, [])


def test_a_zero_in_a_coarse_unit_is_no_rounding() -> None:
    assert told(read(54_321, "0E+5", 5000, 6000)) == (6000, ["register_reset"])


def test_a_series_may_go_back_further_than_what_was_read_first() -> None:
    found = register.begin(START, Decimal(2000), PLAIN, offline=False)
    found.read(START + timedelta(minutes=1), Decimal(2400))
    found.precede(START - timedelta(minutes=1), Decimal(1900))
    found.precede(START - timedelta(minutes=2), Decimal(2100))
    assert (found.energy, found.start) == (500, 1900)


@pytest.mark.parametrize(
    ("values", "energy"),
    [
        ((999_990_000, 999_999_500, 700), 10_700),
        ((9_999_500, 9_999_900, 100, 600), 1100),
    ],
)
def test_a_rollover_at_a_power_of_ten_goes_on(values: tuple[int, ...], energy: int) -> None:
    assert told(read(*values)) == (energy, ["register_rollover"])


def test_a_begin_of_zero_is_not_billed_from() -> None:
    """Field report: 910 kWh were billed instead of 0.083."""
    assert told(read(0, 910_000, 910_083, offline=True)) == (83, ["begin_zero"])
    assert told(read(0, 910_000, 910_083)) == (83, ["begin_zero"])
    assert told(read(0, 910_000, 910_083, minutes=600, offline=True)) == (83, ["begin_zero"])


def test_a_meter_that_counts_each_session_from_zero_is_billed_from_zero() -> None:
    assert told(read(0, 250, 12_000, offline=True)) == (12_000, [])
    assert told(read(0, 0, 12_345)) == (12_345, [])
    assert told(read(0, 120_000, minutes=180)) == (120_000, [])


def test_a_begin_that_is_told_late_counts_from_there() -> None:
    found = register.begin(START, Decimal(2000), PLAIN, offline=False)
    found.read(START + timedelta(minutes=1), Decimal(2400))
    found.read(START - timedelta(minutes=1), Decimal(1900), BEGIN)
    assert (found.energy, found.start) == (500, 1900)
    found.read(START + timedelta(minutes=2), Decimal(2500))
    assert found.energy == 600


def test_where_it_stood_is_not_a_fall_that_was_never_explained() -> None:
    found = read(1000, 6000, 0, end=True)
    assert (found.energy, found.stood) == (5000, 6000)
    assert told(found)[1] == ["register_reset"]


@given(st.lists(st.integers(0, 2_000), min_size=1, max_size=30), st.integers(1, 10**8))
def test_growth_in_steps_is_growth_at_once(steps: list[int], start: int) -> None:
    values = [start]
    for step in steps:
        values.append(values[-1] + step)
    assert read(*values).energy == values[-1] - start


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=30))
def test_energy_is_never_negative_nor_more_than_all_that_grew(values: list[int]) -> None:
    found = read(*values)
    grown = sum(max(b - a, 0) for a, b in pairwise(values))
    over = sum(10 ** len(str(a)) - a + b for a, b in pairwise(values) if b < a)
    assert 0 <= found.energy <= grown + over
