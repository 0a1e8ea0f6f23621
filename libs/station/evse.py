"""One EVSE with its connector: what cars, people and faults do to it, as steps of the table."""

from libs.station import battery, meter
from libs.station.battery import Car
from libs.station.chronicle import Chronicle, Permission
from libs.station.clock import Timer
from libs.station.host import Host
from libs.station.meter import Meter, Reading
from libs.station.moment import Token, Transaction
from libs.station.table import (
    CONDITIONS,
    FORCING,
    REASONS,
    RESTING,
    TABLE,
    TRIGGERS,
    VIEWS,
    Cause,
    Input,
    State,
    TriggerReason,
    effect,
)

REGISTER_MAX_MWH = 900_000_000
"""New meters stand anywhere up to 900 kWh: a bill must come from differences."""


class Evse:
    """``id`` counts from 1. Its methods return whether what they ask for could happen."""

    __slots__ = (
        "_expiry", "_full", "_host", "_limit_w", "_offered_w", "_since", "_wish_w", "car",
        "chronicle", "fault", "group", "id", "max_power_w", "meter", "reported", "state", "token",
    )  # fmt: skip

    def __init__(self, id: int, host: Host, max_power_w: float) -> None:
        self.id = id
        self.max_power_w = max_power_w
        self.state: State = "Available"
        self.car: Car | None = None
        self.fault: str | None = None
        """A ChargePointErrorCode of 1.6 while the EVSE is out of order."""
        self.token: Token | None = None
        """Whose permission is in use, and its group."""
        self.group: str | None = None
        self.reported: str | None = None
        """The status that the server knows, None if it knows none."""
        registers = host.flash.registers
        self.meter = Meter(registers.setdefault(id, host.dice.randrange(REGISTER_MAX_MWH)))
        self.chronicle = Chronicle(id, host, self.reading)
        self._host = host
        self._wish_w = self._limit_w = self._offered_w = max_power_w
        self._since = host.clock.seconds()
        self._full: Timer | None = None
        self._expiry: Timer | None = None

    @property
    def transaction(self) -> Transaction | None:
        return self.chronicle.transaction

    @property
    def free(self) -> bool:
        """Somebody may be allowed to charge here."""
        return self.fault is None and "Authorized" not in CONDITIONS[self.state]

    @property
    def idle(self) -> bool:
        """Nothing is going on here; a car may still be plugged in."""
        return self.transaction is None and "Authorized" not in CONDITIONS[self.state]

    def plug(self, car: Car) -> bool:
        if self.car is not None:
            return False
        self.car = car
        return self._step("PlugIn")

    def unplug(self, *, car_side: bool = True) -> Car | None:
        """The cable goes; returns the car as it is then, None if there was none."""
        self.settle()
        car, keep = self.car, not self._host.configuration.flag("TxCtrlr.StopTxOnEVSideDisconnect")
        if not (car_side and keep and self._step("Detach")):
            self._step("Unplug", "EVDisconnected")
        self.car = None
        return car

    def allow(
        self, permission: Permission, *, group: str | None = None, remote: bool = False
    ) -> bool:
        """A token may charge here, by a card or from remote."""
        if not self.free:
            return False
        self.token, self.group = permission.token, group
        self.chronicle.permit(permission)
        if self.state == "Available":
            seconds = self._host.configuration.integer("TxCtrlr.EVConnectionTimeOut")
            self._expiry = self._host.clock.after(seconds, self._expire)
        return self._step("Authorize", "RemoteStart" if remote else None)

    def stop(self, cause: Cause, token: Token | None = None) -> bool:
        """End the session; the car stays plugged in. ``token`` is told if somebody stopped it with
        a card.
        """
        if self.idle:
            return False
        if token is not None:
            self.chronicle.permit(Permission(token))
        return self._step("Stop", cause)

    def refuse(self) -> None:
        """The server does not accept the token of the running session (E05)."""
        if self._host.configuration.flag("TxCtrlr.StopTxOnInvalidId"):
            self.stop("DeAuthorized")
        else:
            self.offer(0.0)

    def offer(self, watts: float | None) -> None:
        """Offer the car so much power, None for all there is."""
        self._wish_w = self.max_power_w if watts is None else min(watts, self.max_power_w)
        self._reckon()
        self._flow()

    def limit(self, watts: float | None) -> None:
        """Charging profiles allow so much, None for all there is; less may be offered."""
        limit = self.max_power_w if watts is None else min(watts, self.max_power_w)
        if limit != self._limit_w:
            self._limit_w = limit
            self._reckon()
            self._flow()

    def _reckon(self) -> None:
        """What is offered from now on; what was drawn until now is counted first."""
        self.settle()
        self._offered_w = min(self._wish_w, self._limit_w)

    def fail(self, code: str) -> None:
        """A fault ends what is going on."""
        self.fault = code
        if not self.stop("Fault"):
            self._host.changed(self.id)

    def repair(self) -> None:
        self.fault = None
        self._host.changed(self.id)

    def cut(self) -> None:
        """The power goes: what was counted stays, what was only known is gone."""
        self.settle()
        self.state, self.token, self.group, self.reported = "Available", None, None, None
        self._wish_w = self._limit_w = self._offered_w = self.max_power_w
        self.chronicle.rest()
        self.chronicle.forget()
        self._cancel()

    def wake(self) -> None:
        """The power is back: an open transaction ends as of when it went, and a plugged car is
        noticed.
        """
        self._since = self._host.clock.seconds()
        self.chronicle.end("AbnormalCondition", "EVConnected" if self.car else "Idle", "PowerLoss")
        if self.car is not None:
            self._step("PlugIn")

    def settle(self) -> None:
        """Count the energy up to now."""
        now = self._host.clock.seconds()
        seconds, self._since = now - self._since, now
        if self.state != "Charging" or self.car is None or seconds <= 0:
            return
        charged = battery.charge(self.car, seconds, self._offered_w)
        self.car = charged.car
        self.meter.add(charged.energy_wh)
        self._host.flash.registers[self.id] = self.meter.register_mwh
        if self.transaction is not None:
            self.transaction.charging_seconds += seconds

    @property
    def power_w(self) -> float:
        """What flows into the car now."""
        self.settle()
        car = self.car
        return battery.power(car, self._offered_w) if car and self.state == "Charging" else 0.0

    def reading(self) -> Reading:
        watts = self.power_w
        volts, car = meter.volts(self._host.dice), self.car
        return Reading(
            register_mwh=self.meter.register_mwh,
            power_w=watts,
            offered_w=self._offered_w,
            volts=volts,
            amps=meter.amps(watts, car.phases if car else 3, volts),
            soc=car.soc if car else None,
        )

    def _step(self, input: Input, cause: Cause | None = None) -> bool:
        after = TABLE.get((self.state, input))
        if after is None:
            return False
        self.settle()
        before, self.state = self.state, after
        ongoing = self.transaction is not None
        what = effect(before, after, self._host.points(), ongoing=ongoing)
        if input == "Stop" and ongoing and (cause in FORCING or before in {"Plugged", "Finishing"}):
            what = "stop"
        self._tell(what, (REASONS[cause].trigger if cause else None) or TRIGGERS[input], cause)
        if what == "stop":
            self.state = RESTING[after]
        if "Authorized" not in CONDITIONS[self.state]:
            self.token, self.group, self._wish_w = None, None, self.max_power_w
            self._reckon()
            self.chronicle.forget()
        self._cancel(keep_expiry=self.state == "Presented")
        self._host.changed(self.id)
        self._flow()
        return True

    def _tell(self, what: str, trigger: TriggerReason, cause: Cause | None) -> None:
        charging = VIEWS[self.state].charging
        phases = self.car.phases if self.car and self.state == "Charging" else None
        match what:
            case "start":
                self.chronicle.begin(trigger, charging, phases)
            case "update":
                if self.transaction is not None and self.state == "Finishing":
                    self.transaction.cause = cause
                self.chronicle.update(trigger, charging, phases)
            case "stop":
                self.chronicle.end(trigger, charging, cause or "Local")
            case _:
                return

    def _flow(self) -> None:
        """Let energy flow, or not, as car and station want it; then wait until the car is full."""
        if self._full is not None:
            self._full.cancel()
            self._full = None
        if self.car is None or "PowerPathClosed" not in CONDITIONS[self.state]:
            return
        if self._offered_w <= 0:
            self._step("Withhold")
        elif battery.power(self.car, self._offered_w) <= 0:
            self._step("Pause")
        elif self.state == "Charging":
            seconds = battery.seconds_until_full(self.car, self._offered_w)
            self._full = self._host.clock.after(seconds, self._flow_on)
        else:
            self._step("Draw")

    def _flow_on(self) -> None:
        self.settle()
        self._flow()

    def _expire(self) -> None:
        self._step("Expire", "Timeout")

    def _cancel(self, *, keep_expiry: bool = False) -> None:
        if self._expiry is not None and not keep_expiry:
            self._expiry.cancel()
            self._expiry = None
        if self._full is not None:
            self._full.cancel()
            self._full = None
