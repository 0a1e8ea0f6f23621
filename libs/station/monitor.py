"""Monitors of variables and the events that they give rise to: data and decisions. Pure."""

from datetime import datetime
from functools import cache
from typing import Literal

from msgspec import Struct

from libs.station.setting import Setting

Type = Literal[
    "UpperThreshold", "LowerThreshold", "Delta", "Periodic", "PeriodicClockAligned",
    "TargetDelta", "TargetDeltaRelative",
]  # fmt: skip
Kind = Literal["HardWiredMonitor", "PreconfiguredMonitor", "CustomMonitor"]
Base = Literal["All", "FactoryDefault", "HardWiredOnly"]
Trigger = Literal["Alerting", "Delta", "Periodic"]

THRESHOLDS = {"UpperThreshold", "LowerThreshold"}
PERIODIC = {"Periodic", "PeriodicClockAligned"}
CRITERIA = {
    "ThresholdMonitoring": THRESHOLDS,
    "DeltaMonitoring": {"Delta"},
    "PeriodicMonitoring": PERIODIC,
}
NUMBERS = {"integer", "decimal"}
TRIGGERS: dict[str, Trigger] = {
    "UpperThreshold": "Alerting",
    "LowerThreshold": "Alerting",
    "Delta": "Delta",
    "Periodic": "Periodic",
    "PeriodicClockAligned": "Periodic",
}
SEVERITY_MAX = 9
OVERLOAD = 1.1
"""A power that no EVSE should reach, of what it can give."""


class Place(Struct, frozen=True):
    """A variable by its names."""

    component: str
    evse: int | None
    connector: int | None
    variable: str
    instance: str | None = None


class Monitor(Struct, frozen=True, kw_only=True):
    id: int
    place: Place
    type: Type
    value: float
    severity: int
    transaction: bool = False
    kind: Kind = "CustomMonitor"

    def is_of(self, evse: int | None) -> bool:
        """Whether a change at this EVSE, or anywhere (None), concerns it."""
        return evse is None or self.place.evse in {None, evse}

    def duplicates(self, other: "Monitor") -> bool:
        """One variable has one monitor of a type and severity (N04.FR.13)."""
        return self.id != other.id and (self.place, self.type, self.severity) == (
            other.place,
            other.type,
            other.severity,
        )


class Happening(Struct, frozen=True, kw_only=True):
    """An event that is to be told."""

    number: int
    at: datetime
    monitor: Monitor
    value: str
    trigger: Trigger
    cleared: bool = False
    tech_code: str | None = None
    transaction: str | None = None


def place_of(setting: Setting) -> Place:
    return Place(
        setting.component, setting.evse, setting.connector, setting.variable, setting.instance
    )


def problem(component: str, evse: int, connector: int | None = None) -> Place:
    return Place(component, evse, connector, "Problem")


@cache
def wired(evses: int) -> tuple[Monitor, ...]:
    """What the maker watches, and nobody can change."""
    found: list[Monitor] = []
    for evse in range(1, evses + 1):
        for place, severity in (
            (problem("ConnectorPlugRetentionLock", evse, 1), 3),
            (problem("EVSE", evse), 2),
        ):
            found.append(
                Monitor(
                    id=len(found) + 1,
                    place=place,
                    type="Delta",
                    value=1.0,
                    severity=severity,
                    kind="HardWiredMonitor",
                )
            )
    return tuple(found)


@cache
def preset(evses: int, watts: float) -> tuple[Monitor, ...]:
    """What the maker set, and operators may change."""
    return tuple(
        Monitor(
            id=2 * evses + evse,
            place=Place("EVSE", evse, None, "Power"),
            type="UpperThreshold",
            value=round(watts * OVERLOAD),
            severity=5,
            kind="PreconfiguredMonitor",
        )
        for evse in range(1, evses + 1)
    )


def first_custom(evses: int) -> int:
    """Ids of monitors of operators begin here."""
    return 3 * evses + 1


def refusal(monitor: Monitor, setting: Setting) -> tuple[str, str] | None:
    """Status and reason why a variable cannot be watched like that; None if it can (N04)."""
    if setting.access == "WriteOnly":
        return "Rejected", "WriteOnly"
    numeric = setting.kind in NUMBERS
    if monitor.type not in TRIGGERS or (monitor.type in THRESHOLDS and not numeric):
        return "UnsupportedMonitorType", "UnsupportedParam"
    if not 0 <= monitor.severity <= SEVERITY_MAX:
        return "Rejected", "ValueOutOfRange"
    if monitor.type in PERIODIC and monitor.value < 1:
        return "Rejected", "ValueTooLow"
    if monitor.type == "Delta" and monitor.value < 0:
        return "Rejected", "ValuePositiveOnly"
    if monitor.type in THRESHOLDS and outside(setting, monitor.value):
        return "Rejected", "ValueOutOfRange"
    return None


def outside(setting: Setting, value: float) -> bool:
    """A threshold that can never be reached (N04.FR.07)."""
    below = setting.minimum is not None and value < setting.minimum
    return below or (setting.maximum is not None and value > setting.maximum)


def beyond(monitor: Monitor, value: str) -> bool:
    """Whether a value is past the threshold."""
    number = amount(value)
    if number is None:
        return False
    return number > monitor.value if monitor.type == "UpperThreshold" else number < monitor.value


def moved(monitor: Monitor, before: str, now: str) -> bool:
    """Whether a value changed so much: of what is no number, any change."""
    first, second = amount(before), amount(now)
    if first is None or second is None:
        return before != now
    return first != second and abs(second - first) >= monitor.value


def amount(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def seconds_until(monitor: Monitor, now: datetime) -> float:
    """Until a periodic monitor tells its value; aligned ones count from midnight (UTC)."""
    if monitor.type == "Periodic":
        return monitor.value
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = (now - midnight).total_seconds()
    return monitor.value - passed % monitor.value
