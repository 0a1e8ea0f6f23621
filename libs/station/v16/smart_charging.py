"""Smart charging as 1.6 asks it of a station."""

from typing import Any, cast

from msgspec import Raw

from libs.ocpp import codec, v16
from libs.station import profiles
from libs.station.answer import Handler, Reply, refuse
from libs.station.clock import moment
from libs.station.controller import Controller
from libs.station.flash import Installed
from libs.station.profiles import Choice
from libs.station.schedule import SECOND, Kind, Period, Plan, Purpose, Unit
from libs.station.smart_charging import (
    NOTHING_EXPECTED,
    Expected,
    SmartCharging,
    start_with,
)
from libs.station.v2.charging import RECURRENCES, milliseconds, rounded

PURPOSES: dict[str, Purpose] = {
    "ChargePointMaxProfile": "Maximum",
    "TxDefaultProfile": "Default",
    "TxProfile": "Transaction",
}


def _plan(station: Controller, connector: int, profile: v16.ChargingProfile) -> Plan:
    schedule = profile.charging_schedule
    recurrence = profile.recurrency_kind
    return Plan(
        id=profile.charging_profile_id,
        evse=connector,
        level=profile.stack_level,
        purpose=PURPOSES[profile.charging_profile_purpose],
        kind=cast("Kind", profile.charging_profile_kind),
        unit=schedule.charging_rate_unit,
        periods=tuple(
            Period(each.start_period, each.limit, each.number_phases)
            for each in schedule.charging_schedule_period
        ),
        start=milliseconds(schedule.start_schedule),
        duration=schedule.duration,
        every=RECURRENCES[recurrence] if recurrence else None,
        valid_from=milliseconds(profile.valid_from),
        valid_to=milliseconds(profile.valid_to),
        transaction=_transaction(station, connector, profile),
    )


def _transaction(station: Controller, connector: int, profile: v16.ChargingProfile) -> str | None:
    """Our own name of the transaction; a TxProfile without id is for the one that runs (5.16.2)."""
    if profile.charging_profile_purpose != "TxProfile":
        return None
    if profile.transaction_id is None:
        running = station.flash.open.get(connector)
        return running.id if running else None
    aliases = station.flash.aliases.items()
    return next((own for own, alias in aliases if alias == profile.transaction_id), None)


def _installed(station: Controller, connector: int, profile: v16.ChargingProfile) -> Installed:
    plan = _plan(station, connector, profile)
    return Installed(plan=plan, wire=Raw(codec.encode(profile)))


def set_charging_profile(station: Controller, call: v16.SetChargingProfile) -> Reply:
    feature = station.feature(SmartCharging)
    if not feature.enabled:
        return Reply(v16.SetChargingProfileResponse(status="NotSupported"))
    new = _installed(station, call.connector_id, call.cs_charging_profiles)
    if profiles.refusal(station, new.plan) is not None:
        return Reply(v16.SetChargingProfileResponse(status="Rejected"))
    return Reply(v16.SetChargingProfileResponse(status="Accepted"), lambda: feature.take(new))


def clear_charging_profile(station: Controller, call: v16.ClearChargingProfile) -> Reply:
    feature = _switched_on(station)
    chosen = _cleared(call)
    if not any(chosen(each) for each in station.flash.profiles):
        return Reply(v16.ClearChargingProfileResponse(status="Unknown"))

    def drop() -> None:
        feature.drop(chosen)

    return Reply(v16.ClearChargingProfileResponse(status="Accepted"), drop)


def _cleared(call: v16.ClearChargingProfile) -> Choice:
    """An id decides alone; without any field all are cleared (5.5)."""

    def chosen(profile: Installed) -> bool:
        plan, purpose = profile.plan, call.charging_profile_purpose
        if plan.purpose == "External":
            return False
        if call.id is not None:
            return plan.id == call.id
        return (
            call.connector_id in {None, plan.evse}
            and call.stack_level in {None, plan.level}
            and (purpose is None or PURPOSES[purpose] == plan.purpose)
        )

    return chosen


def get_composite_schedule(station: Controller, call: v16.GetCompositeSchedule) -> Reply:
    feature = _switched_on(station)
    units = station.configuration.items("SmartChargingCtrlr.RateUnit")
    known = call.connector_id in {0, *station.evses}
    if not known or (call.charging_rate_unit or units[0]) not in units:
        return Reply(v16.GetCompositeScheduleResponse(status="Rejected"))
    unit: Unit = call.charging_rate_unit or ("A" if "A" in units else "W")
    begin, found = feature.composite(call.connector_id, max(call.duration, 1), unit)
    at = moment(begin / SECOND)
    return Reply(
        v16.GetCompositeScheduleResponse(
            status="Accepted",
            connector_id=call.connector_id,
            schedule_start=at,
            charging_schedule=v16.ChargingSchedule(
                duration=found.duration,
                start_schedule=at,
                charging_rate_unit=unit,
                charging_schedule_period=[
                    v16.ChargingSchedulePeriod(
                        start_period=step.start,
                        limit=rounded(step.level.limit),
                        number_phases=step.level.phases,
                    )
                    for step in found.steps
                ],
            ),
        )
    )


def _switched_on(station: Controller) -> SmartCharging:
    feature = station.feature(SmartCharging)
    if not feature.enabled:
        refuse("NotSupported", "Smart charging is switched off at this charge point.")
    return feature


def expected(
    station: Controller, connector: int | None, profile: v16.ChargingProfile | None
) -> Expected:
    """What becomes of the profile that comes with a remote start (5.16.2)."""
    if profile is None:
        return NOTHING_EXPECTED
    if profile.transaction_id is not None:
        return Expected("InvalidProfile")
    return start_with(station, _installed(station, connector or 1, profile), None)


ANSWERS: dict[str, Handler[Any]] = {
    "ClearChargingProfile": clear_charging_profile,
    "GetCompositeSchedule": get_composite_schedule,
    "SetChargingProfile": set_charging_profile,
}
