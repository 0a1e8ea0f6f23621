from typing import Literal

from libs.ocpp.message import Message, Request, Response
from libs.ocpp.scalar import Int, Str512, Str800, Str5500, Time


class UpdateFirmwareResponse(Response):
    pass


class UpdateFirmware(Request[UpdateFirmwareResponse]):
    sender = "csms"

    location: str
    retries: Int | None = None
    retrieve_date: Time
    retry_interval: Int | None = None
    """Seconds."""


FirmwareStatus = Literal[
    "Downloaded",
    "DownloadFailed",
    "Downloading",
    "Idle",
    "InstallationFailed",
    "Installing",
    "Installed",
]


class FirmwareStatusNotificationResponse(Response):
    pass


class FirmwareStatusNotification(Request[FirmwareStatusNotificationResponse]):
    sender = "station"

    status: FirmwareStatus


class Firmware(Message):
    location: Str512
    retrieve_date_time: Time
    install_date_time: Time | None = None
    signing_certificate: Str5500
    signature: Str800
    """Base64."""


UpdateFirmwareStatus = Literal[
    "Accepted", "Rejected", "AcceptedCanceled", "InvalidCertificate", "RevokedCertificate"
]


class SignedUpdateFirmwareResponse(Response):
    status: UpdateFirmwareStatus


class SignedUpdateFirmware(Request[SignedUpdateFirmwareResponse]):
    sender = "csms"

    retries: Int | None = None
    retry_interval: Int | None = None
    """Seconds."""
    request_id: Int
    firmware: Firmware


FirmwareStatusEnum = Literal[
    "Downloaded",
    "DownloadFailed",
    "Downloading",
    "DownloadScheduled",
    "DownloadPaused",
    "Idle",
    "InstallationFailed",
    "Installing",
    "Installed",
    "InstallRebooting",
    "InstallScheduled",
    "InstallVerificationFailed",
    "InvalidSignature",
    "SignatureVerified",
]


class SignedFirmwareStatusNotificationResponse(Response):
    pass


class SignedFirmwareStatusNotification(Request[SignedFirmwareStatusNotificationResponse]):
    sender = "station"

    status: FirmwareStatusEnum
    request_id: Int | None = None
