from typing import Literal

from libs.ocpp.message import Request, Response
from libs.ocpp.scalar import Int, Str50, Str255, Time

ChargePointErrorCode = Literal[
    "ConnectorLockFailure",
    "EVCommunicationError",
    "GroundFailure",
    "HighTemperature",
    "InternalError",
    "LocalListConflict",
    "NoError",
    "OtherError",
    "OverCurrentFailure",
    "PowerMeterFailure",
    "PowerSwitchFailure",
    "ReaderFailure",
    "ResetFailure",
    "UnderVoltage",
    "OverVoltage",
    "WeakSignal",
]

ChargePointStatus = Literal[
    "Available",
    "Preparing",
    "Charging",
    "SuspendedEVSE",
    "SuspendedEV",
    "Finishing",
    "Reserved",
    "Unavailable",
    "Faulted",
]


class StatusNotificationResponse(Response):
    pass


class StatusNotification(Request[StatusNotificationResponse]):
    sender = "station"

    connector_id: Int
    """0 is the charge point itself."""
    error_code: ChargePointErrorCode
    info: Str50 | None = None
    status: ChargePointStatus
    timestamp: Time | None = None
    vendor_id: Str255 | None = None
    vendor_error_code: Str50 | None = None


class HeartbeatResponse(Response):
    current_time: Time


class Heartbeat(Request[HeartbeatResponse]):
    sender = "station"


AvailabilityType = Literal["Inoperative", "Operative"]

AvailabilityStatus = Literal["Accepted", "Rejected", "Scheduled"]


class ChangeAvailabilityResponse(Response):
    status: AvailabilityStatus


class ChangeAvailability(Request[ChangeAvailabilityResponse]):
    sender = "csms"

    connector_id: Int
    """0 is the whole charge point."""
    type: AvailabilityType
