"""Meter values as they are shown: what was reported, with its defaults spelled out."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import to_builtins

from libs.contracts.transactions import MeterView, SampleView
from libs.ocpp import v16, v21, v201
from libs.ocpp.message import Version
from services.transactions import stored
from services.transactions.entries_v2 import MeterValue
from services.transactions.entry import utc
from services.transactions.measure import number, plain

REGISTER = "Energy.Active.Import.Register"
PERIODIC = "Sample.Periodic"
OUTLET = "Outlet"
ZERO = Decimal(0)

UNITS = {"Energy": "Wh", "Power": "W", "Current": "A", "Voltage": "V", "SoC": "Percent"}
"""What a measurand is in when its unit is not said."""


def views(version: Version, kind: int, raw: bytes) -> list[MeterView]:
    """The meter values of a kept message; none if it cannot be read."""
    found = stored.message(version, kind, raw)
    match found:
        case None:
            return []
        case v16.StartTransaction():
            return [_meter(found.timestamp, found.meter_start, "Transaction.Begin")]
        case v16.MeterValues():
            return [_view_16(value) for value in found.meter_value]
        case v16.StopTransaction():
            values = [_view_16(value) for value in found.transaction_data or ()]
            return [*values, _meter(found.timestamp, found.meter_stop, "Transaction.End")]
        case v201.TransactionEvent() | v21.TransactionEvent():
            return [_view_2(value, found.seq_no) for value in found.meter_value or ()]


def _meter(at: datetime, wh: int, context: str) -> MeterView:
    sample = SampleView(measurand=REGISTER, value=Decimal(wh), unit="Wh", context=context)
    return MeterView(at=utc(at), samples=[sample])


def _view_16(value: v16.MeterValue) -> MeterView:
    samples: list[SampleView] = []
    for sample in value.sampled_value:
        measurand = sample.measurand or REGISTER
        # Signed data of 1.6 are hexadecimal text, even if it looks like a number.
        said = None if sample.format == "SignedData" else number(sample.value)
        text = {"value": sample.value, "format": sample.format or "Raw"}
        samples.append(
            SampleView(
                measurand=measurand,
                value=ZERO if said is None else said,
                unit=sample.unit or default_unit(measurand),
                context=sample.context or PERIODIC,
                phase=sample.phase,
                location=sample.location or OUTLET,
                # What is no number is shown as it came.
                signed=text if said is None else None,
            )
        )
    return MeterView(at=utc(value.timestamp), samples=samples)


def _view_2(value: MeterValue, seq_no: int | None) -> MeterView:
    samples: list[SampleView] = []
    for sample in value.sampled_value:
        measurand = sample.measurand or REGISTER
        unit = sample.unit_of_measure
        said = Decimal(repr(sample.value))
        if unit is not None and unit.multiplier:
            said = said.scaleb(max(-99, min(unit.multiplier, 99)))
        signed: dict[str, Any] | None = None
        if sample.signed_meter_value is not None:
            signed = to_builtins(sample.signed_meter_value)
        samples.append(
            SampleView(
                measurand=measurand,
                value=plain(said) or ZERO,
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
