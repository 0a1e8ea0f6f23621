"""Controls of distributed energy resources (block R of 2.1): which is in effect, and what of it the
server knows.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from libs.ocpp import v21
from libs.station.clock import Timer
from libs.station.feature import Feature
from libs.station.flash import Control

if TYPE_CHECKING:
    from libs.station.controller import Controller


def overlap(one: Control, other: Control) -> bool:
    """Two of one kind that would be in effect at the same time."""
    if (one.kind, one.is_default) != (other.kind, other.is_default):
        return False
    return begin(one) < end(other) and begin(other) < end(one)


def begin(control: Control) -> float:
    return control.starts.timestamp() if control.starts else float("-inf")


def end(control: Control) -> float:
    """For ever, unless it has a duration; one without a start counts from when it began."""
    if control.seconds is None or control.starts is None:
        return float("inf")
    return (control.starts + timedelta(seconds=control.seconds)).timestamp()


def outranks(one: Control, other: Control) -> bool:
    """A smaller number is a higher priority; of equals the later one counts."""
    if one.id == other.id or not overlap(one, other):
        return False
    return (one.priority, -one.order) < (other.priority, -other.order)


def superseded(control: Control, all_of_them: Iterable[Control]) -> bool:
    return any(outranks(other, control) for other in all_of_them)


def supersedes(control: Control, all_of_them: Iterable[Control]) -> list[str]:
    return [other.id for other in all_of_them if outranks(control, other)]


def in_effect(controls: Iterable[Control], now: datetime) -> set[str]:
    """Ids of the scheduled controls that are in effect."""
    at = now.timestamp()
    running = [each for each in controls if not each.is_default and begin(each) <= at < end(each)]
    return {each.id for each in running if not superseded(each, running)}


class DerControls(Feature):
    """Wakes when a control begins or ends."""

    __slots__ = ("_order", "_timer")

    def __init__(self, station: "Controller") -> None:
        super().__init__(station)
        self._timer: Timer | None = None
        self._order = max((each.order for each in station.flash.controls.values()), default=0)

    def fell(self) -> None:
        self._rest()

    def accepted(self) -> None:
        self.turn()

    def take(self, control: Control) -> list[str]:
        """Accept a control; the ids of those in whose place it is. Its start is told by
        :meth:`turn`.
        """
        self._order += 1
        if control.starts is None and control.seconds is not None:
            control = replace(control, starts=self.station.clock.now())
        control = replace(control, order=self._order)
        controls = self.station.flash.controls
        controls[control.id] = control
        return supersedes(control, controls.values())

    def drop(self, ids: Iterable[str]) -> None:
        """R05: the server takes controls back; it need not be told that they stop."""
        for gone in ids:
            self.station.flash.controls.pop(gone, None)

    def turn(self) -> None:
        """Tell what started and stopped since the last time, forget what is over, and sleep until
        the next beginning or end.
        """
        self._rest()
        station = self.station
        controls, now = station.flash.controls, station.clock.now()
        effective = in_effect(controls.values(), now)
        for control in list(controls.values()):
            running = control.id in effective
            if running != control.running and station.ready:
                controls[control.id] = replace(control, running=running)
                self._tell(controls[control.id])
            told = not controls[control.id].running
            if told and not control.is_default and end(control) <= now.timestamp():
                del controls[control.id]
        edges = [at for each in controls.values() for at in (begin(each), end(each))]
        coming = [at for at in edges if now.timestamp() < at < float("inf")]
        if coming:
            self._timer = station.clock.after(min(coming) - station.clock.seconds(), self.turn)

    def _tell(self, control: Control) -> None:
        """R04."""
        others = self.station.flash.controls.values()
        taken = supersedes(control, others) if control.running else []
        self.station.say(
            v21.NotifyDERStartStop(
                control_id=control.id,
                started=control.running,
                timestamp=self.station.clock.now(),
                superseded_ids=taken or None,
            )
        )

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
