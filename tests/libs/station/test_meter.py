"""Registers are exact, and readings agree with themselves."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.station import meter
from libs.station.meter import MEASURANDS, Meter, Reading, Value


@given(st.lists(st.floats(0, 100), max_size=300))
def test_the_register_loses_nothing_below_its_last_digit(steps):
    register = Meter(5_000)
    for step in steps:
        before = register.register_mwh
        register.add(step)
        assert register.register_mwh >= before
    assert register.register_mwh - 5_000 == pytest.approx(sum(steps) * 1000, abs=1.01)


def test_a_register_does_not_turn_back():
    with pytest.raises(ValueError, match="turn back"):
        Meter().add(-1)


@given(st.floats(0, 22_000), st.integers(1, 3), st.integers())
def test_currents_and_voltages_make_up_the_power(power, phases, seed):
    volts = meter.volts(Random(seed))
    amps = meter.amps(power, phases, volts)
    product = sum(v * a for v, a in zip(volts, amps, strict=True))
    assert product == pytest.approx(power, abs=4)
    assert [a for a in amps if a == 0][: 3 - phases] == [0] * (3 - phases)


READING = Reading(
    register_mwh=1_234_567,
    power_w=6_900.04,
    offered_w=11_000,
    volts=(230.1, 229.9, 230.0),
    amps=(10.0, 10.0, 10.0),
    soc=42.04,
)


def test_only_what_was_asked_for_is_told_and_in_that_order():
    told = list(meter.values(READING, ("SoC", "Power.Active.Import", "Current.Import")))
    assert told == [
        Value("SoC", 42.0, "Percent"),
        Value("Power.Active.Import", 6_900.0, "W"),
        Value("Current.Import", 10.0, "A", "L1"),
        Value("Current.Import", 10.0, "A", "L2"),
        Value("Current.Import", 10.0, "A", "L3"),
    ]


def test_every_measurand_of_the_settings_is_measured():
    for measurand in MEASURANDS:
        assert list(meter.values(READING, (measurand,))), measurand


def test_without_a_car_there_is_no_state_of_charge():
    empty = Reading(1, 0, 0, READING.volts, (0, 0, 0))
    assert list(meter.values(empty, ("SoC",))) == []
