"""Limits that somebody else imposes on a station: an energy manager, a grid operator (K11-K13)."""

from msgspec.structs import replace

from libs.station.controller import Controller
from libs.station.flash import Installed
from libs.station.schedule import Unit
from libs.station.smart_charging import SmartCharging
from libs.station.table import VIEWS
from libs.station.v2 import charging

FIRST_ID = -1
"""Ids that no server gives: they count down from here."""


def constrain(station: Controller, evse: int, amount: float, unit: Unit, source: str) -> None:
    """Impose a limit on an EVSE, or on the station (0); a limit of the same source is replaced."""
    feature = station.feature(SmartCharging)
    before = _allowed(station)
    _forget(station, source, evse)
    ids = [each.plan.id for each in station.flash.profiles if each.plan.purpose == "External"]
    new = charging.constraint(min([*ids, FIRST_ID + 1]) - 1, evse, amount, unit)
    new = replace(new, source=source)
    feature.take(new)
    if not _matters(station, before):
        return
    if station.profile.version != "v16":
        shown = station.configuration.flag("SmartChargingCtrlr.NotifyChargingLimitWithSchedules")
        station.say(charging.limit_set(new, with_schedule=shown, critical=None))
        _rate_changed(station, before)


def release(station: Controller, evse: int, source: str) -> bool:
    """The limit is gone (K13); False if there was none."""
    before = _allowed(station)
    if not _forget(station, source, evse):
        return False
    if station.profile.version != "v16":
        station.say(charging.limit_cleared(source, evse))
        _rate_changed(station, before)
    return True


def _forget(station: Controller, source: str, evse: int) -> bool:
    def chosen(profile: Installed) -> bool:
        plan = profile.plan
        return plan.purpose == "External" and profile.source == source and plan.evse == evse

    return station.feature(SmartCharging).drop(chosen)


def _allowed(station: Controller) -> dict[int, float]:
    feature = station.feature(SmartCharging)
    return {evse: feature.allowed(evse) for evse in (0, *station.evses)}


def _matters(station: Controller, before: dict[int, float]) -> bool:
    """Only what changes a limit by more than LimitChangeSignificance is told (K12.FR.05)."""
    return any(_changed(station, was, now) for was, now in _pairs(station, before))


def _pairs(station: Controller, before: dict[int, float]) -> list[tuple[float, float]]:
    after = _allowed(station)
    return [(before[evse], after[evse]) for evse in before]


def _changed(station: Controller, was: float, now: float) -> bool:
    percent = station.configuration.integer("SmartChargingCtrlr.LimitChangeSignificance")
    return abs(now - was) > max(was, now) * percent / 100


def _rate_changed(station: Controller, before: dict[int, float]) -> None:
    """A running transaction tells that it goes on at another rate (K12.FR.03, K13.FR.02)."""
    after = _allowed(station)
    for place in station.evses.values():
        if place.transaction is not None and _changed(station, before[place.id], after[place.id]):
            charging_state = VIEWS[place.state].charging
            place.chronicle.update("ChargingRateChanged", charging_state, None)
