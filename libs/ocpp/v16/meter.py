from typing import Literal

from libs.ocpp.message import Message
from libs.ocpp.scalar import Time

ReadingContext = Literal[
    "Interruption.Begin",
    "Interruption.End",
    "Sample.Clock",
    "Sample.Periodic",
    "Transaction.Begin",
    "Transaction.End",
    "Trigger",
    "Other",
]

ValueFormat = Literal["Raw", "SignedData"]

Measurand = Literal[
    "Energy.Active.Export.Register",
    "Energy.Active.Import.Register",
    "Energy.Reactive.Export.Register",
    "Energy.Reactive.Import.Register",
    "Energy.Active.Export.Interval",
    "Energy.Active.Import.Interval",
    "Energy.Reactive.Export.Interval",
    "Energy.Reactive.Import.Interval",
    "Power.Active.Export",
    "Power.Active.Import",
    "Power.Offered",
    "Power.Reactive.Export",
    "Power.Reactive.Import",
    "Power.Factor",
    "Current.Import",
    "Current.Export",
    "Current.Offered",
    "Voltage",
    "Frequency",
    "Temperature",
    "SoC",
    "RPM",
]

Phase = Literal["L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1"]

Location = Literal["Cable", "EV", "Inlet", "Outlet", "Body"]

UnitOfMeasure = Literal[
    "Wh",
    "kWh",
    "varh",
    "kvarh",
    "W",
    "kW",
    "VA",
    "kVA",
    "var",
    "kvar",
    "A",
    "V",
    "K",
    "Celcius",
    "Celsius",
    "Fahrenheit",
    "Percent",
    "Hertz",
]
"""``Celcius`` is how the schema of 1.6 spells it; ``Hertz`` is in its text only."""


class SampledValue(Message):
    value: str
    """A decimal number, or signed data, by ``format``."""
    context: ReadingContext | None = None
    """None is Sample.Periodic."""
    format: ValueFormat | None = None
    measurand: Measurand | None = None
    """None is Energy.Active.Import.Register."""
    phase: Phase | None = None
    """None is the sum of all phases."""
    location: Location | None = None
    """None is Outlet."""
    unit: UnitOfMeasure | None = None
    """None is Wh, where the measurand is an energy."""


class MeterValue(Message):
    timestamp: Time
    sampled_value: list[SampledValue]
