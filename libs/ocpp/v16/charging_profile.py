from typing import Literal

from libs.ocpp.message import Message
from libs.ocpp.scalar import Int, Tenths, Time

ChargingProfilePurposeType = Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]

ChargingProfileKindType = Literal["Absolute", "Recurring", "Relative"]

RecurrencyKindType = Literal["Daily", "Weekly"]

ChargingRateUnitType = Literal["A", "W"]


class ChargingSchedulePeriod(Message):
    start_period: Int
    """Seconds from the start of the schedule."""
    limit: Tenths
    """In the schedule's ``charging_rate_unit``."""
    number_phases: Int | None = None


class ChargingSchedule(Message):
    duration: Int | None = None
    """Seconds; None is for ever."""
    start_schedule: Time | None = None
    charging_rate_unit: ChargingRateUnitType
    charging_schedule_period: list[ChargingSchedulePeriod]
    min_charging_rate: Tenths | None = None


class ChargingProfile(Message):
    charging_profile_id: Int
    transaction_id: Int | None = None
    stack_level: Int
    charging_profile_purpose: ChargingProfilePurposeType
    charging_profile_kind: ChargingProfileKindType
    recurrency_kind: RecurrencyKindType | None = None
    valid_from: Time | None = None
    valid_to: Time | None = None
    charging_schedule: ChargingSchedule
