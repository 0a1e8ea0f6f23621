"""The rules that OCPP sets for charging profiles, as far as they can be checked before one is sent.

A profile is read by its wire names, so that one code path serves every version; 1.6 spells a few of
them otherwise. Nothing here asks a station or a clock.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple, cast

from libs.contracts.charging_profiles import BrokenRule
from libs.ocpp.message import Version
from services.devices import rules_21
from services.devices.rule import Flaw, flaw, named

EXTERNAL = "ChargingStationExternalConstraints"
MAXIMUM = "ChargingStationMaxProfile"
DEFAULT = "TxDefaultProfile"
TX = "TxProfile"
LEGACY = {"ChargePointMaxProfile": MAXIMUM}

Wire = dict[str, Any]


class Held(NamedTuple):
    """A profile that the station holds already."""

    id: int
    evse: int | None
    source: str
    purpose: str
    level: int
    transaction: str | None
    valid_from: datetime | None
    valid_to: datetime | None


class Limits(NamedTuple):
    """What is known of the station's own limits; None is not known, and not checked."""

    evses: frozenset[int] | None = None
    stack_level: int | None = None
    periods: int | None = None
    profiles: int | None = None
    units: frozenset[str] | None = None
    phase_switching: bool | None = None
    external_id_max: int | None = None


class Plan(NamedTuple):
    """A profile that is to be sent, and all that is known where it goes."""

    version: Version
    evse: int | None
    """None: a remote start that leaves the choice to the station."""
    profile: Wire
    limits: Limits = Limits()
    held: Sequence[Held] = ()
    running: frozenset[str] | None = None
    """Transactions of that EVSE that are under way; None is not known."""
    starting: bool = False
    """It comes with a remote start."""
    negotiated: bool = False
    """The car told its needs (ISO 15118): it may be given up to three schedules."""

    @property
    def legacy(self) -> bool:
        return self.version == "v16"

    @property
    def id(self) -> int:
        found: int = self.profile["chargingProfileId" if self.legacy else "id"]
        return found

    @property
    def purpose(self) -> str:
        """In the words of 2.x."""
        found: str = self.profile["chargingProfilePurpose"]
        return LEGACY.get(found, found)

    @property
    def kind(self) -> str:
        found: str = self.profile["chargingProfileKind"]
        return found

    @property
    def transaction(self) -> str | None:
        found = self.profile.get("transactionId")
        return None if found is None else str(found)

    @property
    def schedules(self) -> list[tuple[str, Wire]]:
        """Each with its place in the profile."""
        found = self.profile["chargingSchedule"]
        if isinstance(found, list):
            several = cast("list[Wire]", found)
            return [(f"/chargingSchedule/{n}", each) for n, each in enumerate(several)]
        return [("/chargingSchedule", found)]

    @property
    def periods(self) -> Iterator[tuple[str, Wire, Wire]]:
        """Each period with its place and its schedule."""
        for place, schedule in self.schedules:
            for n, period in enumerate(cast("list[Wire]", schedule["chargingSchedulePeriod"])):
                yield f"{place}/chargingSchedulePeriod/{n}", schedule, period


def broken(plan: Plan) -> list[BrokenRule]:
    """Every rule that it breaks, in the order of the rules; none: nothing is known against it."""
    checks = (*CHECKS, *rules_21.CHECKS) if plan.version == "v21" else CHECKS
    found = [each for check in checks for each in check(plan)]
    return [named(each, legacy=plan.legacy) for each in found]


# -- where what may be ---------------------------------------------------------------------------


def _purpose(plan: Plan) -> Iterator[Flaw]:
    place = "/chargingProfilePurpose"
    if plan.starting and plan.purpose != TX:
        yield flaw("start_without_tx_profile", place, f"{plan.purpose} comes with a remote start.")
    elif plan.purpose == EXTERNAL:
        yield flaw("purpose_of_others", place, f"{EXTERNAL} is set by others.")
    elif plan.purpose == MAXIMUM and plan.evse != 0:
        yield flaw("maximum_on_evse", place, f"{plan.purpose} is for EVSE 0, not {plan.evse}.")
    elif plan.purpose == TX and plan.evse == 0:
        yield flaw("tx_profile_on_station", place, "A TxProfile is for one EVSE, not for 0.")
    if plan.purpose == MAXIMUM and plan.kind == "Relative":
        yield flaw("maximum_relative", "/chargingProfileKind", "It is Relative.")


