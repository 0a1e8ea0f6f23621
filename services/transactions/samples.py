"""Meter values as they are shown: what was reported, with its defaults spelled out."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import MsgspecError, json, to_builtins

from libs.contracts.transactions import MeterView, SampleView
from libs.ocpp import v16, v21, v201
from libs.ocpp.message import Version
from services.transactions.entries_v2 import MeterValue
from services.transactions.entry import utc
from services.transactions.measure import plain

REGISTER = "Energy.Active.Import.Register"
PERIODIC = "Sample.Periodic"
OUTLET = "Outlet"
ZERO = Decimal(0)

UNITS = {"Energy": "Wh", "Power": "W", "Current": "A", "Voltage": "V", "SoC": "Percent"}
"""What a measurand is in when its unit is not said."""

_update_16 = json.Decoder(v16.MeterValues).decode
_stop_16 = json.Decoder(v16.StopTransaction).decode
_event_201 = json.Decoder(v201.TransactionEvent).decode
_event_21 = json.Decoder(v21.TransactionEvent).decode


def views(version: Version, kind: int, raw: bytes) -> list[MeterView]:
    """The meter values of a kept message; none if it cannot be read."""
    try:
        if version == "v16":
            return list(_views_16(kind, raw))
        return list(_views_2((_event_201 if version == "v201" else _event_21)(raw)))
    except MsgspecError:
        return []


def _views_16(kind: int, raw: bytes) -> Iterator[MeterView]:
    match kind:
        case 0:
            start = json.decode(raw, type=v16.StartTransaction)
            yield _meter(start.timestamp, start.meter_start, "Transaction.Begin")
        case 1:
            for value in _update_16(raw).meter_value:
                yield _view_16(value)
        case _:
            stop = _stop_16(raw)
            for value in stop.transaction_data or ():
                yield _view_16(value)
            yield _meter(stop.timestamp, stop.meter_stop, "Transaction.End")


def _meter(at: datetime, wh: int, context: str) -> MeterView:
    sample = SampleView(measurand=REGISTER, value=Decimal(wh), unit="Wh", context=context)
    return MeterView(at=utc(at), samples=[sample])


def _view_16(value: v16.MeterValue) -> MeterView:
    samples: list[SampleView] = []
    for sample in value.sampled_value:
        measurand = sample.measurand or REGISTER
        number, signed = _number(sample.value), None
        if number is None:
            # What is no number is shown as it came: signed data of 1.6 are hexadecimal text.
            number, signed = ZERO, {"value": sample.value, "format": sample.format or "Raw"}
        samples.append(
            SampleView(
                measurand=measurand,
                value=number,
                unit=sample.unit or default_unit(measurand),
                context=sample.context or PERIODIC,
                phase=sample.phase,
                location=sample.location or OUTLET,
                signed=signed,
            )
        )
    return MeterView(at=utc(value.timestamp), samples=samples)


def _views_2(event: v201.TransactionEvent | v21.TransactionEvent) -> Iterator[MeterView]:
    for value in event.meter_value or ():
        yield view_2(value, event.seq_no)


def view_2(value: MeterValue, seq_no: int | None) -> MeterView:
    samples: list[SampleView] = []
    for sample in value.sampled_value:
        measurand = sample.measurand or REGISTER
        unit = sample.unit_of_measure
        number = Decimal(repr(sample.value))
        if unit is not None and unit.multiplier:
            number = number.scaleb(max(-99, min(unit.multiplier, 99)))
        signed: dict[str, Any] | None = None
        if sample.signed_meter_value is not None:
            signed = to_builtins(sample.signed_meter_value)
        samples.append(
            SampleView(
                measurand=measurand,
                value=plain(number) or ZERO,
                unit=(unit.unit if unit is not None else None) or default_unit(measurand),
                context=sample.context or PERIODIC,
                phase=sample.phase,
                location=sample.location or OUTLET,
                signed=signed,
            )
        )
    return MeterView(at=utc(value.timestamp), seq_no=seq_no, samples=samples)


def default_unit(measurand: str) -> str:
    return UNITS.get(measurand.partition(".")[0], "")


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
