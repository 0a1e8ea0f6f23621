"""Which rule a refused charging profile breaks, as far as the profile itself shows it.

Most stations of 1.6 answer Rejected and no more; these are the rules that the specification gives
them (1.6 section 3.13 and 5.16, 2.x K01).
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, cast

OF_A_TRANSACTION = "TxProfile"
OF_THE_STATION = {"ChargePointMaxProfile", "ChargingStationMaxProfile"}


def broken(payload: dict[str, Any]) -> list[str]:
    """Sentences, one for each rule that a SetChargingProfile of any version breaks."""
    given: Any = payload.get("csChargingProfiles") or payload.get("chargingProfile")
    profile = cast("dict[str, Any]", given or {})
    place = payload.get("connectorId", payload.get("evseId"))
    listed: Any = profile.get("chargingSchedule")
    # 1.6 has one schedule in a profile, 2.x a list of them.
    schedules = cast("list[dict[str, Any]]", listed if isinstance(listed, list) else [listed or {}])
    found = [*of_place(profile, place), *of_kind(profile, schedules)]
    for schedule in schedules:
        found += of_schedule(schedule)
    return found


def of_place(profile: dict[str, Any], place: int | None) -> Iterator[str]:
    purpose = profile.get("chargingProfilePurpose")
    if purpose == OF_A_TRANSACTION:
        if place == 0:
            yield "A TxProfile is for one EVSE, not for 0."
        if profile.get("transactionId") is None:
            yield "A TxProfile needs the transactionId of a running transaction."
    elif profile.get("transactionId") is not None:
        yield f"Only a TxProfile has a transactionId, {purpose} has none."
    if purpose in OF_THE_STATION and place != 0:
        yield f"{purpose} is for the whole station: send it to 0."
    if purpose == "ChargingStationExternalConstraints":
        yield "ChargingStationExternalConstraints are made by the station, nobody sends them."


def of_kind(profile: dict[str, Any], schedules: list[dict[str, Any]]) -> Iterator[str]:
    kind = profile.get("chargingProfileKind")
    starts = all(schedule.get("startSchedule") for schedule in schedules)
    if kind == "Recurring" and not profile.get("recurrencyKind"):
        yield "A Recurring profile needs recurrencyKind: Daily or Weekly."
    if kind in {"Absolute", "Recurring"} and not starts:
        yield f"A schedule of kind {kind} needs startSchedule."
    if kind == "Relative" and any(schedule.get("startSchedule") for schedule in schedules):
        yield "A Relative schedule begins with the session: leave startSchedule out."
    valid_from, valid_to = profile.get("validFrom"), profile.get("validTo")
    if valid_from and valid_to and str(valid_to) <= str(valid_from):
        yield "validTo lies before validFrom."


def of_schedule(schedule: dict[str, Any]) -> Iterator[str]:
    starts = [period.get("startPeriod", 0) for period in schedule.get("chargingSchedulePeriod", [])]
    if starts and starts[0] != 0:
        yield "The first period has to start at 0."
    if any(late <= early for early, late in pairwise(starts)):
        yield "Each period has to start after the one before."
    duration = schedule.get("duration")
    if duration is not None and starts and starts[-1] >= duration:
        yield "A period starts after the end of the schedule (duration)."
    limits = [period.get("limit") for period in schedule.get("chargingSchedulePeriod", [])]
    if any(limit is not None and limit < 0 for limit in limits):
        yield "A limit is below zero."
