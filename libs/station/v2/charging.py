"""Charging profiles and limits as 2.0.1 and 2.1 write them, and as the station thinks of them."""

from datetime import datetime
from typing import Any, cast

from msgspec import Raw, convert, json

from libs.ocpp import codec, v21, v201
from libs.ocpp.message import Version
from libs.station.clock import moment
from libs.station.flash import Installed
from libs.station.schedule import (
    SECOND,
    Composite,
    Period,
    Plan,
    Purpose,
    Unit,
)

Profile = v201.ChargingProfile | v21.ChargingProfile
Schedule = v201.ChargingSchedule | v21.ChargingSchedule
SchedulePeriod = v201.ChargingSchedulePeriod | v21.ChargingSchedulePeriod

PURPOSES: dict[str, Purpose] = {
    "ChargingStationExternalConstraints": "External",
    "ChargingStationMaxProfile": "Maximum",
    "TxDefaultProfile": "Default",
    "TxProfile": "Transaction",
    "PriorityCharging": "Priority",
    "LocalGeneration": "Generation",
}
RECURRENCES = {"Daily": 86_400, "Weekly": 604_800}
TENTHS = 10


def milliseconds(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * SECOND)


def plan(evse: int, profile: Profile) -> Plan:
    """What a profile says, in no version's words; of several schedules the first."""
    schedule = profile.charging_schedule[0]
    recurrence = profile.recurrency_kind
    return Plan(
        id=profile.id,
        evse=evse,
        level=profile.stack_level,
        purpose=PURPOSES[profile.charging_profile_purpose],
        kind=profile.charging_profile_kind,
        unit=schedule.charging_rate_unit,
        periods=tuple(_period(each) for each in schedule.charging_schedule_period),
        start=milliseconds(schedule.start_schedule),
        duration=schedule.duration,
        every=RECURRENCES[recurrence] if recurrence else None,
        valid_from=milliseconds(profile.valid_from),
        valid_to=milliseconds(profile.valid_to),
        transaction=profile.transaction_id,
        pull_seconds=getattr(profile, "dyn_update_interval", None),
    )


def _period(period: SchedulePeriod) -> Period:
    return Period(period.start_period, _limit(period), period.number_phases)


def _limit(period: SchedulePeriod) -> float | None:
    """The one limit that this station keeps: it loads its phases alike and never discharges."""
    if isinstance(period, v201.ChargingSchedulePeriod):
        return period.limit
    if period.operation_mode == "Idle":
        return 0.0
    given = [period.limit, period.limit_l2, period.limit_l3]
    if period.operation_mode == "CentralSetpoint" and period.setpoint is not None:
        given.append(max(period.setpoint, 0.0))
    limits = [each for each in given if each is not None]
    return min(limits) if limits else None


def unsupported(profile: Profile) -> str | None:
    """The reasonCode why this station cannot do what a profile asks for."""
    if len(profile.charging_schedule) > 1:
        # K01.FR.34: a choice of schedules is for cars that choose.
        return "InvalidSchedule"
    for period in profile.charging_schedule[0].charging_schedule_period:
        if period.phase_to_use is not None:
            # K01.FR.19, 20: this station cannot switch phases.
            return "InvalidSchedule" if period.number_phases != 1 else "UnsupportedParam"
        if isinstance(period, v21.ChargingSchedulePeriod) and (reason := _odd_period(period)):
            return reason
    if isinstance(profile, v21.ChargingProfile):
        return _odd(profile)
    return None


def _odd(profile: v21.ChargingProfile) -> str | None:
    """2.1: what needs a variable that this station does not have (K01.FR.122 to 126)."""
    schedule = profile.charging_schedule[0]
    dynamic = profile.charging_profile_kind == "Dynamic"
    timed = profile.dyn_update_interval is not None or profile.dyn_update_time is not None
    if timed and not dynamic:
        return "InvalidProfile"
    if dynamic and len(schedule.charging_schedule_period) > 1:
        return "InvalidSchedule"
    wanted = (schedule.use_local_time, schedule.randomized_delay, schedule.limit_at_soc)
    return "UnsupportedParam" if any(wanted) else None


