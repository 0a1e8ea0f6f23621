from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Int, OneOrMore, Str3, Str60, Str500, Time
from libs.ocpp.v21.tariff import Price

CostDimensionEnum = Literal[
    "Energy", "MaxCurrent", "MinCurrent", "MaxPower", "MinPower", "IdleTIme", "ChargingTime"
]
"""``IdleTIme`` is how the schema spells it."""


class CostDimension(Extensible):
    type: CostDimensionEnum
    volume: float


class ChargingPeriod(Extensible):
    dimensions: OneOrMore[CostDimension] | None = None
    tariff_id: Str60 | None = None
    start_period: Time


TariffCost = Literal["NormalCost", "MinCost", "MaxCost"]


class TotalPrice(Extensible):
    excl_tax: float | None = None
    incl_tax: float | None = None


class TotalCost(Extensible):
    currency: Str3
    type_of_cost: TariffCost
    fixed: Price | None = None
    energy: Price | None = None
    charging_time: Price | None = None
    idle_time: Price | None = None
    reservation_time: Price | None = None
    reservation_fixed: Price | None = None
    total: TotalPrice


class TotalUsage(Extensible):
    energy: float
    """kWh."""
    charging_time: Int
    """Seconds."""
    idle_time: Int
    """Seconds."""
    reservation_time: Int | None = None


class CostDetails(Extensible):
    charging_periods: OneOrMore[ChargingPeriod] | None = None
    total_cost: TotalCost
    total_usage: TotalUsage
    failure_to_calculate: bool | None = None
    failure_reason: Str500 | None = None
