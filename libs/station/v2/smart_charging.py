"""Block K as 2.0.1 and 2.1 ask it of a station."""

from itertools import groupby
from typing import Any

from libs.ocpp import v21, v201
from libs.station import dynamic, profiles
from libs.station.answer import Handler, Reply, refuse
from libs.station.controller import Controller
from libs.station.dynamic import Pulling
from libs.station.flash import Installed
from libs.station.profiles import Choice
from libs.station.schedule import Unit
from libs.station.smart_charging import (
    NOTHING_EXPECTED,
    Expected,
    SmartCharging,
    start_with,
)
from libs.station.v2 import charging

PART_PROFILES = 10
"""Profiles in one part of a report."""


def switched_on(station: Controller) -> SmartCharging:
    """K01: without smart charging the messages of the block are not supported at all."""
    feature = station.feature(SmartCharging)
    if not feature.enabled:
        refuse("NotSupported", "Smart charging is switched off at this station.")
    return feature


def set_charging_profile(
    station: Controller, call: v201.SetChargingProfile | v21.SetChargingProfile
) -> Reply:
    feature = switched_on(station)
    profile = call.charging_profile
    new = charging.installed(call.evse_id, profile)
    reason = profiles.refusal(station, new.plan) or charging.unsupported(profile)
    if reason is not None:
        info = v201.StatusInfo(reason_code=reason)
        return Reply(v201.SetChargingProfileResponse(status="Rejected", status_info=info))

    def take() -> None:
        feature.take(new)
        station.feature(Pulling).pace(profile.id)

    return Reply(v201.SetChargingProfileResponse(status="Accepted"), take)


def get_composite_schedule(
    station: Controller, call: v201.GetCompositeSchedule | v21.GetCompositeSchedule
) -> Reply:
    feature = switched_on(station)
    units = station.configuration.items("SmartChargingCtrlr.RateUnit")
    reason = None
    if call.evse_id not in {0, *station.evses}:
        reason = "UnknownEvse"
    elif call.charging_rate_unit is not None and call.charging_rate_unit not in units:
        reason = "UnsupportedRateUnit"
    if reason is not None:
        info = v201.StatusInfo(reason_code=reason)
        return Reply(v201.GetCompositeScheduleResponse(status="Rejected", status_info=info))
    unit: Unit = call.charging_rate_unit or ("A" if "A" in units else "W")
    begin, found = feature.composite(call.evse_id, max(call.duration, 1), unit)
    composite = charging.schedule(call.evse_id, begin, found, unit)
    return Reply(v201.GetCompositeScheduleResponse(status="Accepted", schedule=composite))


def get_charging_profiles(
    station: Controller, call: v201.GetChargingProfiles | v21.GetChargingProfiles
) -> Reply:
    switched_on(station)
    found = sorted((each for each in station.flash.profiles if _asked(each, call)), key=_group)
    if not found:
        return Reply(v201.GetChargingProfilesResponse(status="NoProfiles"))
    groups = [list(group) for _, group in groupby(found, _group)]
    parts = [
        group[start : start + PART_PROFILES]
        for group in groups
        for start in range(0, len(group), PART_PROFILES)
    ]

    def tell() -> None:
        for number, part in enumerate(parts, 1):
            more = number < len(parts)
            station.say(charging.report(station.profile.version, call.request_id, part, more=more))

    return Reply(v201.GetChargingProfilesResponse(status="Accepted"), tell)


def _group(profile: Installed) -> tuple[int, str]:
    return profile.plan.evse, profile.source


def _asked(profile: Installed, call: v201.GetChargingProfiles | v21.GetChargingProfiles) -> bool:
    """K09: ids, or else all criteria that are given; no EVSE is everywhere."""
    wanted, plan = call.charging_profile, profile.plan
    if call.evse_id is not None and call.evse_id != plan.evse:
        return False
    if wanted.charging_profile_id:
        return plan.id in wanted.charging_profile_id
    purpose, sources = wanted.charging_profile_purpose, wanted.charging_limit_source
    return (
        (purpose is None or charging.PURPOSES[purpose] == plan.purpose)
        and wanted.stack_level in {None, plan.level}
        and (not sources or profile.source in sources)
    )


def clear_charging_profile(
    station: Controller, call: v201.ClearChargingProfile | v21.ClearChargingProfile
) -> Reply:
    feature = switched_on(station)
    if not any(_cleared(call)(each) for each in station.flash.profiles):
        return Reply(v201.ClearChargingProfileResponse(status="Unknown"))
    return Reply(
        v201.ClearChargingProfileResponse(status="Accepted"),
        lambda: _drop(feature, _cleared(call)),
    )


def _drop(feature: SmartCharging, chosen: Choice) -> None:
    feature.drop(chosen)


def _cleared(call: v201.ClearChargingProfile | v21.ClearChargingProfile) -> Choice:
    """K10: an id decides alone; what others imposed is never cleared (K10.FR.06)."""
    wanted = call.charging_profile_criteria

    def chosen(profile: Installed) -> bool:
        plan = profile.plan
        if plan.purpose == "External":
            return False
        if call.charging_profile_id is not None:
            return plan.id == call.charging_profile_id
        if wanted is None:
            return False
        purpose = wanted.charging_profile_purpose
        return (
            wanted.evse_id in {None, plan.evse}
            and wanted.stack_level in {None, plan.level}
            and (purpose is None or charging.PURPOSES[purpose] == plan.purpose)
        )

    return chosen


def expected(station: Controller, evse: int | None, profile: charging.Profile | None) -> Expected:
    """What becomes of the profile that comes with a remote start (K05)."""
    if profile is None:
        return NOTHING_EXPECTED
    # Without an EVSE the profile is checked for any; where it is kept is known once one is chosen.
    new = charging.installed(evse or 1, profile)
    if profile.transaction_id is not None:
        return Expected("InvalidProfile")
    return start_with(station, new, charging.unsupported(profile))


def update_dynamic_schedule(station: Controller, call: v21.UpdateDynamicSchedule) -> Reply:
    """K29: the server pushes the values of a dynamic profile."""
    switched_on(station)
    if dynamic.find(station, call.charging_profile_id) is None:
        info = v21.StatusInfo(reason_code="InvalidProfile")
        return Reply(v21.UpdateDynamicScheduleResponse(status="Rejected", status_info=info))

    def take() -> None:
        dynamic.update(station, call.charging_profile_id, call.schedule_update)

    return Reply(v21.UpdateDynamicScheduleResponse(status="Accepted"), take)


ANSWERS: dict[str, Handler[Any]] = {
    "ClearChargingProfile": clear_charging_profile,
    "GetChargingProfiles": get_charging_profiles,
    "GetCompositeSchedule": get_composite_schedule,
    "SetChargingProfile": set_charging_profile,
    "UpdateDynamicSchedule": update_dynamic_schedule,
}
