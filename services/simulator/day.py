"""The day of a charging place: who comes when, with what car, for how long. Pure."""

from datetime import datetime, timedelta
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from libs.station.battery import Car

HOUR = 3600.0
DAY = 24 * HOUR

ARRIVALS = (
    0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 1.2, 2.2, 2.6, 1.9, 1.3, 1.2,
    1.4, 1.3, 1.1, 1.2, 1.5, 1.9, 1.6, 1.1, 0.7, 0.4, 0.2, 0.1,
)  # fmt: skip
"""How much busier than on average each hour of the day (UTC) is."""

CARS = (
    Car(capacity_wh=40_000, max_power_w=7_400, phases=1),
    Car(capacity_wh=52_000, max_power_w=11_000, phases=3),
    Car(capacity_wh=60_000, max_power_w=11_000, phases=3),
    Car(capacity_wh=77_000, max_power_w=11_000, phases=3),
    Car(capacity_wh=95_000, max_power_w=22_000, phases=3),
)

WEEKEND = 0.7
"""How busy Saturday and Sunday are, against a working day."""

SESSIONS_A_DAY = 3.5
"""At one EVSE that is never taken when somebody comes."""
STAY_HOURS = 2.5
"""Median stay on a usual day."""


class Guest(Struct, frozen=True, kw_only=True):
    """Who comes, and how they behave."""

    car: Car
    token: int
    """Which of the tokens is presented, from 0."""
    card_first: bool
    says_goodbye: bool
    """Stops with the card before unplugging; others just pull the plug."""


class Visit(Struct, frozen=True, kw_only=True):
    """One car at one EVSE; all times in simulated seconds."""

    guest: Guest
    gap: float
    """From the last departure, or the start, to this arrival."""
    hesitation: float
    """From plugging in to presenting the card, or the other way round."""
    stay: float


def usual(dice: Random, now: datetime, tokens: int) -> Visit:
    """A visit on a day as it is: busy in the morning and the evening, quiet at night."""
    return Visit(
        gap=_gap(dice, now),
        stay=min(dice.lognormvariate(0.0, 0.6) * STAY_HOURS, 14.0) * HOUR,
        hesitation=dice.uniform(5, 40),
        guest=_guest(dice, tokens),
    )


def _gap(dice: Random, now: datetime) -> float:
    """Seconds until the next arrival: candidates as in the busiest hour, thinned for the others."""
    mean = DAY / SESSIONS_A_DAY - STAY_HOURS * HOUR
    busiest, seconds = max(ARRIVALS), 0.0
    while True:
        seconds += dice.expovariate(busiest / mean)
        then = now + timedelta(seconds=seconds)
        weight = ARRIVALS[then.hour] * (WEEKEND if then.weekday() >= 5 else 1.0)
        if dice.random() * busiest < weight:
            return seconds


def busy(dice: Random, tokens: int) -> Visit:
    """A visit for people who watch: it comes within seconds and ends within minutes."""
    return Visit(
        gap=dice.uniform(0.5, 8),
        stay=dice.uniform(30, 240),
        hesitation=dice.uniform(0.5, 3),
        guest=_guest(dice, tokens),
    )


def _guest(dice: Random, tokens: int) -> Guest:
    car = replace(dice.choice(CARS), soc=round(dice.triangular(5, 85, 35), 1))
    return Guest(
        car=car,
        token=dice.randrange(tokens),
        card_first=dice.random() < 0.3,
        says_goodbye=dice.random() < 0.8,
    )
