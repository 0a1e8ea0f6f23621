from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Int, Str36, Time, UpTo3, UpTo1024
from libs.ocpp.v201.sales_tariff import SalesTariff

ChargingProfilePurpose = Literal[
    "ChargingStationExternalConstraints",
    "ChargingStationMaxProfile",
    "TxDefaultProfile",
    "TxProfile",
]

ChargingProfileKind = Literal["Absolute", "Recurring", "Relative"]

RecurrencyKind = Literal["Daily", "Weekly"]

ChargingRateUnit = Literal["W", "A"]


class ChargingSchedulePeriod(Extensible):
    start_period: Int
    """Seconds from the start of the schedule."""
    limit: float
    """In the schedule's ``charging_rate_unit``."""
    number_phases: Int | None = None
    phase_to_use: Int | None = None


class ChargingSchedule(Extensible):
    id: Int
    start_schedule: Time | None = None
    duration: Int | None = None
    """Seconds; None is for ever."""
    charging_rate_unit: ChargingRateUnit
    charging_schedule_period: UpTo1024[ChargingSchedulePeriod]
    min_charging_rate: float | None = None
    sales_tariff: SalesTariff | None = None


class ChargingProfile(Extensible):
    id: Int
    stack_level: Int
    charging_profile_purpose: ChargingProfilePurpose
    charging_profile_kind: ChargingProfileKind
    recurrency_kind: RecurrencyKind | None = None
    valid_from: Time | None = None
    valid_to: Time | None = None
    charging_schedule: UpTo3[ChargingSchedule]
    transaction_id: Str36 | None = None
