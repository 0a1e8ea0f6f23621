"""Places that are kept for somebody."""

from typing import Literal

from libs.station.controller import Controller
from libs.station.evse import Evse
from libs.station.flash import Reservation
from libs.station.moment import Token

ReserveStatus = Literal["Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"]
Update = Literal["Expired", "Removed"]


def reserve(station: Controller, wanted: Reservation) -> ReserveStatus:
    """Keep a place; without an EVSE a free one is chosen. The same id replaces (H01)."""
    if not station.configuration.flag("ReservationCtrlr.Enabled"):
        return "Rejected"
    if wanted.evse is None and not station.configuration.flag("ReservationCtrlr.NonEvseSpecific"):
        return "Rejected"
    if wanted.evse is not None and wanted.evse not in station.evses:
        return "Rejected"
    candidates = [station.evses[wanted.evse]] if wanted.evse else list(station.evses.values())
    free = [evse for evse in candidates if _refusal(station, evse, wanted.id) is None]
    if not free:
        return _refusal(station, candidates[0], wanted.id) or "Rejected"
    kept = Reservation(
        id=wanted.id,
        evse=free[0].id,
        token=wanted.token.casefold(),
        group=wanted.group,
        expires=wanted.expires,
    )
    station.flash.reservations[kept.id] = kept
    watch(station, kept)
    return "Accepted"


def _refusal(station: Controller, evse: Evse, id: int) -> ReserveStatus | None:
    if evse.fault is not None:
        return "Faulted"
    if not station.operative(evse.id):
        return "Unavailable"
    others = (r for r in station.flash.reservations.values() if r.id != id)
    if evse.state != "Available" or any(r.evse == evse.id for r in others):
        return "Occupied"
    return None


def watch(station: Controller, kept: Reservation) -> None:
    """Let the reservation expire in time."""

    def expire() -> None:
        if station.flash.reservations.get(kept.id) == kept:
            drop(station, kept.id, "Expired")

    seconds = kept.expires.timestamp() - station.clock.seconds()
    station.clock.after(seconds, expire)


def cancel(station: Controller, id: int) -> bool:
    """The server gives the place back."""
    return station.flash.reservations.pop(id, None) is not None


def drop(station: Controller, id: int, why: Update) -> None:
    """A reservation ends without use, and not by the server: 2.x is told (H04)."""
    if cancel(station, id) and (update := station.dialect.reservation(id, why)) is not None:
        station.say(update)
    report(station)


def report(station: Controller) -> None:
    """Tell what changed by reservations."""
    for evse in station.evses:
        station.report(evse)


def admits(station: Controller, evse: int, token: Token, group: str | None) -> bool:
    """Whether this place is not kept for somebody else."""
    return all(
        _fits(kept, token, group)
        for kept in station.flash.reservations.values()
        if kept.evse == evse
    )


def use(station: Controller, token: Token, group: str | None) -> int | None:
    """The reservation that this token uses up, wherever it is presented."""
    for kept in list(station.flash.reservations.values()):
        if _fits(kept, token, group):
            del station.flash.reservations[kept.id]
            return kept.id
    return None


def _fits(kept: Reservation, token: Token, group: str | None) -> bool:
    return kept.token == token.key or (kept.group is not None and kept.group == group)