def _evse(plan: Plan) -> Iterator[Flaw]:
    known = plan.limits.evses
    if known and plan.evse and plan.evse not in known:
        yield flaw("unknown_evse", "", f"The station has no EVSE {plan.evse}.")


def _transaction(plan: Plan) -> Iterator[Flaw]:
    place, name = "/transactionId", plan.transaction
    if plan.starting:
        if name is not None:
            yield flaw("start_names_transaction", place, f"It names the transaction {name}.")
        return
    if plan.purpose != TX:
        if name is not None:
            yield flaw("transaction_of_another", place, f"A {plan.purpose} names a transaction.")
        return
    if name is None and not plan.legacy:
        yield flaw("tx_profile_unnamed", place, "It names no transaction.")
    elif plan.running is not None and not plan.running:
        yield flaw("no_transaction", place, f"No transaction runs at EVSE {plan.evse}.")
    elif plan.running is not None and name is not None and name not in plan.running:
        running = ", ".join(sorted(plan.running))
        yield flaw("another_transaction", place, f"{name} does not run there, but {running}.")


def _id(plan: Plan) -> Iterator[Flaw]:
    place = "/chargingProfileId" if plan.legacy else "/id"
    taken = [each.source for each in plan.held if each.id == plan.id and each.source != "CSO"]
    if taken:
        yield flaw("id_of_others", place, f"{plan.id} is the id of a profile of {taken[0]}.")
    most = plan.limits.external_id_max
    if most is not None and plan.id <= most:
        yield flaw("id_reserved", place, f"Ids up to {most} are the station's own.")


def _level(plan: Plan) -> Iterator[Flaw]:
    level: int = plan.profile["stackLevel"]
    if level < 0:
        yield flaw("stack_level_negative", "/stackLevel", f"It is {level}.")
    most = plan.limits.stack_level
    if most is not None and level > most:
        yield flaw("stack_level_too_high", "/stackLevel", f"The station takes 0 to {most}.")


# -- when ----------------------------------------------------------------------------------------


def _kind(plan: Plan) -> Iterator[Flaw]:
    if plan.kind == "Recurring" and plan.profile.get("recurrencyKind") is None:
        yield flaw("recurrency_missing", "/recurrencyKind", "It recurs, but not said how often.")
    if plan.legacy:
        # 1.6 takes a schedule without start as one from the start of charging.
        return
    for place, schedule in plan.schedules:
        begins = schedule.get("startSchedule") is not None
        if plan.kind in {"Absolute", "Recurring"} and not begins:
            yield flaw("start_missing", f"{place}/startSchedule", f"It is {plan.kind}.")
        if plan.kind == "Relative" and begins:
            yield flaw("start_surplus", f"{place}/startSchedule", "It is Relative.")


def _validity(plan: Plan) -> Iterator[Flaw]:
    begin, end = moment(plan.profile.get("validFrom")), moment(plan.profile.get("validTo"))
    if begin is not None and end is not None and begin >= end:
        yield flaw("never_valid", "/validTo", "It ends before it begins.")


# -- schedules -----------------------------------------------------------------------------------


def _schedules(plan: Plan) -> Iterator[Flaw]:
    count = len(plan.schedules)
    if count > 1 and not plan.negotiated:
        yield flaw("schedules_too_many", "/chargingSchedule", f"It has {count} schedules.")
    units = plan.limits.units
    for place, schedule in plan.schedules:
        unit = schedule["chargingRateUnit"]
        if units is not None and unit not in units:
            known = " and ".join(sorted(units))
            detail = f"It is in {unit}, the station takes {known}."
            yield flaw("unit_unsupported", f"{place}/chargingRateUnit", detail)


