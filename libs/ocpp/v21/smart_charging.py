from typing import Literal

from msgspec import field

from libs.ocpp.extensible import Extensible, Request, Response
from libs.ocpp.scalar import (
    Int,
    Natural,
    NonPositive,
    OneOrMore,
    Positive,
    Str20,
    Str36,
    Time,
    UpTo4,
)
from libs.ocpp.v21.charging_needs import ChargingNeeds
from libs.ocpp.v21.charging_profile import (
    ChargingProfile,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
)
from libs.ocpp.v21.status import GenericStatus, StatusInfo

ChargingProfileStatus = Literal["Accepted", "Rejected"]


class SetChargingProfileResponse(Response):
    status: ChargingProfileStatus
    status_info: StatusInfo | None = None


class SetChargingProfile(Request[SetChargingProfileResponse]):
    sender = "csms"

    evse_id: Natural
    charging_profile: ChargingProfile


class CompositeSchedule(Extensible):
    evse_id: Natural
    duration: Int
    schedule_start: Time
    charging_rate_unit: ChargingRateUnit
    charging_schedule_period: OneOrMore[ChargingSchedulePeriod]


class GetCompositeScheduleResponse(Response):
    status: GenericStatus
    status_info: StatusInfo | None = None
    schedule: CompositeSchedule | None = None


class GetCompositeSchedule(Request[GetCompositeScheduleResponse]):
    sender = "csms"

    duration: Int
    """Seconds."""
    charging_rate_unit: ChargingRateUnit | None = None
    evse_id: Natural


class ChargingProfileCriterion(Extensible):
    charging_profile_purpose: ChargingProfilePurpose | None = None
    stack_level: Natural | None = None
    charging_profile_id: OneOrMore[Int] | None = None
    charging_limit_source: UpTo4[Str20] | None = None


GetChargingProfileStatus = Literal["Accepted", "NoProfiles"]


class GetChargingProfilesResponse(Response):
    status: GetChargingProfileStatus
    status_info: StatusInfo | None = None


class GetChargingProfiles(Request[GetChargingProfilesResponse]):
    sender = "csms"

    request_id: Int
    evse_id: Natural | None = None
    charging_profile: ChargingProfileCriterion


class ReportChargingProfilesResponse(Response):
    pass


class ReportChargingProfiles(Request[ReportChargingProfilesResponse]):
    sender = "station"

    request_id: Int
    charging_limit_source: Str20
    charging_profile: OneOrMore[ChargingProfile]
    tbc: bool | None = None
    """To be continued; None is False. These parts have no ``seq_no``."""
    evse_id: Natural


class ClearChargingProfileType(Extensible):
    evse_id: Natural | None = None
    charging_profile_purpose: ChargingProfilePurpose | None = None
    stack_level: Natural | None = None


ClearChargingProfileStatus = Literal["Accepted", "Unknown"]


class ClearChargingProfileResponse(Response):
    status: ClearChargingProfileStatus
    status_info: StatusInfo | None = None


class ClearChargingProfile(Request[ClearChargingProfileResponse]):
    sender = "csms"

    charging_profile_id: Int | None = None
    charging_profile_criteria: ClearChargingProfileType | None = None


class ChargingLimit(Extensible):
    charging_limit_source: Str20
    is_local_generation: bool | None = None
    is_grid_critical: bool | None = None


class NotifyChargingLimitResponse(Response):
    pass


class NotifyChargingLimit(Request[NotifyChargingLimitResponse]):
    sender = "station"

    charging_schedule: OneOrMore[ChargingSchedule] | None = None
    evse_id: Natural | None = None
    charging_limit: ChargingLimit


class ClearedChargingLimitResponse(Response):
    pass


class ClearedChargingLimit(Request[ClearedChargingLimitResponse]):
    sender = "station"

    charging_limit_source: Str20
    evse_id: Natural | None = None


NotifyEVChargingNeedsStatus = Literal["Accepted", "Rejected", "Processing", "NoChargingProfile"]


class NotifyEVChargingNeedsResponse(Response):
    status: NotifyEVChargingNeedsStatus
    status_info: StatusInfo | None = None


class NotifyEVChargingNeeds(Request[NotifyEVChargingNeedsResponse]):
    sender = "station"

    evse_id: Positive
    max_schedule_tuples: Natural | None = None
    charging_needs: ChargingNeeds
    timestamp: Time | None = None


class NotifyEVChargingScheduleResponse(Response):
    status: GenericStatus
    status_info: StatusInfo | None = None


class NotifyEVChargingSchedule(Request[NotifyEVChargingScheduleResponse]):
    sender = "station"

    time_base: Time
    charging_schedule: ChargingSchedule
    evse_id: Positive
    selected_charging_schedule_id: Natural | None = None
    power_tolerance_acceptance: bool | None = None


PriorityChargingStatus = Literal["Accepted", "Rejected", "NoProfile"]


class UsePriorityChargingResponse(Response):
    status: PriorityChargingStatus
    status_info: StatusInfo | None = None


class UsePriorityCharging(Request[UsePriorityChargingResponse]):
    sender = "csms"

    transaction_id: Str36
    activate: bool


class NotifyPriorityChargingResponse(Response):
    pass


class NotifyPriorityCharging(Request[NotifyPriorityChargingResponse]):
    sender = "station"

    transaction_id: Str36
    activated: bool


class ChargingScheduleUpdate(Extensible):
    limit: float | None = None
    limit_l2: float | None = field(default=None, name="limit_L2")
    limit_l3: float | None = field(default=None, name="limit_L3")
    discharge_limit: NonPositive | None = None
    discharge_limit_l2: NonPositive | None = field(default=None, name="dischargeLimit_L2")
    discharge_limit_l3: NonPositive | None = field(default=None, name="dischargeLimit_L3")
    setpoint: float | None = None
    setpoint_l2: float | None = field(default=None, name="setpoint_L2")
    setpoint_l3: float | None = field(default=None, name="setpoint_L3")
    setpoint_reactive: float | None = None
    setpoint_reactive_l2: float | None = field(default=None, name="setpointReactive_L2")
    setpoint_reactive_l3: float | None = field(default=None, name="setpointReactive_L3")


class UpdateDynamicScheduleResponse(Response):
    status: ChargingProfileStatus
    status_info: StatusInfo | None = None


class UpdateDynamicSchedule(Request[UpdateDynamicScheduleResponse]):
    sender = "csms"

    charging_profile_id: Int
    schedule_update: ChargingScheduleUpdate


class PullDynamicScheduleUpdateResponse(Response):
    schedule_update: ChargingScheduleUpdate | None = None
    status: ChargingProfileStatus
    status_info: StatusInfo | None = None


class PullDynamicScheduleUpdate(Request[PullDynamicScheduleUpdateResponse]):
    sender = "station"

    charging_profile_id: Int
