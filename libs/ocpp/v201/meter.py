from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Int, OneOrMore, Str20, Str50, Str2500, Time

ReadingContext = Literal[
    "Interruption.Begin",
    "Interruption.End",
    "Other",
    "Sample.Clock",
    "Sample.Periodic",
    "Transaction.Begin",
    "Transaction.End",
    "Trigger",
]

Measurand = Literal[
    "Current.Export",
    "Current.Import",
    "Current.Offered",
    "Energy.Active.Export.Register",
    "Energy.Active.Import.Register",
    "Energy.Reactive.Export.Register",
    "Energy.Reactive.Import.Register",
    "Energy.Active.Export.Interval",
    "Energy.Active.Import.Interval",
    "Energy.Active.Net",
    "Energy.Reactive.Export.Interval",
    "Energy.Reactive.Import.Interval",
    "Energy.Reactive.Net",
    "Energy.Apparent.Net",
    "Energy.Apparent.Import",
    "Energy.Apparent.Export",
    "Frequency",
    "Power.Active.Export",
    "Power.Active.Import",
    "Power.Factor",
    "Power.Offered",
    "Power.Reactive.Export",
    "Power.Reactive.Import",
    "SoC",
    "Voltage",
]

Phase = Literal["L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1"]

Location = Literal["Body", "Cable", "EV", "Inlet", "Outlet"]


class SignedMeterValue(Extensible):
    signed_meter_data: Str2500
    signing_method: Str50
    encoding_method: Str50
    public_key: Str2500


class UnitOfMeasure(Extensible):
    unit: Str20 | None = None
    """None is Wh."""
    multiplier: Int | None = None
    """Power of ten of the value; None is 0."""


class SampledValue(Extensible):
    value: float
    context: ReadingContext | None = None
    """None is Sample.Periodic."""
    measurand: Measurand | None = None
    """None is Energy.Active.Import.Register."""
    phase: Phase | None = None
    """None is the sum of all phases."""
    location: Location | None = None
    """None is Outlet."""
    signed_meter_value: SignedMeterValue | None = None
    unit_of_measure: UnitOfMeasure | None = None


class MeterValue(Extensible):
    sampled_value: OneOrMore[SampledValue]
    timestamp: Time
