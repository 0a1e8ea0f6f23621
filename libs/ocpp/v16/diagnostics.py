from typing import Literal

from libs.ocpp.message import Message, Request, Response
from libs.ocpp.scalar import Int, Str255, Str512, Time


class GetDiagnosticsResponse(Response):
    file_name: Str255 | None = None


class GetDiagnostics(Request[GetDiagnosticsResponse]):
    sender = "csms"

    location: str
    retries: Int | None = None
    retry_interval: Int | None = None
    """Seconds."""
    start_time: Time | None = None
    stop_time: Time | None = None


DiagnosticsStatus = Literal["Idle", "Uploaded", "UploadFailed", "Uploading"]


class DiagnosticsStatusNotificationResponse(Response):
    pass


class DiagnosticsStatusNotification(Request[DiagnosticsStatusNotificationResponse]):
    sender = "station"

    status: DiagnosticsStatus


class LogParameters(Message):
    remote_location: Str512
    oldest_timestamp: Time | None = None
    latest_timestamp: Time | None = None


Log = Literal["DiagnosticsLog", "SecurityLog"]

LogStatus = Literal["Accepted", "Rejected", "AcceptedCanceled"]


class GetLogResponse(Response):
    status: LogStatus
    filename: Str255 | None = None


class GetLog(Request[GetLogResponse]):
    sender = "csms"

    log: LogParameters
    log_type: Log
    request_id: Int
    retries: Int | None = None
    retry_interval: Int | None = None
    """Seconds."""


UploadLogStatus = Literal[
    "BadMessage",
    "Idle",
    "NotSupportedOperation",
    "PermissionDenied",
    "Uploaded",
    "UploadFailure",
    "Uploading",
]


class LogStatusNotificationResponse(Response):
    pass


class LogStatusNotification(Request[LogStatusNotificationResponse]):
    sender = "station"

    status: UploadLogStatus
    request_id: Int | None = None
