"""Smart charging as the station does it: its profiles become what its EVSEs offer, in time."""

from collections.abc import Callable
from math import inf
from typing import NamedTuple

from msgspec.structs import replace

from libs.station import profiles, schedule
from libs.station.clock import Timer
from libs.station.controller import Controller
from libs.station.evse import Evse
from libs.station.feature import Feature
from libs.station.flash import Installed
from libs.station.meter import NOMINAL_VOLTAGE
from libs.station.moment import Moment
from libs.station.schedule import SECOND, Case, Composite, Supply, Unit
from libs.station.table import CONDITIONS

PHASES = 3


class Expected(NamedTuple):
    """What becomes of a profile that comes with a remote start: a reasonCode, or what keeps it."""

    refusal: str | None = None
    granted: Callable[[int], None] | None = None


NOTHING_EXPECTED = Expected()


class SmartCharging(Feature):
    """Knows since when energy could flow, and wakes when a limit changes."""

    __slots__ = ("_expected", "_origins", "_timer", "priority")

    def __init__(self, station: Controller) -> None:
        super().__init__(station)
        self.priority: frozenset[int] = frozenset()
        """EVSEs whose driver was given priority (2.1 K21)."""
        self._origins: dict[int, int] = {}
        self._expected: dict[int, Installed] = {}
        self._timer: Timer | None = None

    # What it hears

    def woke(self) -> None:
        self.apply()

    def fell(self) -> None:
        self._rest()
        self._origins.clear()
        self._expected.clear()
        self.priority = frozenset()

    def changed(self, evse: int) -> None:
        place = self.station.evses[evse]
        if place.transaction is None and place.free:
            self._expected.pop(evse, None)
        if place.transaction is None:
            self._origins.pop(evse, None)
            self.priority -= {evse}
        elif "PowerPathClosed" in CONDITIONS[place.state]:
            self._origins.setdefault(evse, self._now())
        self.apply()

    def told(self, moment: Moment) -> None:
        """A profile of a remote start finds its transaction, and goes with it (K01.FR.14)."""
        expected = self._expected.pop(moment.evse, None)
        if expected is not None:
            # What it limits is limited when this step of the EVSE is through: ``changed`` follows.
            profiles.install(self.station, _bound(expected, moment.transaction))
        if moment.kind == "Ended":
            gone = moment.transaction
            profiles.remove(self.station, lambda each: each.plan.transaction == gone)

    def set(self, name: str) -> None:
        if name.startswith("SmartChargingCtrlr."):
            self.apply()

    # What it is asked

    @property
    def enabled(self) -> bool:
        return self.station.configuration.flag("SmartChargingCtrlr.Enabled")

    def take(self, new: Installed) -> None:
        """Install a profile; it holds from now on."""
        profiles.install(self.station, new)
        self.apply()

    def drop(self, chosen: profiles.Choice) -> bool:
        """Remove profiles; what they limited is free again."""
        found = profiles.remove(self.station, chosen)
        self.apply()
        return found

    def expect(self, evse: int, new: Installed) -> None:
        """A remote start brings the profile of a transaction that is still to begin (K05)."""
        running = self.station.flash.open.get(evse)
        if running is None:
            self._expected[evse] = new
        else:
            self.take(_bound(new, running.id))

    def composite(self, evse: int, seconds: int, unit: Unit) -> tuple[int, Composite]:
        """When it begins (a whole second), and what is allowed from then on (K08)."""
        begin = self._now() // SECOND * SECOND
        return begin, schedule.composite(self._case(PHASES), evse, (begin, seconds), unit)

    def allowed(self, evse: int, phases: int = PHASES) -> float:
        """Watts that the EVSE may draw now on so many phases."""
        return schedule.allowed(self._case(phases), evse, self._now(), "W").limit

    def apply(self) -> None:
        """Let each EVSE offer what it may, until that changes."""
        self._rest()
        station = self.station
        if not station.flash.profiles or not self.enabled:
            for place in station.evses.values():
                place.limit(None)
            return
        for place in station.evses.values():
            place.limit(self.allowed(place.id, place.car.phases if place.car else PHASES))
        now = self._now()
        at = schedule.next_change(self._case(PHASES), now)
        # A step of an EVSE may have led here again meanwhile.
        self._rest()
        if at < inf:
            self._timer = station.clock.after((at - now) / SECOND, self.apply)

    def _case(self, phases: int) -> Case:
        station = self.station
        busy = (e.id for e in station.evses.values() if _draws(e))
        return Case(
            plans=[each.plan for each in station.flash.profiles],
            evses=list(station.evses),
            supply=Supply(station.profile.max_power_w, NOMINAL_VOLTAGE, phases),
            origins=self._origins,
            transactions={evse: tx.id for evse, tx in station.flash.open.items()},
            busy=frozenset(busy),
            priority=self.priority,
        )

    def _now(self) -> int:
        return int(self.station.clock.seconds() * SECOND)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def start_with(station: Controller, new: Installed, fault: str | None) -> Expected:
    """A remote start brings a profile; a station without smart charging takes no notice of it."""
    feature = station.feature(SmartCharging)
    if not feature.enabled:
        return NOTHING_EXPECTED
    if new.plan.purpose != "Transaction":
        return Expected("InvalidProfile")
    reason = profiles.refusal(station, new.plan, starting=True) or fault

    def granted(evse: int) -> None:
        feature.expect(evse, replace(new, plan=replace(new.plan, evse=evse)))

    return Expected(reason, granted)


def _bound(profile: Installed, transaction: str) -> Installed:
    return replace(profile, plan=replace(profile.plan, transaction=transaction))


def _draws(evse: Evse) -> bool:
    return evse.transaction is not None and "PowerPathClosed" in CONDITIONS[evse.state]
