from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Int, Natural, Str32, UpTo3, UpTo1024


class RelativeTimeInterval(Extensible):
    start: Int
    duration: Int | None = None


CostKind = Literal[
    "CarbonDioxideEmission", "RelativePricePercentage", "RenewableGenerationPercentage"
]


class Cost(Extensible):
    cost_kind: CostKind
    amount: Int
    amount_multiplier: Int | None = None


class ConsumptionCost(Extensible):
    start_value: float
    cost: UpTo3[Cost]


class SalesTariffEntry(Extensible):
    relative_time_interval: RelativeTimeInterval
    e_price_level: Natural | None = None
    consumption_cost: UpTo3[ConsumptionCost] | None = None


class SalesTariff(Extensible):
    id: Int
    sales_tariff_description: Str32 | None = None
    num_e_price_levels: Int | None = None
    sales_tariff_entry: UpTo1024[SalesTariffEntry]
