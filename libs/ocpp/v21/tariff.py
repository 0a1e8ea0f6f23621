from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Int, Natural, OneOrMore, Str3, Str20, Str60, Time, UpTo5, UpTo7, UpTo10
from libs.ocpp.v21.message_content import MessageContent


class TaxRate(Extensible):
    type: Str20
    tax: float
    stack: Natural | None = None


class Price(Extensible):
    excl_tax: float | None = None
    incl_tax: float | None = None
    tax_rates: UpTo5[TaxRate] | None = None


DayOfWeek = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

EvseKind = Literal["AC", "DC"]


class TariffConditions(Extensible):
    start_time_of_day: str | None = None
    """``HH:MM`` in local time."""
    end_time_of_day: str | None = None
    day_of_week: UpTo7[DayOfWeek] | None = None
    valid_from_date: str | None = None
    valid_to_date: str | None = None
    evse_kind: EvseKind | None = None
    min_energy: float | None = None
    """Wh."""
    max_energy: float | None = None
    """Wh."""
    min_current: float | None = None
    max_current: float | None = None
    min_power: float | None = None
    max_power: float | None = None
    min_time: Int | None = None
    """Seconds."""
    max_time: Int | None = None
    """Seconds."""
    min_charging_time: Int | None = None
    max_charging_time: Int | None = None
    min_idle_time: Int | None = None
    max_idle_time: Int | None = None


class TariffConditionsFixed(Extensible):
    start_time_of_day: str | None = None
    """``HH:MM`` in local time."""
    end_time_of_day: str | None = None
    day_of_week: UpTo7[DayOfWeek] | None = None
    valid_from_date: str | None = None
    valid_to_date: str | None = None
    evse_kind: EvseKind | None = None
    payment_brand: Str20 | None = None
    payment_recognition: Str20 | None = None


class TariffEnergyPrice(Extensible):
    price_kwh: float
    """Without taxes."""
    conditions: TariffConditions | None = None


class TariffEnergy(Extensible):
    prices: OneOrMore[TariffEnergyPrice]
    tax_rates: UpTo5[TaxRate] | None = None


class TariffTimePrice(Extensible):
    price_minute: float
    """Without taxes."""
    conditions: TariffConditions | None = None


class TariffTime(Extensible):
    prices: OneOrMore[TariffTimePrice]
    tax_rates: UpTo5[TaxRate] | None = None


class TariffFixedPrice(Extensible):
    conditions: TariffConditionsFixed | None = None
    price_fixed: float


class TariffFixed(Extensible):
    prices: OneOrMore[TariffFixedPrice]
    tax_rates: UpTo5[TaxRate] | None = None


class Tariff(Extensible):
    tariff_id: Str60
    description: UpTo10[MessageContent] | None = None
    currency: Str3
    energy: TariffEnergy | None = None
    valid_from: Time | None = None
    charging_time: TariffTime | None = None
    idle_time: TariffTime | None = None
    fixed_fee: TariffFixed | None = None
    reservation_time: TariffTime | None = None
    reservation_fixed: TariffFixed | None = None
    min_cost: Price | None = None
    max_cost: Price | None = None
