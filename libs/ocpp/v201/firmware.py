from typing import Literal

from libs.ocpp.extensible import Extensible, Request, Response
from libs.ocpp.scalar import Int, OneOrMore, Str32, Str512, Str800, Str5500, Time
from libs.ocpp.v201.status import GenericStatus, StatusInfo


class Firmware(Extensible):
    location: Str512
    retrieve_date_time: Time
    install_date_time: Time | None = None
    signing_certificate: Str5500 | None = None
    signature: Str800 | None = None
    """Base64."""


UpdateFirmwareStatus = Literal[
    "Accepted", "Rejected", "AcceptedCanceled", "InvalidCertificate", "RevokedCertificate"
]


class UpdateFirmwareResponse(Response):
    status: UpdateFirmwareStatus
    status_info: StatusInfo | None = None


class UpdateFirmware(Request[UpdateFirmwareResponse]):
    sender = "csms"

    retries: Int | None = None
    retry_interval: Int | None = None
    """Seconds."""
    request_id: Int
    firmware: Firmware


FirmwareStatus = Literal[
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


class FirmwareStatusNotificationResponse(Response):
    pass


class FirmwareStatusNotification(Request[FirmwareStatusNotificationResponse]):
    sender = "station"

    status: FirmwareStatus
    request_id: Int | None = None


class PublishFirmwareResponse(Response):
    status: GenericStatus
    status_info: StatusInfo | None = None


class PublishFirmware(Request[PublishFirmwareResponse]):
    sender = "csms"

    location: Str512
    retries: Int | None = None
    checksum: Str32
    """MD5 over the whole firmware file, hexadecimal."""
    request_id: Int
    retry_interval: Int | None = None
    """Seconds."""


PublishFirmwareStatus = Literal[
    "Idle",
    "DownloadScheduled",
    "Downloading",
    "Downloaded",
    "Published",
    "DownloadFailed",
    "DownloadPaused",
    "InvalidChecksum",
    "ChecksumVerified",
    "PublishFailed",
]


class PublishFirmwareStatusNotificationResponse(Response):
    pass


class PublishFirmwareStatusNotification(Request[PublishFirmwareStatusNotificationResponse]):
    sender = "station"

    status: PublishFirmwareStatus
    location: OneOrMore[Str512] | None = None
    request_id: Int | None = None


UnpublishFirmwareStatus = Literal["DownloadOngoing", "NoFirmware", "Unpublished"]


class UnpublishFirmwareResponse(Response):
    status: UnpublishFirmwareStatus


class UnpublishFirmware(Request[UnpublishFirmwareResponse]):
    sender = "csms"

    checksum: Str32
    """MD5 over the whole firmware file, hexadecimal."""
