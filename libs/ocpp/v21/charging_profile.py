from typing import Literal

from msgspec import field

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import (
    Int,
    Natural,
    NonPositive,
    Percent,
    Phases,
    Str36,
    Str88,
    Str256,
    Time,
    UpTo3,
    UpTo20,
    UpTo1024,
)
from libs.ocpp.v21.price_schedule import AbsolutePriceSchedule, PriceLevelSchedule
from libs.ocpp.v21.sales_tariff import SalesTariff

ChargingProfilePurpose = Literal[
    "ChargingStationExternalConstraints",
    "ChargingStationMaxProfile",
    "TxDefaultProfile",
    "TxProfile",
    "PriorityCharging",
    "LocalGeneration",
]

ChargingProfileKind = Literal["Absolute", "Recurring", "Relative", "Dynamic"]

RecurrencyKind = Literal["Daily", "Weekly"]

ChargingRateUnit = Literal["W", "A"]

OperationMode = Literal[
    "Idle",
    "ChargingOnly",
    "CentralSetpoint",
    "ExternalSetpoint",
    "ExternalLimits",
    "CentralFrequency",
    "LocalFrequency",
    "LocalLoadBalancing",
]


class V2XFreqWattPoint(Extensible):
    frequency: float
    power: float


class V2XSignalWattPoint(Extensible):
    signal: Int
    power: float


class LimitAtSoC(Extensible):
    soc: Percent
    limit: float


class ChargingSchedulePeriod(Extensible):
    start_period: Int
    """Seconds from the start of the schedule."""
    limit: float | None = None
    """In the schedule's ``charging_rate_unit``."""
    limit_l2: float | None = field(default=None, name="limit_L2")
    limit_l3: float | None = field(default=None, name="limit_L3")
    number_phases: Phases | None = None
    phase_to_use: Phases | None = None
    discharge_limit: NonPositive | None = None
    """Negative or 0, as energy flows from the vehicle."""
    discharge_limit_l2: NonPositive | None = field(default=None, name="dischargeLimit_L2")
    discharge_limit_l3: NonPositive | None = field(default=None, name="dischargeLimit_L3")
    setpoint: float | None = None
    setpoint_l2: float | None = field(default=None, name="setpoint_L2")
    setpoint_l3: float | None = field(default=None, name="setpoint_L3")
    setpoint_reactive: float | None = None
    setpoint_reactive_l2: float | None = field(default=None, name="setpointReactive_L2")
    setpoint_reactive_l3: float | None = field(default=None, name="setpointReactive_L3")
    preconditioning_request: bool | None = None
    evse_sleep: bool | None = None
    v2x_baseline: float | None = None
    operation_mode: OperationMode | None = None
    v2x_freq_watt_curve: UpTo20[V2XFreqWattPoint] | None = None
    v2x_signal_watt_curve: UpTo20[V2XSignalWattPoint] | None = None


class ChargingSchedule(Extensible):
    id: Int
    limit_at_soc: LimitAtSoC | None = field(default=None, name="limitAtSoC")
    start_schedule: Time | None = None
    duration: Int | None = None
    """Seconds; None is for ever."""
    charging_rate_unit: ChargingRateUnit
    min_charging_rate: float | None = None
    power_tolerance: float | None = None
    signature_id: Natural | None = None
    digest_value: Str88 | None = None
    use_local_time: bool | None = None
    charging_schedule_period: UpTo1024[ChargingSchedulePeriod]
    randomized_delay: Natural | None = None
    sales_tariff: SalesTariff | None = None
    absolute_price_schedule: AbsolutePriceSchedule | None = None
    price_level_schedule: PriceLevelSchedule | None = None


class ChargingProfile(Extensible):
    id: Int
    stack_level: Natural
    charging_profile_purpose: ChargingProfilePurpose
    charging_profile_kind: ChargingProfileKind
    recurrency_kind: RecurrencyKind | None = None
    valid_from: Time | None = None
    valid_to: Time | None = None
    transaction_id: Str36 | None = None
    max_offline_duration: Int | None = None
    charging_schedule: UpTo3[ChargingSchedule]
    invalid_after_offline_duration: bool | None = None
    dyn_update_interval: Int | None = None
    dyn_update_time: Time | None = None
    price_schedule_signature: Str256 | None = None
