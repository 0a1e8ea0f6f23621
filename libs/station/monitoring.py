"""Watching variables (block N): what monitors see is told, or kept until there is a connection."""

from collections.abc import Iterable, Iterator
from functools import partial

from msgspec.structs import replace

from libs.station.clock import Timer
from libs.station.controller import Controller
from libs.station.feature import Feature
from libs.station.monitor import (
    PERIODIC,
    THRESHOLDS,
    TRIGGERS,
    Base,
    Happening,
    Monitor,
    beyond,
    first_custom,
    moved,
    preset,
    refusal,
    seconds_until,
    wired,
)
from libs.station.setting import Setting
from libs.station.settings import components
from libs.station.streams import Streams
from libs.station.v2 import events

MONITORS_MAX = 200
QUEUE_MAX = 200
"""Events that wait for a connection; then the oldest are lost."""
LOOK_SECONDS = 10.0
"""Between two looks at values that change without a step of the station, as power does."""

Outcome = tuple[str, str | None, int | None]
"""Status, reason and id."""


class Monitoring(Feature):
    """Says what it sees in 2.x; 1.6 has no such thing."""

    __slots__ = ("_before", "_look", "_timers")

    def __init__(self, station: Controller) -> None:
        super().__init__(station)
        self._before: dict[int, str] = {}
        """By monitor: the value that a change is measured from."""
        self._timers: dict[int, Timer] = {}
        self._look: Timer | None = None

    # What happens

    def woke(self) -> None:
        if not self.speaks:
            return
        for monitor in self.active():
            self._watch(monitor)
        self._pace()

    def fell(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._before.clear()
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def accepted(self) -> None:
        if self.speaks:
            self._flush()
            self.look()

    def changed(self, evse: int) -> None:
        if self.speaks:
            self.look(evse)

    def set(self, name: str) -> None:  # noqa: ARG002 - whichever it is, it may be watched
        if self.speaks:
            self.look()

    @property
    def speaks(self) -> bool:
        return self.station.profile.version != "v16"

    @property
    def enabled(self) -> bool:
        return self.station.configuration.flag("MonitoringCtrlr.Enabled")

    # What operators want

    def known(self) -> dict[int, Monitor]:
        """By id, whether active or not."""
        evses, flash = self.station.profile.evses, self.station.flash
        factory = (*wired(evses), *preset(evses, self.station.profile.max_power_w))
        found = {m.id: m for m in factory if m.id not in flash.monitors_cleared}
        return {**found, **flash.monitors}

    def active(self) -> Iterator[Monitor]:
        """What is watched now: a base may leave only what the maker built in (N05)."""
        if not self.enabled:
            return
        only_wired = self.station.flash.monitoring_base == "HardWiredOnly"
        for monitor in self.known().values():
            if not (only_wired and monitor.kind == "PreconfiguredMonitor"):
                yield monitor

    def put(self, monitor: Monitor, setting: Setting, *, new: bool) -> Outcome:
        """N04: set a monitor; ``new`` is one whose id we give."""
        known = self.known()
        if not self.enabled:
            return "Rejected", "NotEnabled", None
        if not new and (monitor.id not in known or known[monitor.id].kind == "HardWiredMonitor"):
            reason = "ReadOnly" if monitor.id in known else "NotFound"
            return "Rejected", reason, None
        if not new and known[monitor.id].place != monitor.place:
            return "Rejected", "InvalidValue", None
        if refused := refusal(monitor, setting):
            return (*refused, None)
        if any(monitor.duplicates(other) for other in known.values()):
            return "Duplicate", None, None
        if new and len(self.station.flash.monitors) >= MONITORS_MAX:
            return "Rejected", "OutOfStorage", None
        given = self._number() if new else monitor.id
        self._forget(given)
        self.station.flash.monitors[given] = replace(monitor, id=given)
        self._watch(self.station.flash.monitors[given])
        self._pace()
        return "Accepted", None, given

    def clear(self, number: int) -> str:
        """N06: the status of one id."""
        monitor = self.known().get(number)
        if monitor is None:
            return "NotFound"
        if monitor.kind == "HardWiredMonitor":
            return "Rejected"
        self._forget(number)
        self.station.flash.monitors.pop(number, None)
        if number < first_custom(self.station.profile.evses):
            self.station.flash.monitors_cleared.add(number)
        self._close_stream(number)
        return "Accepted"

    def base(self, base: Base) -> None:
        """N05: all bases but All end what operators set."""
        flash = self.station.flash
        flash.monitoring_base = base
        if base != "All":
            for number in list(flash.monitors):
                self._forget(number)
                self._close_stream(number)
            flash.monitors.clear()
            flash.monitors_cleared.clear()
        self.look()

    # How it works

    def look(self, evse: int | None = None) -> None:
        """See what became of the variables of an EVSE, or of all."""
        for monitor in list(self.active()):
            if monitor.is_of(evse) and monitor.type not in PERIODIC:
                self._observe(monitor)

    def _observe(self, monitor: Monitor) -> None:
        setting = self.setting(monitor)
        if setting is None or (monitor.transaction and not self._charges(monitor)):
            return
        value = self.station.configuration.read(setting)
        if monitor.type in THRESHOLDS:
            self._weigh(monitor, value, now=beyond(monitor, value))
        elif setting.variable == "Problem":
            self._weigh(monitor, value, now=value == "true")
        else:
            before = self._before.setdefault(monitor.id, value)
            if moved(monitor, before, value):
                self._before[monitor.id] = value
                self._tell(monitor, value)

    def _weigh(self, monitor: Monitor, value: str, *, now: bool) -> None:
        """An alert is raised once, and cleared once, over a power cut too (TC_N_49)."""
        raised = self.station.flash.raised
        if now == (monitor.id in raised):
            return
        if now:
            raised.add(monitor.id)
        else:
            raised.discard(monitor.id)
        self._tell(monitor, value, alert=True, cleared=not now)

    def _watch(self, monitor: Monitor) -> None:
        """Begin to watch: from the value that is there, or after the first interval."""
        setting = self.setting(monitor)
        if setting is None:
            return
        if monitor.type in PERIODIC:
            seconds = seconds_until(monitor, self.station.clock.now())
            again = partial(self._again, monitor)
            self._timers[monitor.id] = self.station.clock.after(seconds, again)
        elif monitor.type not in THRESHOLDS and setting.variable != "Problem":
            self._before[monitor.id] = self.station.configuration.read(setting)

    def _again(self, monitor: Monitor) -> None:
        setting = self.setting(monitor)
        if setting is not None and (not monitor.transaction or self._charges(monitor)):
            value = self.station.configuration.read(setting)
            stream = self._stream(monitor.id)
            if stream is None:
                self._tell(monitor, value)
            else:
                self.station.feature(Streams).add(stream, value)
        self._watch(monitor)

    def _forget(self, number: int) -> None:
        self._before.pop(number, None)
        self.station.flash.raised.discard(number)
        if timer := self._timers.pop(number, None):
            timer.cancel()

    def _pace(self) -> None:
        """Look again and again only where somebody watches a number of an EVSE."""
        needed = any(
            monitor.kind == "CustomMonitor"
            and monitor.place.variable == "Power"
            and monitor.type not in PERIODIC
            for monitor in self.station.flash.monitors.values()
        )
        if needed and self._look is None:
            self._look = self.station.clock.after(LOOK_SECONDS, self._look_again)

    def _look_again(self) -> None:
        self._look = None
        self.look()
        self._pace()

    def _tell(
        self, monitor: Monitor, value: str, *, alert: bool = False, cleared: bool = False
    ) -> None:
        """Tell an event if its severity is wanted; without connection the grave ones wait (N07)."""
        flash = self.station.flash
        if monitor.severity > flash.monitoring_level:
            return
        flash.events_told += 1
        place = self.station.evses.get(monitor.place.evse or 0)
        running = place.transaction if place else None
        happening = Happening(
            number=flash.events_told,
            at=self.station.clock.now(),
            monitor=monitor,
            value=value,
            trigger="Alerting" if alert else TRIGGERS[monitor.type],
            cleared=cleared,
            tech_code=place.fault if place and alert else None,
            transaction=running.id if running else None,
        )
        queued = self.station.configuration.integer("MonitoringCtrlr.OfflineQueuingSeverity")
        if self.station.ready:
            self._say([happening])
        elif monitor.severity <= queued or cleared:
            # The server that heard of an alert is to hear of its end too.
            flash.happenings.append(happening)
            del flash.happenings[:-QUEUE_MAX]

    def _flush(self) -> None:
        waiting, self.station.flash.happenings = self.station.flash.happenings, []
        if waiting:
            self._say(waiting)

    def _say(self, happenings: list[Happening]) -> None:
        version, now = self.station.profile.version, self.station.clock.now()
        for message in events.messages(version, now, happenings):
            self.station.say(message)

    def setting(self, monitor: Monitor) -> Setting | None:
        place = monitor.place
        where = (place.component.casefold(), place.evse, place.connector)
        instance = place.instance.casefold() if place.instance else None
        siblings = components(self.station.profile.evses).get(where, {})
        return siblings.get((place.variable.casefold(), instance))

    def _charges(self, monitor: Monitor) -> bool:
        evses = self.station.evses
        wanted = [evses[monitor.place.evse]] if monitor.place.evse in evses else evses.values()
        return any(evse.transaction is not None for evse in wanted)

    def _number(self) -> int:
        """A new id; none is given twice while its monitor exists."""
        flash = self.station.flash
        number = max([first_custom(self.station.profile.evses) - 1, *flash.monitors]) + 1
        number = max(number, flash.monitor_next)
        flash.monitor_next = number + 1
        return number

    def _stream(self, number: int) -> int | None:
        streams = self.station.features.get(Streams)
        found: Iterable[int] = ()
        if isinstance(streams, Streams):
            found = (stream.id for stream in streams.open.values() if stream.monitor == number)
        return next(iter(found), None)

    def _close_stream(self, number: int) -> None:
        if (stream := self._stream(number)) is not None:
            self.station.feature(Streams).close(stream)
