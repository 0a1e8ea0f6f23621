"""The rules that OCPP 2.1 adds for charging profiles: purposes, kinds, modes, setpoints."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from services.devices.rule import Flaw, flaw

if TYPE_CHECKING:
    from services.devices.profile_rules import Plan

PRIORITY = "PriorityCharging"
CHARGING_ONLY = "ChargingOnly"
OF_TRANSACTIONS = {"TxProfile", "TxDefaultProfile"}

CHARGE = {"limit", "limit_L2", "limit_L3"}
DISCHARGE = {"dischargeLimit", "dischargeLimit_L2", "dischargeLimit_L3"}
SETPOINT = {"setpoint", "setpoint_L2", "setpoint_L3"}
REACTIVE = {"setpointReactive", "setpointReactive_L2", "setpointReactive_L3"}
VALUES = CHARGE | DISCHARGE | SETPOINT | REACTIVE

ALLOWED: dict[str, set[str]] = {
    "Idle": set(),
    "ChargingOnly": CHARGE,
    "CentralSetpoint": VALUES,
    "CentralFrequency": VALUES,
    "LocalFrequency": VALUES,
    "ExternalSetpoint": CHARGE | DISCHARGE,
    "ExternalLimits": set(),
    "LocalLoadBalancing": CHARGE | DISCHARGE,
}
"""Which values a period of each mode may have; the others come from elsewhere, or have no sense."""
NEEDED: dict[str, str] = {
    "ChargingOnly": "limit",
    "CentralSetpoint": "setpoint",
    "CentralFrequency": "setpoint",
}


def _purpose(plan: "Plan") -> Iterator[Flaw]:
    if plan.purpose == "LocalGeneration" and plan.evse != 0:
        detail = f"LocalGeneration is for the station, not for EVSE {plan.evse}."
        yield flaw("generation_on_evse", "/chargingProfilePurpose", detail)
    if plan.purpose != PRIORITY:
        return
    for place, schedule in plan.schedules:
        if schedule.get("duration") is not None:
            yield flaw("priority_with_duration", f"{place}/duration", "It has a duration.")
    for place, _, period in plan.periods:
        mode = period.get("operationMode", CHARGING_ONLY)
        if mode != CHARGING_ONLY:
            yield flaw("priority_mode", f"{place}/operationMode", f"It is {mode}.")


def _dynamic(plan: "Plan") -> Iterator[Flaw]:
    if plan.kind == "Dynamic":
        periods = list(plan.periods)
        if len(periods) != 1:
            detail = f"It has {len(periods)} periods."
            yield flaw("dynamic_periods", "/chargingSchedule", detail)
        return
    for name in ("dynUpdateInterval", "dynUpdateTime"):
        if plan.profile.get(name) is not None:
            yield flaw("not_dynamic", f"/{name}", f"The profile is {plan.kind}.")


def _delay(plan: "Plan") -> Iterator[Flaw]:
    for place, schedule in plan.schedules:
        if schedule.get("randomizedDelay") and plan.purpose not in OF_TRANSACTIONS:
            detail = f"{plan.purpose} has no delay."
            yield flaw("delay_of_purpose", f"{place}/randomizedDelay", detail)


def _modes(plan: "Plan") -> Iterator[Flaw]:
    for place, schedule, period in plan.periods:
        mode: str = period.get("operationMode", CHARGING_ONLY)
        if mode == "LocalFrequency" and schedule["chargingRateUnit"] != "W":
            yield flaw("frequency_unit", f"{place}/operationMode", "The limits are in A.")
        needed = NEEDED.get(mode)
        # The values of a Dynamic profile may come with its first update.
        if needed and period.get(needed) is None and plan.kind != "Dynamic":
            rule = "limit_missing" if needed == "limit" else "setpoint_missing"
            yield flaw(rule, f"{place}/{needed}", f"{mode} needs it.")
        for name in sorted(VALUES - ALLOWED[mode]):
            if period.get(name) is not None:
                yield flaw("not_of_mode", f"{place}/{name}", f"{mode} does not have it.")


def _values(plan: "Plan") -> Iterator[Flaw]:
    for place, _, period in plan.periods:
        for suffix in ("", "_L2", "_L3"):
            yield from _setpoint(place, period, suffix)
        for name in ("limit", "dischargeLimit", "setpoint", "setpointReactive"):
            later = any(period.get(f"{name}_{phase}") is not None for phase in ("L2", "L3"))
            if later and period.get(name) is None:
                yield flaw("phases_not_first", f"{place}/{name}", "Only other phases have it.")


def _setpoint(place: str, period: dict[str, Any], suffix: str) -> Iterator[Flaw]:
    """A setpoint lies between what may be discharged (negative) and what may be charged."""
    setpoint = period.get(f"setpoint{suffix}")
    if setpoint is None:
        return
    most, least = period.get(f"limit{suffix}"), period.get(f"dischargeLimit{suffix}")
    above = most is not None and setpoint > most
    below = least is not None and setpoint < least
    if above or below:
        bound = f"limit {most}" if above else f"dischargeLimit {least}"
        detail = f"{setpoint} is beyond the {bound}."
        yield flaw("setpoint_outside", f"{place}/setpoint{suffix}", detail)


CHECKS: tuple[Callable[["Plan"], Iterator[Flaw]], ...] = (
    _purpose, _dynamic, _delay, _modes, _values,
)  # fmt: skip
