"""What a sampled value means for a session: which register, which phase, how many Wh."""

from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Literal

Kind = Literal["register", "interval", "power", "soc"]
Direction = Literal["import", "export"]

LOCATIONS = ("Outlet", "Body", "Cable", "Inlet", "EV", "Upstream")
"""Where a meter sits, the one to bill by first: behind it lies what was delivered."""
PHASES = {"L1": "L1", "L2": "L2", "L3": "L3", "L1-N": "L1", "L2-N": "L2", "L3-N": "L3"}
TOTAL = "total"

PREFIX_DIGITS = {"": 0, "Wh": 0, "kWh": 3, "MWh": 6, "W": 0, "kW": 3, "MW": 6}
MULTIPLIER_MAX = 12
DIGITS_MAX = 15
"""No register and no power reaches so many; who says so is not believed."""
PLACES_MAX = 40
"""Behind the point; enough for what is left when floats that should be equal are subtracted."""
DIGITS_SHOWN_MAX = 26
ONE = Decimal(1)


def track(direction: Direction, kind: Kind, location: str, phase: str) -> str:
    """The key of one register of a session."""
    return f"{direction} {kind} {location} {phase}"


OUTLET = track("import", "register", "Outlet", TOTAL)
"""The register that 1.6 means with meterStart and meterStop."""


def _table() -> dict[tuple[str | None, str | None, str | None], tuple[Kind, str]]:
    energies: dict[str, tuple[Direction, Kind]] = {
        "Energy.Active.Import.Register": ("import", "register"),
        "Energy.Active.Export.Register": ("export", "register"),
        "Energy.Active.Import.Interval": ("import", "interval"),
        "Energy.Active.Export.Interval": ("export", "interval"),
    }
    table: dict[tuple[str | None, str | None, str | None], tuple[Kind, str]] = {}
    places = [(None, "Outlet"), *((location, location) for location in LOCATIONS)]
    phases = [(None, TOTAL), *PHASES.items()]
    for (said, location), (named, phase) in product(places, phases):
        for measurand, (direction, kind) in energies.items():
            table[measurand, said, named] = (kind, track(direction, kind, location, phase))
        # The measurand is the import register when it is not said.
        table[None, said, named] = table["Energy.Active.Import.Register", said, named]
        if location != "EV":
            table["Power.Active.Import", said, named] = ("power", phase)
        table["SoC", said, named] = ("soc", "")
    return table


MEASURES = _table()
"""``(measurand, location, phase)`` as on the wire, to what it is; what is not here is ignored."""
CLOCK = " clock"
_intervals = [key for kind, key in MEASURES.values() if kind == "interval"]
INTERVALS = frozenset([*_intervals, *(key + CLOCK for key in _intervals)])


def series(kind: Kind, key: str, context: str | None) -> str:
    """The track of a value. Intervals by the clock tell the same energy as those of samples."""
    return key + CLOCK if kind == "interval" and context == "Sample.Clock" else key


def number(text: str) -> Decimal | None:
    """The number in a sampled value of 1.6; ``None`` for any other text.

    So is what takes a million digits to write out: 1E999999 is no measurement.
    """
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if believable(value) else None


def believable(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -PLACES_MAX and value.adjusted() < DIGITS_MAX


def scaled(value: Decimal, unit: str, multiplier: int = 0) -> Decimal | None:
    """A value in Wh or W, exact; ``None`` when the unit or the number makes no sense.

    The exponent keeps the resolution: 12.3 kWh becomes 1.23E+4, known to the hundreds.
    """
    digits = PREFIX_DIGITS.get(unit)
    if digits is None or abs(multiplier) > MULTIPLIER_MAX or not believable(value):
        return None
    shift = digits + multiplier
    if value.adjusted() + shift >= DIGITS_MAX:
        return None
    return value.scaleb(shift) if shift else value


def plain(value: Decimal | None) -> Decimal | None:
    """The same number as people write it: no exponent, no zeros behind the point."""
    if value is None:
        return None
    trimmed = value.normalize()
    whole = trimmed.adjusted() <= DIGITS_SHOWN_MAX and trimmed == trimmed.to_integral_value()
    return trimmed.quantize(ONE) if whole else trimmed
