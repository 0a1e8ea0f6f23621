from typing import Literal

from libs.ocpp.message import Request, Response
from libs.ocpp.scalar import Int, Time
from libs.ocpp.v16.charging_profile import (
    ChargingProfile,
    ChargingProfilePurposeType,
    ChargingRateUnitType,
    ChargingSchedule,
)

ChargingProfileStatus = Literal["Accepted", "Rejected", "NotSupported"]


class SetChargingProfileResponse(Response):
    status: ChargingProfileStatus


class SetChargingProfile(Request[SetChargingProfileResponse]):
    sender = "csms"

    connector_id: Int
    cs_charging_profiles: ChargingProfile


ClearChargingProfileStatus = Literal["Accepted", "Unknown"]


class ClearChargingProfileResponse(Response):
    status: ClearChargingProfileStatus


class ClearChargingProfile(Request[ClearChargingProfileResponse]):
    sender = "csms"

    id: Int | None = None
    connector_id: Int | None = None
    """0 is the charge point, None any connector."""
    charging_profile_purpose: ChargingProfilePurposeType | None = None
    stack_level: Int | None = None


GetCompositeScheduleStatus = Literal["Accepted", "Rejected"]


class GetCompositeScheduleResponse(Response):
    status: GetCompositeScheduleStatus
    connector_id: Int | None = None
    schedule_start: Time | None = None
    charging_schedule: ChargingSchedule | None = None


class GetCompositeSchedule(Request[GetCompositeScheduleResponse]):
    sender = "csms"

    connector_id: Int
    duration: Int
    """Seconds."""
    charging_rate_unit: ChargingRateUnitType | None = None