def _odd_period(period: v21.ChargingSchedulePeriod) -> str | None:
    discharging = [period.discharge_limit, period.setpoint]
    if any(each is not None and each < 0 for each in discharging) or period.evse_sleep:
        return "UnsupportedParam"
    mode = period.operation_mode or "ChargingOnly"
    if mode == "CentralSetpoint":
        return "InvalidSchedule" if period.setpoint is None else None
    if mode not in {"ChargingOnly", "Idle"}:
        return "UnsupportedParam"
    return "InvalidSchedule" if mode == "ChargingOnly" and period.limit is None else None


def installed(evse: int, profile: Profile) -> Installed:
    return Installed(plan=plan(evse, profile), wire=Raw(codec.encode(profile)))


def rounded(value: float) -> float:
    """One decimal, and never above what is allowed."""
    tenths = value * TENTHS
    nearest = round(tenths)
    # 8.0 A that became 7.999 by conversion and back is 8.0.
    return (nearest if abs(nearest - tenths) < 1 / TENTHS else int(tenths)) / TENTHS


def schedule(evse: int, begin: int, found: Composite, unit: Unit) -> v201.CompositeSchedule:
    return v201.CompositeSchedule(
        evse_id=evse,
        duration=found.duration,
        schedule_start=moment(begin / SECOND),
        charging_rate_unit=unit,
        charging_schedule_period=[
            v201.ChargingSchedulePeriod(
                start_period=step.start,
                limit=rounded(step.level.limit),
                number_phases=step.level.phases,
            )
            for step in found.steps
        ],
    )


# -- what the station says -----------------------------------------------------------------------


def report(
    version: Version, request_id: int, group: list[Installed], *, more: bool
) -> v201.ReportChargingProfiles | v21.ReportChargingProfiles:
    """One part: the profiles of one EVSE and one source."""
    first = group[0]
    fields: dict[str, Any] = {
        "requestId": request_id,
        "chargingLimitSource": first.source,
        "evseId": first.plan.evse,
        "tbc": more,
        "chargingProfile": [_told(each) for each in group],
    }
    if version == "v21":
        return convert(fields, v21.ReportChargingProfiles)
    return convert(fields, v201.ReportChargingProfiles)


def _told(profile: Installed) -> dict[str, Any]:
    """As the server sent it; the profile of a remote start now has a transaction (K05)."""
    found = json.decode(profile.wire, type=dict[str, Any])
    if profile.plan.transaction is not None:
        found["transactionId"] = profile.plan.transaction
    return found


def constraint(id: int, evse: int, amount: float, unit: Unit) -> Installed:
    """An external limit as a profile that no server set (K12)."""
    at = moment(0)
    profile = v201.ChargingProfile(
        id=id,
        stack_level=0,
        charging_profile_purpose="ChargingStationExternalConstraints",
        charging_profile_kind="Absolute",
        charging_schedule=[
            v201.ChargingSchedule(
                id=1,
                start_schedule=at,
                charging_rate_unit=unit,
                charging_schedule_period=[
                    v201.ChargingSchedulePeriod(start_period=0, limit=amount)
                ],
            )
        ],
    )
    return installed(evse, profile)


def limit_set(
    limit: Installed, *, with_schedule: bool, critical: bool | None
) -> v201.NotifyChargingLimit:
    profile = json.decode(limit.wire, type=v201.ChargingProfile)
    return v201.NotifyChargingLimit(
        evse_id=limit.plan.evse,
        charging_limit=v201.ChargingLimit(
            charging_limit_source=cast("v201.ChargingLimitSource", limit.source),
            is_grid_critical=critical,
        ),
        charging_schedule=profile.charging_schedule if with_schedule else None,
    )


def limit_cleared(source: str, evse: int) -> v201.ClearedChargingLimit:
    return v201.ClearedChargingLimit(
        charging_limit_source=cast("v201.ChargingLimitSource", source), evse_id=evse
    )
