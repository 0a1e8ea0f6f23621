"""The station itself, without a socket: holds its parts together; nothing in it blocks."""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, TypeVar, cast

from msgspec import Struct

from libs.ocpp import frame
from libs.ocpp.message import Request
from libs.station import authorization, facts, reservations
from libs.station.calls import Calls, Failure
from libs.station.clock import Clock, Timer
from libs.station.configuration import Configuration
from libs.station.delivery import Delivery
from libs.station.dialect import Dialect
from libs.station.evse import Evse
from libs.station.feature import Feature
from libs.station.flash import Flash
from libs.station.moment import Moment, Session, Token, Verdict
from libs.station.observer import Observer
from libs.station.odd import Odd
from libs.station.profile import Profile, Wire
from libs.station.registration import Registration
from libs.station.sampling import Sampling, Series
from libs.station.table import Points, View, view

LEGACY_POINTS = Points(
    start=frozenset({"PowerPathClosed"}), stop=frozenset({"EVConnected", "Authorized"})
)
"""A 1.6 transaction has a token and a car from its first message to its last."""

FeatureT = TypeVar("FeatureT", bound=Feature)

Answer = Callable[["Controller", frame.Call], None]
"""Answers a CALL of the server."""


class Parts(Struct, frozen=True, kw_only=True):
    """What a controller is put together with."""

    clock: Clock
    dice: Random
    dialect: Dialect
    answer: Answer
    observer: Observer
    flash: Flash
    saved: Callable[[], None]
    """The flash memory changed in a way that must survive the process."""
    features: tuple[type[Feature], ...] = ()


