"""The electricity meter of an EVSE: an exact register, and readings of everything OCPP can ask of
it.
"""

from collections.abc import Iterator
from math import floor
from random import Random

from msgspec import Struct

MWH = 1000
"""Milliwatt hours in a watt hour: the register counts whole mWh, so that sums stay exact."""

NOMINAL_VOLTAGE = 230.0
VOLTAGE_SPREAD = 3.0


class Reading(Struct, frozen=True):
    """What the meter shows at one moment; ``soc`` is known only while a car is plugged in."""

    register_mwh: int
    power_w: float
    offered_w: float
    volts: tuple[float, ...]
    amps: tuple[float, ...]
    soc: float | None = None


class Value(Struct, frozen=True):
    """One measured value in no version's shape; energy in mWh, all else in the unit."""

    measurand: str
    amount: float
    unit: str
    phase: str | None = None


REGISTER = "Energy.Active.Import.Register"

MEASURANDS = (
    REGISTER,
    "Power.Active.Import",
    "Power.Offered",
    "Current.Import",
    "Current.Offered",
    "Voltage",
    "SoC",
)
"""What this meter measures; other measurands are refused when somebody asks for them in a setting.
"""


class Meter:
    """A register that only grows. What a step adds below one mWh is kept for the next step."""

    __slots__ = ("_rest", "register_mwh")

    def __init__(self, register_mwh: int = 0) -> None:
        self.register_mwh = register_mwh
        self._rest = 0.0

    def add(self, energy_wh: float) -> None:
        if energy_wh < 0:
            raise ValueError(f"A register does not turn back: {energy_wh} Wh.")
        total = self._rest + energy_wh * MWH
        whole = floor(total)
        self.register_mwh += whole
        self._rest = total - whole


def volts(dice: Random) -> tuple[float, ...]:
    """The grid's three voltages, a little off their nominal value."""
    return tuple(
        round(NOMINAL_VOLTAGE + dice.uniform(-VOLTAGE_SPREAD, VOLTAGE_SPREAD), 1) for _ in range(3)
    )


def amps(power_w: float, phases: int, voltages: tuple[float, ...]) -> tuple[float, ...]:
    """Currents per phase of a car that loads its phases alike."""
    each = power_w / sum(voltages[:phases])
    return tuple(round(each, 2) if phase < phases else 0.0 for phase in range(len(voltages)))


def values(reading: Reading, measurands: tuple[str, ...]) -> Iterator[Value]:
    """The wanted measurands in the order asked for, per phase where that makes sense."""
    for measurand in measurands:
        match measurand:
            case "Energy.Active.Import.Register":
                yield Value(measurand, reading.register_mwh, "Wh")
            case "Power.Active.Import":
                yield Value(measurand, round(reading.power_w, 1), "W")
            case "Power.Offered":
                yield Value(measurand, round(reading.offered_w, 1), "W")
            case "Current.Import":
                yield from _per_phase(measurand, reading.amps, "A", "")
            case "Current.Offered":
                offered = reading.offered_w / sum(reading.volts)
                yield Value(measurand, round(offered, 1), "A")
            case "Voltage":
                yield from _per_phase(measurand, reading.volts, "V", "-N")
            case "SoC" if reading.soc is not None:
                yield Value(measurand, round(reading.soc, 1), "Percent")
            case _:  # a measurand is free text in settings; what is not measured has no value
                continue


def _per_phase(
    measurand: str, numbers: tuple[float, ...], unit: str, suffix: str
) -> Iterator[Value]:
    for index, number in enumerate(numbers, 1):
        yield Value(measurand, number, unit, f"L{index}{suffix}")
