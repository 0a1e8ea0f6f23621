"""Places that are kept for somebody: a certain EVSE, or any that is free.

Reservations that name no EVSE take none away while there are enough: only when no more EVSEs are
free than are kept in this way, all of those are Reserved (H01).
"""

from typing import TYPE_CHECKING, Literal

from libs.station.clock import Timer
from libs.station.evse import Evse
from libs.station.feature import Feature
from libs.station.flash import Reservation
from libs.station.moment import Moment, Token
from libs.station.settings import components

if TYPE_CHECKING:
    from libs.station.controller import Controller

ReserveStatus = Literal["Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"]
Update = Literal["Expired", "Removed", "NoTransaction"]


def reserve(station: "Controller", wanted: Reservation) -> ReserveStatus:
    """Keep a place. The same id replaces (H01)."""
    read = station.configuration.flag
    if not read("ReservationCtrlr.Enabled") or wanted.expires <= station.clock.now():
        return "Rejected"
    if wanted.evse is None and not read("ReservationCtrlr.NonEvseSpecific"):
        return "Rejected"
    fitting = [
        evse
        for evse in station.evses.values()
        if wanted.evse in {None, evse.id}
        and wanted.connector_type in {None, connector_type(station, evse.id)}
    ]
    if not fitting:
        return "Rejected"
    others = [kept for kept in station.flash.reservations.values() if kept.id != wanted.id]
    refusal = _refusal(station, wanted, fitting, others)
    if refusal is None:
        station.flash.reservations[wanted.id] = wanted
        station.feature(Reservations).watch(wanted)
    return refusal or "Accepted"


def _refusal(
    station: "Controller", wanted: Reservation, fitting: list[Evse], others: list[Reservation]
) -> ReserveStatus | None:
    """Every reservation needs a place of its own, whether it names one or not."""
    why = [_taken(station, evse, others) for evse in fitting]
    if None not in why:
        order: tuple[ReserveStatus, ...] = ("Occupied", "Faulted", "Unavailable")
        return next(status for status in order if status in why)
    free = [evse for evse in station.evses.values() if _taken(station, evse, others) is None]
    anywhere = sum(kept.evse is None for kept in others)
    return None if len(free) > anywhere else "Occupied"


def _taken(station: "Controller", evse: Evse, others: list[Reservation]) -> ReserveStatus | None:
    if evse.fault is not None:
        return "Faulted"
    if not station.operative(evse.id):
        return "Unavailable"
    if evse.state != "Available" or any(kept.evse == evse.id for kept in others):
        return "Occupied"
    return None


def connector_type(station: "Controller", evse: int) -> str:
    """The type of the connector of an EVSE, as its device model tells."""
    rows = components(station.profile.evses)["connector", evse, 1]
    return rows["connectortype", None].default


def cancel(station: "Controller", id: int) -> bool:
    """The server gives the place back."""
    return station.feature(Reservations).forget(id)


def report(station: "Controller") -> None:
    """Tell what changed by reservations."""
    for evse in station.evses:
        station.report(evse)


# -- who may charge where ------------------------------------------------------------------------


def holds(station: "Controller", evse: int) -> bool:
    """Whether an EVSE is Reserved: it is kept itself, or needed for who may come anywhere."""
    kept = station.flash.reservations.values()
    if any(each.evse == evse for each in kept):
        return True
    anywhere = sum(each.evse is None for each in kept)
    return anywhere > 0 and _in_reach(station, evse) and _reach(station) <= anywhere


def admits(station: "Controller", evse: int, token: Token, group: str | None) -> bool:
    """Whether this place is not kept for somebody else."""
    others = [kept for kept in station.flash.reservations.values() if not _fits(kept, token, group)]
    if any(kept.evse == evse for kept in others):
        return False
    anywhere = sum(kept.evse is None for kept in others)
    return anywhere == 0 or not _in_reach(station, evse) or _reach(station) > anywhere


