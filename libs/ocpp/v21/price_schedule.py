from msgspec import field

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import (
    Int,
    Natural,
    Percent,
    Str3,
    Str8,
    Str32,
    Str80,
    Str100,
    Str160,
    Str2000,
    Time,
    UpTo5,
    UpTo8,
    UpTo10,
    UpTo100,
    UpTo1024,
)


class RationalNumber(Extensible):
    """``value`` times ten to the power of ``exponent``."""

    exponent: Int
    value: Int


class TaxRule(Extensible):
    tax_rule_id: Natural = field(name="taxRuleID")
    tax_rule_name: Str100 | None = None
    tax_included_in_price: bool | None = None
    applies_to_energy_fee: bool
    applies_to_parking_fee: bool
    applies_to_overstay_fee: bool
    applies_to_minimum_maximum_cost: bool
    tax_rate: RationalNumber


class PriceRule(Extensible):
    parking_fee_period: Int | None = None
    carbon_dioxide_emission: Natural | None = None
    renewable_generation_percentage: Percent | None = None
    energy_fee: RationalNumber
    parking_fee: RationalNumber | None = None
    power_range_start: RationalNumber


class PriceRuleStack(Extensible):
    duration: Int
    price_rule: UpTo8[PriceRule]


class OverstayRule(Extensible):
    overstay_fee: RationalNumber
    overstay_rule_description: Str32 | None = None
    start_time: Int
    overstay_fee_period: Int


class OverstayRuleList(Extensible):
    overstay_power_threshold: RationalNumber | None = None
    overstay_rule: UpTo5[OverstayRule]
    overstay_time_threshold: Int | None = None


class AdditionalSelectedServices(Extensible):
    service_fee: RationalNumber
    service_name: Str80


class AbsolutePriceSchedule(Extensible):
    time_anchor: Time
    price_schedule_id: Natural = field(name="priceScheduleID")
    price_schedule_description: Str160 | None = None
    currency: Str3
    language: Str8
    price_algorithm: Str2000
    minimum_cost: RationalNumber | None = None
    maximum_cost: RationalNumber | None = None
    price_rule_stacks: UpTo1024[PriceRuleStack]
    tax_rules: UpTo10[TaxRule] | None = None
    overstay_rule_list: OverstayRuleList | None = None
    additional_selected_services: UpTo5[AdditionalSelectedServices] | None = None


class PriceLevelScheduleEntry(Extensible):
    duration: Int
    price_level: Natural


class PriceLevelSchedule(Extensible):
    price_level_schedule_entries: UpTo100[PriceLevelScheduleEntry]
    time_anchor: Time
    price_schedule_id: Natural
    price_schedule_description: Str32 | None = None
    number_of_price_levels: Natural
