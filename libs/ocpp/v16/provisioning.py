from typing import Literal

from libs.ocpp.message import Message, Request, Response
from libs.ocpp.scalar import Int, Str20, Str25, Str50, Str500, Time

RegistrationStatus = Literal["Accepted", "Pending", "Rejected"]


class BootNotificationResponse(Response):
    status: RegistrationStatus
    current_time: Time
    interval: Int
    """Seconds between heartbeats if accepted, else until the next attempt."""


class BootNotification(Request[BootNotificationResponse]):
    sender = "station"

    charge_point_vendor: Str20
    charge_point_model: Str20
    charge_point_serial_number: Str25 | None = None
    charge_box_serial_number: Str25 | None = None
    firmware_version: Str50 | None = None
    iccid: Str20 | None = None
    imsi: Str20 | None = None
    meter_type: Str25 | None = None
    meter_serial_number: Str25 | None = None


ConfigurationStatus = Literal["Accepted", "Rejected", "RebootRequired", "NotSupported"]


class ChangeConfigurationResponse(Response):
    status: ConfigurationStatus


class ChangeConfiguration(Request[ChangeConfigurationResponse]):
    sender = "csms"

    key: Str50
    value: Str500


class KeyValue(Message):
    key: Str50
    readonly: bool
    value: Str500 | None = None


class GetConfigurationResponse(Response):
    configuration_key: list[KeyValue] | None = None
    unknown_key: list[Str50] | None = None


class GetConfiguration(Request[GetConfigurationResponse]):
    sender = "csms"

    key: list[Str50] | None = None
    """None or empty asks for all."""


ResetType = Literal["Hard", "Soft"]

ResetStatus = Literal["Accepted", "Rejected"]


class ResetResponse(Response):
    status: ResetStatus


class Reset(Request[ResetResponse]):
    sender = "csms"

    type: ResetType