def _periods(plan: Plan) -> Iterator[Flaw]:
    most = plan.limits.periods
    for place, schedule in plan.schedules:
        place = f"{place}/chargingSchedulePeriod"  # noqa: PLW2901 - its one use from here on
        starts: list[int] = [each["startPeriod"] for each in schedule["chargingSchedulePeriod"]]
        if not starts:
            yield flaw("periods_missing", place, "There is no period.")
            continue
        if starts[0] != 0:
            detail = f"The first period begins at {starts[0]} s."
            yield flaw("periods_begin_late", f"{place}/0/startPeriod", detail)
        for n, (before, after) in enumerate(pairwise(starts), 1):
            if after <= before:
                detail = f"Period {n + 1} begins at {after} s, the one before at {before} s."
                yield flaw("periods_unordered", f"{place}/{n}/startPeriod", detail)
                break
        if most is not None and len(starts) > most:
            detail = f"It has {len(starts)} periods, the station takes {most}."
            yield flaw("periods_too_many", place, detail)


def _limits(plan: Plan) -> Iterator[Flaw]:
    for place, _, period in plan.periods:
        limit = period.get("limit")
        if limit is not None and limit < 0:
            yield flaw("limit_negative", f"{place}/limit", f"It is {limit}.")


def _phases(plan: Plan) -> Iterator[Flaw]:
    for place, _, period in plan.periods:
        count, chosen = period.get("numberPhases"), period.get("phaseToUse")
        if count is not None and count not in {1, 2, 3}:
            yield flaw("phases_out_of_range", f"{place}/numberPhases", f"It is {count}.")
        if chosen is None:
            continue
        if count != 1:
            detail = f"A phase is chosen of {count or 3}."
            yield flaw("phase_of_several", f"{place}/phaseToUse", detail)
        elif plan.limits.phase_switching is False:
            detail = "The station cannot switch phases."
            yield flaw("phase_switching_unsupported", f"{place}/phaseToUse", detail)


# -- beside others -------------------------------------------------------------------------------


def _others(plan: Plan) -> Iterator[Flaw]:
    """In 1.6 a profile simply takes the place of one of the same level and purpose."""
    others = [each for each in plan.held if each.source == "CSO" and each.id != plan.id]
    most = plan.limits.profiles
    if most is not None and len(others) >= most and not plan.legacy:
        yield flaw("profiles_too_many", "", f"The station holds {len(others)}, and takes {most}.")
    if plan.legacy:
        return
    for other in others:
        rule = clash(plan, other)
        if rule is not None:
            detail = f"Profile {other.id} has the same purpose and stack level."
            yield flaw(rule, "/stackLevel", detail)


def clash(plan: Plan, other: Held) -> str | None:
    """The rule by which two profiles cannot stand beside each other."""
    same = (other.purpose, other.level) == (plan.purpose, plan.profile["stackLevel"])
    if not same or plan.starting:
        return None
    if plan.purpose == TX:
        return "duplicate_of_transaction" if other.transaction == plan.transaction else None
    if plan.purpose == DEFAULT and other.evse != plan.evse:
        return "duplicate_across_evses" if 0 in {other.evse, plan.evse} else None
    begin, end = moment(plan.profile.get("validFrom")), moment(plan.profile.get("validTo"))
    apart = before(other.valid_to, begin) or before(end, other.valid_from)
    return None if apart or other.evse != plan.evse else "duplicate"


def before(end: datetime | None, begin: datetime | None) -> bool:
    """Whether what ends is over when the other begins; an open end never is."""
    return end is not None and begin is not None and end <= begin


def moment(value: Any) -> datetime | None:
    """A time as the wire has it, or as it was decoded."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


CHECKS: tuple[Callable[[Plan], Iterator[Flaw]], ...] = (
    _purpose, _evse, _transaction, _id, _level, _kind, _validity, _schedules, _periods, _limits,
    _phases, _others,
)  # fmt: skip