def _in_reach(station: "Controller", evse: int) -> bool:
    """Whether somebody who comes may be led here. A car that is plugged in has no right yet."""
    place = station.evses[evse]
    named = any(kept.evse == evse for kept in station.flash.reservations.values())
    idle = place.state in {"Available", "Plugged"}
    return idle and not named and place.fault is None and station.operative(evse)


def _reach(station: "Controller") -> int:
    return sum(_in_reach(station, evse) for evse in station.evses)


def use(station: "Controller", evse: int, token: Token, group: str | None) -> int | None:
    """The reservation that this token uses up here: that of the EVSE first (H03)."""
    fitting = [
        kept
        for kept in station.flash.reservations.values()
        if kept.evse in {None, evse} and _fits(kept, token, group)
    ]
    if not fitting:
        return None
    used = min(fitting, key=lambda kept: kept.evse is None)
    station.feature(Reservations).begin(evse, used.id)
    return used.id


def _fits(kept: Reservation, token: Token, group: str | None) -> bool:
    if kept.token.casefold() == token.key:
        return True
    return (
        kept.group is not None and group is not None and kept.group.casefold() == group.casefold()
    )


# -- how they end --------------------------------------------------------------------------------


class Reservations(Feature):
    """Lets reservations end in time, and with the places that they were for (H04)."""

    __slots__ = ("_timers", "_using")

    def __init__(self, station: "Controller") -> None:
        super().__init__(station)
        self._timers: dict[int, Timer] = {}
        self._using: dict[int, int] = {}
        """By EVSE: used by a token, and no transaction told of it yet."""

    def woke(self) -> None:
        for kept in list(self.station.flash.reservations.values()):
            self.watch(kept)

    def fell(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._using.clear()

    def accepted(self) -> None:
        """What ended meanwhile is told now."""
        untold, self.station.flash.untold = self.station.flash.untold, []
        for number, why in untold:
            self._tell(number, why)

    def told(self, moment: Moment) -> None:
        if moment.reservation is not None:
            self._using.pop(moment.evse, None)

    def changed(self, evse: int) -> None:
        if evse in self._using and self.station.evses[evse].state == "Available":
            self._tell(self._using.pop(evse), "NoTransaction")
        if self.station.flash.reservations:
            self.settle()
            report(self.station)

    def settle(self) -> None:
        """A place that is out of order is kept for nobody (H01.FR, TC_H_20)."""
        station = self.station
        usable = {
            number
            for number, evse in station.evses.items()
            if evse.fault is None and station.operative(number)
        }
        kept = list(station.flash.reservations.values())
        lost = [each for each in kept if each.evse is not None and each.evse not in usable]
        room = len(usable - {each.evse for each in kept})
        lost += [each for each in kept if each.evse is None][room:]
        for each in lost:
            self._end(each.id, "Removed")

    def watch(self, kept: Reservation) -> None:
        """Let it expire in time."""
        if kept.id in self._timers:
            self._timers[kept.id].cancel()

        def expire() -> None:
            self._end(kept.id, "Expired")
            report(self.station)

        seconds = kept.expires.timestamp() - self.station.clock.seconds()
        self._timers[kept.id] = self.station.clock.after(seconds, expire)

    def begin(self, evse: int, id: int) -> None:
        """A token uses it up."""
        self.forget(id)
        self._using[evse] = id

    def forget(self, id: int) -> bool:
        """Keep it no longer; False if it was not kept."""
        if id in self._timers:
            self._timers.pop(id).cancel()
        return self.station.flash.reservations.pop(id, None) is not None

    def _end(self, id: int, why: Update) -> None:
        if self.forget(id):
            self._tell(id, why)

    def _tell(self, id: int, why: Update) -> None:
        message = self.station.dialect.reservation(id, why)
        if message is None:
            return
        if self.station.ready:
            self.station.say(message)
        else:
            self.station.flash.untold.append((id, why))
