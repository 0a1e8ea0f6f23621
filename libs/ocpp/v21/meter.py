from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Int, OneOrMore, Str20, Str50, Str2500, Str32768, Time

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
    "Current.Export.Offered",
    "Current.Export.Minimum",
    "Current.Import",
    "Current.Import.Offered",
    "Current.Import.Minimum",
    "Current.Offered",
    "Display.PresentSOC",
    "Display.MinimumSOC",
    "Display.TargetSOC",
    "Display.MaximumSOC",
    "Display.RemainingTimeToMinimumSOC",
    "Display.RemainingTimeToTargetSOC",
    "Display.RemainingTimeToMaximumSOC",
    "Display.ChargingComplete",
    "Display.BatteryEnergyCapacity",
    "Display.InletHot",
    "Energy.Active.Export.Interval",
    "Energy.Active.Export.Register",
    "Energy.Active.Import.Interval",
    "Energy.Active.Import.Register",
    "Energy.Active.Import.CableLoss",
    "Energy.Active.Import.LocalGeneration.Register",
    "Energy.Active.Net",
    "Energy.Active.Setpoint.Interval",
    "Energy.Apparent.Export",
    "Energy.Apparent.Import",
    "Energy.Apparent.Net",
    "Energy.Reactive.Export.Interval",
    "Energy.Reactive.Export.Register",
    "Energy.Reactive.Import.Interval",
    "Energy.Reactive.Import.Register",
    "Energy.Reactive.Net",
    "EnergyRequest.Target",
    "EnergyRequest.Minimum",
    "EnergyRequest.Maximum",
    "EnergyRequest.Minimum.V2X",
    "EnergyRequest.Maximum.V2X",
    "EnergyRequest.Bulk",
    "Frequency",
    "Power.Active.Export",
    "Power.Active.Import",
    "Power.Active.Setpoint",
    "Power.Active.Residual",
    "Power.Export.Minimum",
    "Power.Export.Offered",
    "Power.Factor",
    "Power.Import.Offered",
    "Power.Import.Minimum",
    "Power.Offered",
    "Power.Reactive.Export",
    "Power.Reactive.Import",
    "SoC",
    "Voltage",
    "Voltage.Minimum",
    "Voltage.Maximum",
]

Phase = Literal["L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1"]

Location = Literal["Body", "Cable", "EV", "Inlet", "Outlet", "Upstream"]


class SignedMeterValue(Extensible):
    signed_meter_data: Str32768
    signing_method: Str50 | None = None
    encoding_method: Str50
    public_key: Str2500 | None = None


class UnitOfMeasure(Extensible):
    unit: Str20 | None = None
    """None is Wh."""
    multiplier: Int | None = None
    """Power of ten of the value; None is 0."""


class SampledValue(Extensible):
    value: float
    measurand: Measurand | None = None
    """None is Energy.Active.Import.Register."""
    context: ReadingContext | None = None
    """None is Sample.Periodic."""
    phase: Phase | None = None
    """None is the sum of all phases."""
    location: Location | None = None
    """None is Outlet."""
    signed_meter_value: SignedMeterValue | None = None
    unit_of_measure: UnitOfMeasure | None = None


class MeterValue(Extensible):
    sampled_value: OneOrMore[SampledValue]
    timestamp: Time
