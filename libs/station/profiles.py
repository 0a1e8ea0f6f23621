"""The charging profiles that a station holds: which it takes, keeps and drops (K01, K10)."""

from collections.abc import Callable, Iterator
from itertools import pairwise

from libs.station.controller import Controller
from libs.station.flash import Installed
from libs.station.schedule import Plan

Choice = Callable[[Installed], bool]


def refusal(station: Controller, plan: Plan, *, starting: bool = False) -> str | None:
    """The reasonCode (2.x) why a profile is not taken; ``starting``: it comes with a remote start,
    so that its transaction has no name yet (K05).
    """
    return (
        _misplaced(station, plan)
        or (None if starting else _homeless(station, plan))
        or _malformed(station, plan)
        or _double(station, plan)
    )


def install(station: Controller, new: Installed) -> None:
    """Keep it; what has its id goes (K01.FR.05), in 1.6 also what has its place (5.16.4)."""
    legacy = station.profile.version == "v16"

    def replaced(old: Installed) -> bool:
        same = old.plan.id == new.plan.id and old.plan.purpose != "External"
        return same or (legacy and _place(old.plan) == _place(new.plan))

    station.flash.profiles = [p for p in station.flash.profiles if not replaced(p)] + [new]


def remove(station: Controller, chosen: Choice) -> bool:
    """Drop what is chosen; True if anything was."""
    before = station.flash.profiles
    station.flash.profiles = [each for each in before if not chosen(each)]
    return len(station.flash.profiles) < len(before)


def _place(plan: Plan) -> tuple[str, int, int]:
    return (plan.purpose, plan.level, plan.evse)


def _misplaced(station: Controller, plan: Plan) -> str | None:
    """What may be where."""
    if plan.evse != 0 and plan.evse not in station.evses:
        return "UnknownEvse"
    match plan.purpose:
        case "External":
            return "InvalidProfile"
        case "Maximum" | "Generation":
            wrong = plan.evse != 0 or plan.kind == "Relative"
        case "Transaction":
            wrong = plan.evse == 0
        case "Priority":
            # K01.FR.70: it lasts as long as it is wanted.
            return "InvalidSchedule" if plan.duration is not None else None
        case "Default":
            wrong = False
    return "InvalidProfile" if wrong else None


def _homeless(station: Controller, plan: Plan) -> str | None:
    """A TxProfile is for a transaction that runs there (K01.FR.03, 09, 33)."""
    if plan.purpose != "Transaction":
        return None
    running = station.flash.open.get(plan.evse)
    if running is None:
        return "TxNotFound"
    if plan.transaction is None:
        return "MissingParam"
    return None if plan.transaction == running.id else "TxNotFound"


def _malformed(station: Controller, plan: Plan) -> str | None:
    settings = station.configuration
    if not 0 <= plan.level <= settings.integer("SmartChargingCtrlr.ProfileStackLevel"):
        return "InvalidStackLevel"
    if plan.unit not in settings.items("SmartChargingCtrlr.RateUnit"):
        return "UnsupportedRateUnit"
    if plan.kind == "Recurring" and plan.every is None:
        return "InvalidProfile"
    if any(fault for fault in _faults(station, plan)):
        return "InvalidSchedule"
    return None


def _faults(station: Controller, plan: Plan) -> Iterator[bool]:
    """What may be wrong in a schedule."""
    yield len(plan.periods) > station.configuration.integer("SmartChargingCtrlr.PeriodsPerSchedule")
    yield not plan.periods or plan.periods[0].start != 0
    yield any(one.start >= after.start for one, after in pairwise(plan.periods))
    yield any(period.limit is not None and period.limit < 0 for period in plan.periods)
    if station.profile.version != "v16":
        # 1.6 takes an absolute schedule without start as one from the start of charging.
        yield plan.kind in {"Absolute", "Recurring"} and plan.start is None
        yield plan.kind == "Relative" and plan.start is not None


def _double(station: Controller, plan: Plan) -> str | None:
    """Nothing may say two things at once (K01.FR.06, 39, 52, 53); 1.6 replaces instead."""
    others = [each.plan for each in station.flash.profiles if each.plan.id != plan.id]
    external = [each.plan for each in station.flash.profiles if each.plan.purpose == "External"]
    if any(each.id == plan.id for each in external):
        return "DuplicateProfile"
    if station.profile.version != "v16" and any(_clash(plan, other) for other in others):
        return "DuplicateProfile"
    held = len(others) - len(external)
    most = station.configuration.integer("MaxChargingProfilesInstalled")
    return "OutOfStorage" if held >= most else None


def _clash(plan: Plan, other: Plan) -> bool:
    if (plan.purpose, plan.level) != (other.purpose, other.level):
        return False
    if plan.purpose == "Transaction" and plan.transaction != other.transaction:
        return False
    if plan.evse != other.evse:
        return plan.purpose == "Default" and 0 in {plan.evse, other.evse}
    after = other.valid_to is not None and (plan.valid_from or 0) >= other.valid_to
    before = plan.valid_to is not None and (other.valid_from or 0) >= plan.valid_to
    return not (after or before)
