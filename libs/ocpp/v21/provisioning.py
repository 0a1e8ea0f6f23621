from typing import Literal

from libs.ocpp.extensible import Extensible, Request, Response
from libs.ocpp.scalar import Int, Natural, OneOrMore, Str20, Str25, Str50, Str2500, Time, UpTo4
from libs.ocpp.v21.device_model import (
    Component,
    ComponentVariable,
    GenericDeviceModelStatus,
    Variable,
)
from libs.ocpp.v21.network_profile import NetworkConnectionProfile
from libs.ocpp.v21.report import Attribute, ReportData
from libs.ocpp.v21.status import StatusInfo


class Modem(Extensible):
    iccid: Str20 | None = None
    imsi: Str20 | None = None


class ChargingStation(Extensible):
    serial_number: Str25 | None = None
    model: Str20
    modem: Modem | None = None
    vendor_name: Str50
    firmware_version: Str50 | None = None


BootReason = Literal[
    "ApplicationReset",
    "FirmwareUpdate",
    "LocalReset",
    "PowerUp",
    "RemoteReset",
    "ScheduledReset",
    "Triggered",
    "Unknown",
    "Watchdog",
]

RegistrationStatus = Literal["Accepted", "Pending", "Rejected"]


class BootNotificationResponse(Response):
    current_time: Time
    interval: Int
    """Seconds between heartbeats if accepted, else until the next attempt."""
    status: RegistrationStatus
    status_info: StatusInfo | None = None


class BootNotification(Request[BootNotificationResponse]):
    sender = "station"

    charging_station: ChargingStation
    reason: BootReason


ReportBase = Literal["ConfigurationInventory", "FullInventory", "SummaryInventory"]


class GetBaseReportResponse(Response):
    status: GenericDeviceModelStatus
    status_info: StatusInfo | None = None


class GetBaseReport(Request[GetBaseReportResponse]):
    sender = "csms"

    request_id: Int
    report_base: ReportBase


ComponentCriterion = Literal["Active", "Available", "Enabled", "Problem"]


class GetReportResponse(Response):
    status: GenericDeviceModelStatus
    status_info: StatusInfo | None = None


class GetReport(Request[GetReportResponse]):
    sender = "csms"

    component_variable: OneOrMore[ComponentVariable] | None = None
    request_id: Int
    component_criteria: UpTo4[ComponentCriterion] | None = None


class GetVariableData(Extensible):
    attribute_type: Attribute | None = None
    """None is Actual."""
    component: Component
    variable: Variable


GetVariableStatus = Literal[
    "Accepted", "Rejected", "UnknownComponent", "UnknownVariable", "NotSupportedAttributeType"
]


class GetVariableResult(Extensible):
    attribute_status: GetVariableStatus
    attribute_status_info: StatusInfo | None = None
    attribute_type: Attribute | None = None
    attribute_value: Str2500 | None = None
    component: Component
    variable: Variable


class GetVariablesResponse(Response):
    get_variable_result: OneOrMore[GetVariableResult]


class GetVariables(Request[GetVariablesResponse]):
    sender = "csms"

    get_variable_data: OneOrMore[GetVariableData]


class NotifyReportResponse(Response):
    pass


class NotifyReport(Request[NotifyReportResponse]):
    sender = "station"

    request_id: Int
    generated_at: Time
    report_data: OneOrMore[ReportData] | None = None
    tbc: bool | None = None
    """To be continued; None is False."""
    seq_no: Natural


ResetEnum = Literal["Immediate", "OnIdle", "ImmediateAndResume"]

ResetStatus = Literal["Accepted", "Rejected", "Scheduled"]


class ResetResponse(Response):
    status: ResetStatus
    status_info: StatusInfo | None = None


class Reset(Request[ResetResponse]):
    sender = "csms"

    type: ResetEnum
    evse_id: Natural | None = None
    """None is the whole station."""


SetNetworkProfileStatus = Literal["Accepted", "Rejected", "Failed"]


class SetNetworkProfileResponse(Response):
    status: SetNetworkProfileStatus
    status_info: StatusInfo | None = None


class SetNetworkProfile(Request[SetNetworkProfileResponse]):
    sender = "csms"

    configuration_slot: Int
    connection_data: NetworkConnectionProfile


class SetVariableData(Extensible):
    attribute_type: Attribute | None = None
    """None is Actual."""
    attribute_value: Str2500
    component: Component
    variable: Variable


SetVariableStatus = Literal[
    "Accepted",
    "Rejected",
    "UnknownComponent",
    "UnknownVariable",
    "NotSupportedAttributeType",
    "RebootRequired",
]


class SetVariableResult(Extensible):
    attribute_type: Attribute | None = None
    attribute_status: SetVariableStatus
    attribute_status_info: StatusInfo | None = None
    component: Component
    variable: Variable


class SetVariablesResponse(Response):
    set_variable_result: OneOrMore[SetVariableResult]


class SetVariables(Request[SetVariablesResponse]):
    sender = "csms"

    set_variable_data: OneOrMore[SetVariableData]