class Controller:
    """Hears the link (opened, closed, heard) and its EVSEs (tell, changed, ended); see ``remote``
    and ``local``.
    """

    __slots__ = (
        "_answer", "_dark", "_offline_since", "_saved", "calls", "clock", "configuration",
        "delivery", "dialect", "dice", "evses", "features", "flash", "observer", "odd", "on_idle",
        "profile", "registration", "restart", "sampling", "settled", "wire",
    )  # fmt: skip

    def __init__(self, profile: Profile, parts: Parts) -> None:
        self.profile = profile
        self.clock = parts.clock
        self.dice = parts.dice
        self.dialect = parts.dialect
        self.flash = parts.flash
        self.observer = parts.observer
        self.odd = Odd(profile.habits, self) if profile.habits is not None else None
        self.wire: Wire
        self.on_idle: Callable[[], None] | None = None
        """What waits until nothing is going on (a scheduled reset)."""
        self.settled: Callable[[], None] | None = None
        """What waits until every transaction message was told (a reset)."""
        self.restart: Timer | None = None
        """The end of a reset."""
        self._answer = parts.answer
        self._saved = parts.saved
        self._offline_since: float | None = None
        self._dark = False
        self.configuration = Configuration(
            self.flash, profile.settings, live=partial(facts.live, self), changed=self._set
        )
        self.calls = Calls(profile.version, self.clock, self._send, self.observer)
        self.delivery = Delivery(
            flash=self.flash,
            calls=self.calls,
            clock=self.clock,
            dialect=self.dialect,
            configuration=self.configuration,
            observer=self.observer,
            heard=self._heard,
            same_id=profile.same_id,
        )
        self.registration = Registration(
            calls=self.calls,
            clock=self.clock,
            configuration=self.configuration,
            dialect=self.dialect,
            flash=self.flash,
            hardware=profile.hardware,
            accepted=self._accepted,
        )
        self.sampling = Sampling(
            self.clock, self.configuration, self._sample, legacy=profile.version == "v16"
        )
        self.evses = {n: Evse(n, self, profile.max_power_w) for n in range(1, profile.evses + 1)}
        self.features = {kind: kind(self) for kind in parts.features}

    def feature(self, kind: type[FeatureT]) -> FeatureT:
        """Its block of this kind."""
        return cast("FeatureT", self.features[kind])

    # What its parts ask

    @property
    def online(self) -> bool:
        return self.wire.up

    @property
    def ready(self) -> bool:
        """Connected, and accepted by the server: everything may be said."""
        return self.wire.up and self.registration.accepted

    @property
    def idle(self) -> bool:
        return all(evse.idle for evse in self.evses.values())

    def points(self) -> Points:
        if self.profile.version == "v16":
            return LEGACY_POINTS
        return Points(
            start=frozenset(self.configuration.items("TxCtrlr.TxStartPoint")),
            stop=frozenset(self.configuration.items("TxCtrlr.TxStopPoint")),
        )

    def tell(self, moment: Moment) -> None:
        self.delivery.add(moment)
        for feature in self.features.values():
            feature.told(moment)
        self._saved()

    def changed(self, evse: int) -> None:
        self.observer.changed(evse)
        if not self._dark:
            self.report(evse)
            for feature in self.features.values():
                feature.changed(evse)
        if self.on_idle is not None and self.idle:
            then, self.on_idle = self.on_idle, None
            then()

    def ended(self, session: Session) -> None:
        self.observer.ended(session)

    # Status

    def operative(self, evse: int) -> bool:
        """Whether nothing is switched off here: the station, the EVSE, its connector."""
        return not self.flash.inoperative & {(0, 0), (evse, 0), (evse, 1)}

    def reserved(self, evse: int) -> bool:
        return reservations.holds(self, evse)

    def view(self, evse: int) -> View:
        """What an EVSE looks like; a change of availability waits for the end of a session."""
        place = self.evses[evse]
        return view(
            place.state,
            faulted=place.fault is not None,
            operative=self.operative(evse) or not place.idle,
            reserved=self.reserved(evse),
        )

    def report(self, evse: int, *, again: bool = False) -> None:
        """Tell the status of an EVSE if the server does not know it, or ``again`` if it asks for
        it.
        """
        place, seen = self.evses[evse], self.view(evse)
        known = seen.status if self.profile.version == "v16" else seen.connector
        if not (self.ready or (again and self.wire.up)) or (place.reported == known and not again):
            return
        place.reported = known
        status = self.dialect.status(evse, seen, self.clock.now(), place.fault)
        self.say(status)

    def report_station(self) -> None:
        """1.6 tells of the station itself as connector 0."""
        if self.profile.version == "v16" and self.ready:
            on = (0, 0) not in self.flash.inoperative
            seen = view("Available", faulted=False, operative=on, reserved=False)
            self.say(self.dialect.status(0, seen, self.clock.now(), None))

    def report_all(self) -> None:
        self.report_station()
        for evse in self.evses:
            self.report(evse, again=True)

    # Talk

    def say(self, request: Request[Any], done: Callable[[Any], None] | None = None) -> None:
        """Send a CALL that need not survive a broken connection."""
        if self.wire.up:
            self.calls.ask(request, done or _unheard)
        elif done is not None:
            done(Failure("lost"))

    # The link

    def opened(self) -> None:
        self.observer.connected(up=True)
        self.calls.timeout_seconds = self.configuration.integer(
            "OCPPCommCtrlr.MessageTimeout[Default]"
        )
        if self.registration.accepted:
            self._back()
        else:
            self.registration.boot()

    def closed(self) -> None:
        self.observer.connected(up=False)
        self._offline_since = self.clock.wheel.now()
        self.registration.rest()
        self.delivery.close()
        self.calls.drop()

    def refused(self, reason: str) -> None:
        self.observer.failed("connect", "refused", reason)
        for feature in self.features.values():
            feature.refused()

    def heard(self, data: bytes) -> None:
        self.observer.frame("in", data)
        try:
            message = frame.decode(data, self.profile.version)
        except frame.FrameFault as fault:
            if fault.answerable:
                error = (fault.id or frame.UNREADABLE_ID, fault.code, fault.description)
                self._send(frame.encode_error(*error, {}))
            return
        if self.odd is not None and self.odd.stops(message):
            return
        match message:
            case frame.CallResult():
                self.calls.result(message)
            case frame.CallError():
                self.calls.error(message)
            case frame.Call():
                self._answer(self, message)
            case frame.CallResultError() | frame.Send():
                return

    def respond(self, data: bytes) -> None:
        """Send the answer to a CALL of the server."""
        self._send(data)

    # Power

    def power_on(self) -> None:
        """Start, with whatever the flash memory holds from before."""
        self._dark = False
        self.configuration.boot()
        for evse in self.evses.values():
            evse.wake()
        self.flash.dark_since = None
        self.sampling.pace()
        for feature in self.features.values():
            feature.woke()
        self.wire.open()

    def power_off(self, *, abruptly: bool = False) -> None:
        """Stop: only the flash memory remains."""
        self._dark = True
        self.on_idle = self.settled = None
        if self.restart is not None:
            self.restart.cancel()
        for evse in self.evses.values():
            evse.cut()
        self.flash.dark_since = self.clock.now()
        self.sampling.rest()
        for feature in self.features.values():
            feature.fell()
        if abruptly:
            self.wire.abort()
        else:
            self.wire.close()
        self.registration.rest()
        self.registration.standing = "Unknown"
        self._saved()

    # How it works

    def _sample(self, series: Series) -> None:
        """A full interval of the clock has come."""
        for evse in self.evses.values():
            chronicle = evse.chronicle
            match series:
                case "sampled":
                    samples = chronicle.sample("Sample.Clock", "AlignedDataCtrlr.Measurands")
                    told = chronicle.report("MeterValueClock", samples)
                    if samples and not told and self.ready:
                        self.say(self.dialect.meter(evse.id, samples))
                case "ended":
                    measurands = "AlignedDataCtrlr.TxEndedMeasurands"
                    chronicle.keep(chronicle.sample("Sample.Clock", measurands))

    def _accepted(self) -> None:
        self.flash.boot_reason = "PowerUp"
        for evse in self.evses.values():
            evse.reported = None
        self.report_all()
        self._open()

    def _back(self) -> None:
        """Connected again without a boot: news are told, and all after a long silence (B04)."""
        since, self._offline_since = self._offline_since, None
        threshold = self.configuration.integer("OCPPCommCtrlr.OfflineThreshold")
        away = (self.clock.wheel.now() - since) * self.clock.link_speed if since else 0.0
        for evse in self.evses:
            self.report(evse, again=away > threshold)
        self.registration.pace()
        self._open()

    def _open(self) -> None:
        """Everything may be said now."""
        self.delivery.open()
        for feature in self.features.values():
            feature.accepted()

    def _send(self, data: bytes) -> None:
        if self.odd is not None:
            self.odd.say(data)
        else:
            self.transmit(data)

    def transmit(self, data: bytes) -> None:
        """Put a frame on the wire as it is."""
        self.observer.frame("out", data)
        self.wire.send(data)

    def _heard(self, moment: Moment, verdict: Verdict | None) -> None:
        """A transaction message was told, or given up."""
        self._saved()
        token = moment.token
        if token is not None and verdict is not None:
            authorization.learn(self, token, verdict)
            self._judge(moment, token, verdict)
        if self.settled is not None and not self.delivery.queue:
            then, self.settled = self.settled, None
            then()

    def _judge(self, moment: Moment, token: Token, verdict: Verdict) -> None:
        """What the server says of the token of a running session counts, whoever allowed it."""
        evse = self.evses[moment.evse]
        running = evse.transaction is not None and evse.transaction.id == moment.transaction
        if not running or evse.token is None or evse.token.key != token.key:
            return
        if verdict.accepted:
            evse.group = verdict.group or evse.group
        else:
            evse.refuse()

    def _set(self, name: str) -> None:
        """A setting took a new value."""
        self._saved()
        for feature in self.features.values():
            feature.set(name)
        component = name.partition(".")[0]
        if component == "SampledDataCtrlr":
            for evse in self.evses.values():
                evse.chronicle.pace()
        elif component == "AlignedDataCtrlr":
            self.sampling.pace()
        elif name == "OCPPCommCtrlr.HeartbeatInterval":
            self.registration.pace()
        elif name == "SecurityCtrlr.BasicAuthPassword":
            self.wire.password(self.configuration.text(name))


def _unheard(answer: Any) -> None:
    """The answer changes nothing."""
