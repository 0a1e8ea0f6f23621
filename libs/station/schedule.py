"""What charging profiles allow at each moment (block K): a pure computation over breakpoints.

Times are whole milliseconds since 1970, so that a moment at which a period begins is exactly that
moment. Limits are per phase where they are in A.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import Literal, NamedTuple

from msgspec import Struct

Unit = Literal["A", "W"]
Purpose = Literal["External", "Maximum", "Default", "Transaction", "Priority", "Generation"]
Kind = Literal["Absolute", "Recurring", "Relative", "Dynamic"]

SECOND = 1000
STEPS_MAX = 1024
"""Periods of a composite schedule; a longer one ends with the last of them."""


class Period(Struct, frozen=True, omit_defaults=True):
    """From ``start`` seconds after the schedule's begin; ``limit`` None is no limit."""

    start: int
    limit: float | None = None
    phases: int | None = None


class Plan(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A charging profile in words that belong to no version."""

    id: int
    evse: int
    """0 is the station."""
    level: int
    purpose: Purpose
    kind: Kind
    unit: Unit
    periods: tuple[Period, ...]
    start: int | None = None
    duration: int | None = None
    """Seconds."""
    every: int | None = None
    """Seconds from one recurrence to the next."""
    valid_from: int | None = None
    valid_to: int | None = None
    transaction: str | None = None
    """The station's own name of it."""
    pull_seconds: int | None = None
    """How often the values of a dynamic one are asked for (2.1 K28)."""


class Supply(NamedTuple):
    """What an EVSE is connected with; limits in A and W are converted by it."""

    rating_w: float
    volts: float = 230.0
    phases: int = 3


class Case(NamedTuple):
    """Everything that the limits of a station follow from."""

    plans: Sequence[Plan]
    evses: Sequence[int]
    supply: Supply
    origins: Mapping[int, int] = {}
    """When the power path closed, by EVSE: there relative schedules begin."""
    transactions: Mapping[int, str] = {}
    busy: frozenset[int] = frozenset()
    """EVSEs that share what the station may draw; an idle one counts only for itself."""
    priority: frozenset[int] = frozenset()
    """EVSEs whose driver was given priority (2.1 K21)."""


class Level(NamedTuple):
    """A limit, and on how many phases."""

    limit: float
    phases: int


class Step(NamedTuple):
    """From ``start`` seconds after the begin of the composite schedule."""

    start: int
    level: Level


class Composite(NamedTuple):
    steps: list[Step]
    duration: int
    """Seconds; shorter than asked for where the steps became too many."""


def composite(case: Case, evse: int, window: tuple[int, int], unit: Unit) -> Composite:
    """The limits of an EVSE, or of the station (0), from a moment for so many seconds."""
    begin, seconds = window
    end = begin + seconds * SECOND
    steps: list[Step] = []
    for at in _moments(case, begin, end):
        start, level = (at - begin) // SECOND, allowed(case, evse, at, unit, begin)
        if steps and steps[-1].start == start:
            steps.pop()
        if steps and steps[-1].level == level:
            continue
        if len(steps) == STEPS_MAX:
            return Composite(steps, start)
        steps.append(Step(start, level))
    return Composite(steps, seconds)


def allowed(case: Case, evse: int, at: int, unit: Unit, now: int | None = None) -> Level:
    """The limit at a moment; ``now`` is where a relative schedule begins without transaction."""
    now = at if now is None else now
    if evse == 0:
        return _whole(case, at, unit, now)
    own = _own(case, evse, at, unit, now)
    total = _total(case, at, unit, now)
    if total is None:
        return own
    shares = len(case.busy | {evse})
    return Level(min(own.limit, total.limit / shares), min(own.phases, total.phases))


def next_change(case: Case, at: int, now: int | None = None) -> float:
    """The first moment after ``at`` at which a limit may change; infinite if none will."""
    now = at if now is None else now
    following = (
        _following(plan, at, case.origins.get(evse, now))
        for plan in case.plans
        for evse in ((0, *case.evses) if plan.evse == 0 else (plan.evse,))
    )
    return min(following, default=inf)


def _moments(case: Case, begin: int, end: int) -> Iterator[int]:
    at = begin
    while at < end:
        yield at
        following = next_change(case, at, begin)
        if following == inf:
            return
        at = int(following)


# -- one EVSE, the station -----------------------------------------------------------------------


def _own(case: Case, evse: int, at: int, unit: Unit, now: int) -> Level:
    """What its own profiles and its hardware allow, whatever the station as a whole may."""

    def of(purpose: Purpose) -> Level | None:
        return _best(case, (purpose, evse), at, unit, now)

    supply = case.supply
    rating = supply.rating_w if unit == "W" else supply.rating_w / (supply.volts * supply.phases)
    levels = [Level(rating, supply.phases), of("External")]
    chosen = of("Priority") if evse in case.priority else None
    levels.append(chosen or of("Transaction") or of("Default"))
    return _lowest([level for level in levels if level is not None])


def _whole(case: Case, at: int, unit: Unit, now: int) -> Level:
    """The station as a whole: all its EVSEs together, within what the connection may give."""
    supply = case.supply
    watts = sum(_own(case, evse, at, "W", now).limit for evse in case.evses)
    limit = watts if unit == "W" else watts / (supply.volts * supply.phases)
    total = _total(case, at, unit, now)
    everything = Level(limit, supply.phases)
    return everything if total is None else _lowest([everything, total])


def _total(case: Case, at: int, unit: Unit, now: int) -> Level | None:
    """What the station may draw from its connection, None without limit."""
    maximum = _best(case, ("Maximum", 0), at, unit, now)
    generation = _best(case, ("Generation", 0), at, unit, now)
    if maximum is not None and generation is not None:
        # What the site makes itself does not come through its connection (2.1 K27).
        maximum = Level(maximum.limit + generation.limit, maximum.phases)
    external = _best(case, ("External", 0), at, unit, now)
    levels = [level for level in (maximum, external) if level is not None]
    return _lowest(levels) if levels else None


def _lowest(levels: list[Level]) -> Level:
    return Level(min(level.limit for level in levels), min(level.phases for level in levels))


def _best(case: Case, place: tuple[Purpose, int], at: int, unit: Unit, now: int) -> Level | None:
    """What the highest stack level says that has something to say then (K01.FR.16 to 18)."""
    purpose, evse = place
    origin = case.origins.get(evse, now)
    best: tuple[Plan, Period] | None = None
    for plan in case.plans:
        if plan.purpose != purpose or not _concerns(case, plan, evse):
            continue
        # 1.6 allows both on one level: what is said of the connector itself is said for it.
        weaker = best is not None and (plan.level, plan.evse) < (best[0].level, best[0].evse)
        period = None if weaker else _active(plan, at, origin)
        if period is not None:
            best = (plan, period)
    return _level(best[1], best[0].unit, unit, case.supply) if best else None


def _concerns(case: Case, plan: Plan, evse: int) -> bool:
    match plan.purpose:
        case "Maximum" | "Generation" | "External":
            return plan.evse == evse
        case "Transaction":
            return plan.evse == evse and plan.transaction == case.transactions.get(evse)
        case "Default" | "Priority":
            return plan.evse in {0, evse}


def _level(period: Period, given: Unit, wanted: Unit, supply: Supply) -> Level:
    """A period in the wanted unit; without numberPhases it is meant for three (K01.FR.49)."""
    phases = min(period.phases or supply.phases, supply.phases)
    limit = inf if period.limit is None else period.limit
    if given == "A" and wanted == "W":
        limit *= supply.volts * phases
    elif given == "W" and wanted == "A":
        limit /= supply.volts * phases
    return Level(limit, phases)


# -- one profile ---------------------------------------------------------------------------------


def _begin(plan: Plan, at: int, origin: int) -> int | None:
    """When its schedule began that may be running at a moment; None before its first time."""
    start = plan.start
    if plan.kind == "Dynamic" and start is None:
        return 0
    if plan.kind == "Relative" or start is None:
        return origin if origin <= at else None
    if at < start:
        return None
    if plan.kind == "Recurring" and plan.every:
        cycle = plan.every * SECOND
        return start + (at - start) // cycle * cycle
    return start


def _active(plan: Plan, at: int, origin: int) -> Period | None:
    """The period that holds at a moment; a gap is for lower stack levels (K01.FR.13)."""
    if plan.valid_from is not None and at < plan.valid_from:
        return None
    if plan.valid_to is not None and at >= plan.valid_to:
        return None
    begin = _begin(plan, at, origin)
    if begin is None:
        return None
    offset = at - begin
    # A period that would begin when the schedule is over never runs (K01.FR.11).
    if plan.duration is not None and offset >= plan.duration * SECOND:
        return None
    index = bisect_right(plan.periods, offset // SECOND, key=lambda period: period.start)
    return plan.periods[index - 1] if index else None


def _following(plan: Plan, at: int, origin: int) -> float:
    """The first moment after ``at`` at which another of its periods may hold."""
    moments: list[float] = [inf]
    moments += [limit for limit in (plan.valid_from, plan.valid_to) if limit is not None]
    begin = _begin(plan, at, origin)
    if begin is None:
        moments.append(origin if plan.start is None or plan.kind == "Relative" else plan.start)
    else:
        index = bisect_right(plan.periods, (at - begin) // SECOND, key=lambda period: period.start)
        if index < len(plan.periods):
            moments.append(begin + plan.periods[index].start * SECOND)
        if plan.duration is not None:
            moments.append(begin + plan.duration * SECOND)
        if plan.kind == "Recurring" and plan.every:
            moments.append(begin + plan.every * SECOND)
    return min(moment for moment in moments if moment > at)
