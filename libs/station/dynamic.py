"""Dynamic profiles of 2.1: their one period is pushed by the server, or asked for (K28, K29)."""

from typing import Any

from msgspec import convert, json
from msgspec.structs import replace

from libs.ocpp import codec, v21
from libs.station.clock import Timer
from libs.station.controller import Controller
from libs.station.feature import Feature
from libs.station.flash import Installed
from libs.station.smart_charging import SmartCharging
from libs.station.v2 import charging


def update(station: Controller, id: int, values: v21.ChargingScheduleUpdate) -> bool:
    """Give a dynamic profile new values; False if there is none of that id."""
    held = find(station, id)
    if held is None:
        return False
    wire = json.decode(held.wire, type=dict[str, Any])
    period: dict[str, Any] = wire["chargingSchedule"][0]["chargingSchedulePeriod"][0]
    period |= json.decode(codec.encode(values), type=dict[str, Any])
    new = charging.installed(held.plan.evse, convert(wire, v21.ChargingProfile))
    bound = replace(new.plan, transaction=held.plan.transaction)
    station.feature(SmartCharging).take(replace(new, plan=bound, source=held.source))
    return True


def find(station: Controller, id: int) -> Installed | None:
    of_kind = (each for each in station.flash.profiles if each.plan.kind == "Dynamic")
    return next((each for each in of_kind if each.plan.id == id), None)


class Pulling(Feature):
    """Asks for the values of the profiles that want it, as often as they say (K28.FR.02)."""

    __slots__ = ("_timers",)

    def __init__(self, station: Controller) -> None:
        super().__init__(station)
        self._timers: dict[int, Timer] = {}

    def woke(self) -> None:
        for each in self.station.flash.profiles:
            self.pace(each.plan.id)

    def fell(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def pace(self, id: int) -> None:
        """Ask in time, if this is a profile that wants it; else do not any more."""
        timer = self._timers.pop(id, None)
        if timer is not None:
            timer.cancel()
        held = find(self.station, id)
        seconds = held.plan.pull_seconds if held else None
        if seconds:
            self._timers[id] = self.station.clock.after(seconds, lambda: self._pull(id))

    def _pull(self, id: int) -> None:
        """A failed question is asked again at the next time; a refusal means there is no news."""

        def answered(answer: Any) -> None:
            if isinstance(answer, v21.PullDynamicScheduleUpdateResponse) and answer.schedule_update:
                update(self.station, id, answer.schedule_update)

        if find(self.station, id) is not None and self.station.ready:
            self.station.say(v21.PullDynamicScheduleUpdate(charging_profile_id=id), answered)
        self.pace(id)
