from typing import Literal

from msgspec import field

from libs.ocpp.extensible import Extensible, Request, Response
from libs.ocpp.scalar import Int, OneOrMore, Percent, Time, UpTo4
from libs.ocpp.v201.charging_profile import (
    ChargingProfile,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
)
from libs.ocpp.v201.status import GenericStatus, StatusInfo

ChargingProfileStatus = Literal["Accepted", "Rejected"]


class SetChargingProfileResponse(Response):
    status: ChargingProfileStatus
    status_info: StatusInfo | None = None


class SetChargingProfile(Request[SetChargingProfileResponse]):
    sender = "csms"

    evse_id: Int
    charging_profile: ChargingProfile


class CompositeSchedule(Extensible):
    charging_schedule_period: OneOrMore[ChargingSchedulePeriod]
    evse_id: Int
    duration: Int
    schedule_start: Time
    charging_rate_unit: ChargingRateUnit


class GetCompositeScheduleResponse(Response):
    status: GenericStatus
    status_info: StatusInfo | None = None
    schedule: CompositeSchedule | None = None


class GetCompositeSchedule(Request[GetCompositeScheduleResponse]):
    sender = "csms"

    duration: Int
    """Seconds."""
    charging_rate_unit: ChargingRateUnit | None = None
    evse_id: Int


ChargingLimitSource = Literal["EMS", "Other", "SO", "CSO"]


class ChargingProfileCriterion(Extensible):
    charging_profile_purpose: ChargingProfilePurpose | None = None
    stack_level: Int | None = None
    charging_profile_id: OneOrMore[Int] | None = None
    charging_limit_source: UpTo4[ChargingLimitSource] | None = None


GetChargingProfileStatus = Literal["Accepted", "NoProfiles"]


class GetChargingProfilesResponse(Response):
    status: GetChargingProfileStatus
    status_info: StatusInfo | None = None


class GetChargingProfiles(Request[GetChargingProfilesResponse]):
    sender = "csms"

    request_id: Int
    evse_id: Int | None = None
    charging_profile: ChargingProfileCriterion


class ReportChargingProfilesResponse(Response):
    pass


class ReportChargingProfiles(Request[ReportChargingProfilesResponse]):
    sender = "station"

    request_id: Int
    charging_limit_source: ChargingLimitSource
    charging_profile: OneOrMore[ChargingProfile]
    tbc: bool | None = None
    """To be continued; None is False. These parts have no ``seq_no``."""
    evse_id: Int


class ClearChargingProfileType(Extensible):
    evse_id: Int | None = None
    charging_profile_purpose: ChargingProfilePurpose | None = None
    stack_level: Int | None = None


ClearChargingProfileStatus = Literal["Accepted", "Unknown"]


class ClearChargingProfileResponse(Response):
    status: ClearChargingProfileStatus
    status_info: StatusInfo | None = None


class ClearChargingProfile(Request[ClearChargingProfileResponse]):
    sender = "csms"

    charging_profile_id: Int | None = None
    charging_profile_criteria: ClearChargingProfileType | None = None


class ChargingLimit(Extensible):
    charging_limit_source: ChargingLimitSource
    is_grid_critical: bool | None = None


class NotifyChargingLimitResponse(Response):
    pass


class NotifyChargingLimit(Request[NotifyChargingLimitResponse]):
    sender = "station"

    charging_schedule: OneOrMore[ChargingSchedule] | None = None
    evse_id: Int | None = None
    charging_limit: ChargingLimit


class ClearedChargingLimitResponse(Response):
    pass


class ClearedChargingLimit(Request[ClearedChargingLimitResponse]):
    sender = "station"

    charging_limit_source: ChargingLimitSource
    evse_id: Int | None = None


class ACChargingParameters(Extensible):
    energy_amount: Int
    """Wh."""
    ev_min_current: Int
    """A per phase."""
    ev_max_current: Int
    """A per phase."""
    ev_max_voltage: Int


class DCChargingParameters(Extensible):
    ev_max_current: Int
    ev_max_voltage: Int
    energy_amount: Int | None = None
    """Wh."""
    ev_max_power: Int | None = None
    """W."""
    state_of_charge: Percent | None = None
    ev_energy_capacity: Int | None = None
    """Wh."""
    full_soc: Percent | None = field(default=None, name="fullSoC")
    bulk_soc: Percent | None = field(default=None, name="bulkSoC")


EnergyTransferMode = Literal["DC", "AC_single_phase", "AC_two_phase", "AC_three_phase"]


class ChargingNeeds(Extensible):
    ac_charging_parameters: ACChargingParameters | None = None
    dc_charging_parameters: DCChargingParameters | None = None
    requested_energy_transfer: EnergyTransferMode
    departure_time: Time | None = None


NotifyEVChargingNeedsStatus = Literal["Accepted", "Rejected", "Processing"]


class NotifyEVChargingNeedsResponse(Response):
    status: NotifyEVChargingNeedsStatus
    status_info: StatusInfo | None = None


class NotifyEVChargingNeeds(Request[NotifyEVChargingNeedsResponse]):
    sender = "station"

    max_schedule_tuples: Int | None = None
    charging_needs: ChargingNeeds
    evse_id: Int


class NotifyEVChargingScheduleResponse(Response):
    status: GenericStatus
    status_info: StatusInfo | None = None


class NotifyEVChargingSchedule(Request[NotifyEVChargingScheduleResponse]):
    sender = "station"

    time_base: Time
    charging_schedule: ChargingSchedule
    evse_id: Int
