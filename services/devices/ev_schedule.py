"""Whether a car plans within what it was given (K15, K16). Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

Wire = dict[str, Any]

VOLTS = 230.0
PHASES = 3
TOLERANCE_W = 0.05 * VOLTS * PHASES
"""Rounding of limits in A, which have one decimal."""


class Segment(NamedTuple):
    """A limit in W, which holds until the next one."""

    begin: datetime
    watts: float


def within(profile: Wire, schedule: Wire, base: datetime) -> bool:
    """Whether a schedule of a car, from a time on, stays within the profile of its session.

    What a profile says nothing of is not limited by it. Of several schedules of which the car chose
    one it is enough that the plan fits any.
    """
    given = profile["chargingSchedule"]
    offers = cast("list[Wire]", given if isinstance(given, list) else [given])
    planned = list(segments(schedule, base))
    return any(fits(offer, planned, end_of(schedule, base), base) for offer in offers)


def fits(offer: Wire, planned: list[Segment], end: datetime | None, base: datetime) -> bool:
    start = offer.get("startSchedule")
    begin = datetime.fromisoformat(start) if isinstance(start, str) else base
    allowed = list(segments(offer, begin))
    stop = end_of(offer, begin)
    moments = sorted({each.begin for each in (*allowed, *planned)})
    for at in moments:
        over = (end is not None and at >= end) or (stop is not None and at >= stop)
        plan, limit = value(planned, at), value(allowed, at)
        if not over and plan is not None and limit is not None and plan > limit + TOLERANCE_W:
            return False
    return True


def segments(schedule: Wire, begin: datetime) -> Iterator[Segment]:
    for period in cast("list[Wire]", schedule["chargingSchedulePeriod"]):
        if (limit := period.get("limit")) is not None:
            factor = VOLTS * (period.get("numberPhases") or PHASES)
            watts = limit * factor if schedule["chargingRateUnit"] == "A" else limit
            yield Segment(begin + timedelta(seconds=period["startPeriod"]), watts)


def end_of(schedule: Wire, begin: datetime) -> datetime | None:
    duration = schedule.get("duration")
    return None if duration is None else begin + timedelta(seconds=duration)


def value(line: list[Segment], at: datetime) -> float | None:
    """What holds then, None before the first."""
    begun = [each.watts for each in line if each.begin <= at]
    return begun[-1] if begun else None
