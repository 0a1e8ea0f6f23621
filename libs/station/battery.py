"""A car and its battery: constant power until ``taper_from``, then falling in a straight line over
SoC.

Everything is solved in closed form, so that a session of hours costs as much as one of seconds, and
charging in one go or in pieces ends with the same energy.
"""

from math import exp, log

from msgspec import Struct
from msgspec.structs import replace

TRICKLE = 0.05
"""Share of its maximum power that a car still draws when it is almost full."""

FULL_WH = 1e-6
"""A battery with less room than this draws nothing."""

HOUR = 3600.0


class Car(Struct, frozen=True, kw_only=True):
    """An electric vehicle with ``soc`` percent of ``capacity_wh`` in its battery."""

    capacity_wh: float = 60_000.0
    soc: float = 20.0
    max_power_w: float = 11_000.0
    phases: int = 3
    taper_from: float = 80.0
    target_soc: float = 100.0

    def __post_init__(self) -> None:
        if not (self.capacity_wh > 0 and self.max_power_w > 0 and 1 <= self.phases <= 3):
            raise ValueError("A car needs capacity_wh > 0, max_power_w > 0 and 1 to 3 phases.")
        if not (0 <= self.soc <= 100 and 0 < self.taper_from < 100 and 0 < self.target_soc <= 100):
            raise ValueError("SoC, taper_from and target_soc of a car are percentages.")


class Charged(Struct, frozen=True):
    """The car after a while, and the energy in Wh that went into it meanwhile."""

    car: Car
    energy_wh: float


class Curve(Struct, frozen=True):
    """The numbers behind a car's power at an offer: energies in Wh, powers in W."""

    plateau_w: float
    """Power below the knee: what car and station allow."""
    knee_wh: float
    """Energy in the battery from where the taper is lower than the plateau."""
    end_wh: float
    """Energy at which the car stops."""
    slope: float
    """W per Wh that the taper loses."""
    asymptote_wh: float
    """Where the taper would reach 0 W."""


def curve(car: Car, offered_w: float) -> Curve:
    taper_wh = car.capacity_wh * car.taper_from / 100
    slope = car.max_power_w * (1 - TRICKLE) / (car.capacity_wh - taper_wh)
    plateau = min(car.max_power_w, max(offered_w, 0.0))
    end = car.capacity_wh * car.target_soc / 100
    return Curve(
        plateau_w=plateau,
        knee_wh=min(taper_wh + (car.max_power_w - plateau) / slope, end),
        end_wh=end,
        slope=slope,
        asymptote_wh=taper_wh + car.max_power_w / slope,
    )


def stored_wh(car: Car) -> float:
    return car.capacity_wh * car.soc / 100


def power(car: Car, offered_w: float) -> float:
    """Watts that the car draws now when the station offers so many."""
    shape, stored = curve(car, offered_w), stored_wh(car)
    if stored >= shape.end_wh - FULL_WH:
        return 0.0
    return min(shape.plateau_w, shape.slope * (shape.asymptote_wh - stored))


def charge(car: Car, seconds: float, offered_w: float) -> Charged:
    """Let the car charge for a while."""
    shape, stored = curve(car, offered_w), stored_wh(car)
    if power(car, offered_w) <= 0 or seconds <= 0:
        return Charged(car, 0.0)
    hours, now = seconds / HOUR, stored
    if now < shape.knee_wh:
        to_knee = (shape.knee_wh - now) / shape.plateau_w
        # At the knee exactly: what rounding leaves below it would keep the taper from starting.
        now = shape.knee_wh if hours >= to_knee else now + shape.plateau_w * hours
        hours -= to_knee
    if hours > 0:
        gap = shape.asymptote_wh - now
        now = min(shape.asymptote_wh - gap * exp(-shape.slope * hours), shape.end_wh)
    if shape.end_wh - now < FULL_WH:
        now = shape.end_wh
    return Charged(replace(car, soc=min(now / car.capacity_wh * 100, 100.0)), now - stored)


def seconds_until_full(car: Car, offered_w: float) -> float:
    """Seconds until the car stops by itself; infinite without power, 0 when it is full."""
    shape, stored = curve(car, offered_w), stored_wh(car)
    if stored >= shape.end_wh - FULL_WH:
        return 0.0
    if shape.plateau_w <= 0:
        return float("inf")
    hours = 0.0
    if stored < shape.knee_wh:
        hours = (shape.knee_wh - stored) / shape.plateau_w
        stored = shape.knee_wh
    if stored < shape.end_wh:
        gap = shape.asymptote_wh - stored
        hours += log(gap / (shape.asymptote_wh - shape.end_wh)) / shape.slope
    return hours * HOUR
