"""What a session comes to, computed from the payloads by the letter of the specification.

Slow, simple and written without a look at the service: it reads JSON, knows no state, and looks at
all messages at once. 2.x: E01 to E08, J02 and 2.0.1 part 2 MeterValuesCtrlr; 1.6: 4.8, 4.10, 7.28.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

REGISTER = "Energy.Active.Import.Register"
PLACES = ("Outlet", "Body", "Cable", "Inlet")
UNITS = {"Wh": 1, "kWh": 1000}


@dataclass(frozen=True)
class Bill:
    """What matters of a session."""

    energy: Decimal | None
    start: Decimal | None
    stop: Decimal | None
    started_at: datetime | None
    ended_at: datetime | None
    missing: tuple[int, ...]
    complete: bool


@dataclass(frozen=True)
class Value:
    """One register at one moment."""

    at: datetime
    where: tuple[str, str | None]
    context: str
    wh: Decimal


def bill(payloads: list[bytes]) -> Bill:
    """The bill of all messages of one session, in any order, each any number of times."""
    said = [json.loads(text, parse_float=Decimal) for text in dict.fromkeys(payloads)]
    old = "eventType" not in said[0]
    first = [each for each in said if kind(each) == "Started"]
    last = [each for each in said if kind(each) == "Ended"]
    started_at = time(first[0]["timestamp"]) if first else None
    ended_at = time(last[0]["timestamp"]) if last else None
    numbers = set() if old else {each["seqNo"] for each in said}
    missing = tuple(
        n for n in range(min(numbers, default=0), max(numbers, default=0)) if n not in numbers
    )
    values = [value for each in said for value in (values_16 if old else values_2)(each)]
    values = [value for value in values if ended_at is None or value.at <= ended_at]
    energy, start, stop = measured(values, ended=ended_at is not None)
    complete = bool(first and last) and not missing
    return Bill(energy, start, stop, started_at, ended_at, missing, complete)


def kind(message: dict[str, Any]) -> str:
    if "eventType" in message:
        return message["eventType"]
    return (
        "Started" if "meterStart" in message else "Ended" if "meterStop" in message else "Updated"
    )


def values_16(message: dict[str, Any]) -> list[Value]:
    found = samples(message.get("meterValue", []) + message.get("transactionData", []))
    for name, context in (("meterStart", "Transaction.Begin"), ("meterStop", "Transaction.End")):
        if name in message:
            at, wh = time(message["timestamp"]), Decimal(message[name])
            found.append(Value(at, ("Outlet", None), context, wh))
    return found


def values_2(message: dict[str, Any]) -> list[Value]:
    return samples(message.get("meterValue", []))


def samples(meter_values: list[dict[str, Any]]) -> list[Value]:
    found: list[Value] = []
    for meter_value in meter_values:
        for sample in meter_value["sampledValue"]:
            if sample.get("measurand", REGISTER) != REGISTER:
                continue
            unit = sample.get("unitOfMeasure", {})
            factor = UNITS[sample.get("unit") or unit.get("unit") or "Wh"]
            wh = Decimal(sample["value"]) * factor * Decimal(10) ** unit.get("multiplier", 0)
            where = (sample.get("location", "Outlet"), sample.get("phase"))
            context = sample.get("context", "Sample.Periodic")
            found.append(Value(time(meter_value["timestamp"]), where, context, wh))
    return found


def measured(values: list[Value], *, ended: bool) -> tuple[Decimal | None, ...]:
    """Energy, first and last register, of the place to be billed by."""
    for place in PLACES:
        for phases in ((None,), ("L1", "L2", "L3")):
            tracks = [[v for v in values if v.where == (place, phase)] for phase in phases]
            if not any(tracks):
                continue
            sums = [track(each, ended=ended) for each in tracks if each]
            return tuple(
                None if None in column else sum(column, Decimal(0))
                for column in zip(*sums, strict=True)
            )
    return None, None, None


def track(values: list[Value], *, ended: bool) -> tuple[Decimal | None, ...]:
    """Of one register: it counts from the first Transaction.Begin, else from its first value."""
    ordered = sorted(values, key=lambda value: (value.at, value.wh))
    begins = [value for value in ordered if value.context == "Transaction.Begin"]
    if begins:
        ordered = [value for value in ordered if value.at >= begins[0].at]
    first, last = ordered[0], ordered[-1]
    if not begins and len(ordered) == 1 and ended:
        return None, None, last.wh
    energy = Decimal(0)
    for before, after in pairwise(ordered):
        # A register that fell was reset: what it counted until its next value is not known.
        energy += max(after.wh - before.wh, Decimal(0))
    return energy, first.wh, last.wh


def time(text: str) -> datetime:
    return datetime.fromisoformat(text)
