"""Power follows the battery, and energy is neither made nor lost."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from libs.station import Car, battery

CARS = st.builds(
    Car,
    capacity_wh=st.floats(10_000, 120_000),
    soc=st.floats(0, 100),
    max_power_w=st.floats(1_400, 250_000),
    phases=st.integers(1, 3),
    taper_from=st.floats(50, 95),
    target_soc=st.floats(50, 100),
)
OFFERS = st.floats(0, 350_000)


@given(CARS, OFFERS, st.floats(0, 40_000))
def test_what_the_meter_gives_is_what_the_battery_gets(car, offered, seconds):
    charged = battery.charge(car, seconds, offered)
    gained = battery.stored_wh(charged.car) - battery.stored_wh(car)
    assert charged.energy_wh == pytest.approx(gained, abs=1e-3)
    assert charged.energy_wh >= 0
    assert charged.car.soc <= max(car.soc, car.target_soc) + 1e-9


@given(CARS, OFFERS, st.lists(st.floats(0, 5_000), max_size=6))
def test_charging_in_pieces_is_charging_in_one_go(car, offered, pieces):
    whole = battery.charge(car, sum(pieces), offered)
    energy, now = 0.0, car
    for piece in pieces:
        charged = battery.charge(now, piece, offered)
        energy, now = energy + charged.energy_wh, charged.car
    assert energy == pytest.approx(whole.energy_wh, rel=1e-6, abs=1e-2)


ROUNDED = Car(
    capacity_wh=10998.0,
    soc=6.149875415859677,
    max_power_w=5404.0,
    taper_from=50.0,
    target_soc=59.0,
)
"""Its plateau ends a rounding error below the knee."""


@given(CARS, st.floats(1_000, 50_000))
@example(ROUNDED, 4581.0)
def test_energy_is_power_over_time(car, offered):
    """Against a plain numerical integration of the power curve."""
    step, summed, now = 30.0, 0.0, car
    for _ in range(200):
        before = battery.power(now, offered)
        charged = battery.charge(now, step, offered)
        now = charged.car
        after = battery.power(now, offered)
        summed += (before + after) / 2 * step / 3600
        assert after <= before + 1e-6
    exact = battery.charge(car, 200 * step, offered).energy_wh
    # Where the curve has a corner (knee, end), a trapezium is off by at most one step of power.
    assert exact == pytest.approx(summed, abs=car.max_power_w * step / 3600 + 1)


@given(CARS, st.floats(1_000, 350_000))
def test_the_time_until_full_is_when_the_power_ends(car, offered):
    seconds = battery.seconds_until_full(car, offered)
    full = battery.charge(car, seconds + 1, offered).car
    assert battery.power(full, offered) == 0
    if seconds > 60:
        almost = battery.charge(car, seconds - 30, offered).car
        assert battery.power(almost, offered) > 0


def test_power_is_constant_and_then_falls():
    car = Car(capacity_wh=50_000, soc=20, max_power_w=10_000, taper_from=80)
    powers = [battery.power(Car(capacity_wh=50_000, soc=s, max_power_w=10_000), 22_000) for s in
              (20, 80, 90, 99)]  # fmt: skip
    assert powers == pytest.approx([10_000, 10_000, 5_250, 975])
    assert battery.power(car, 3_000) == 3_000


def test_without_an_offer_nothing_flows_and_nothing_ends():
    car = Car(soc=50)
    assert battery.charge(car, 3600, 0).energy_wh == 0
    assert battery.seconds_until_full(car, 0) == float("inf")


@pytest.mark.parametrize(
    "wrong", [{"capacity_wh": 0}, {"max_power_w": -1}, {"phases": 4}, {"soc": 101}]
)
def test_an_impossible_car_is_refused(wrong):
    with pytest.raises(ValueError, match="car"):
        Car(**wrong)
