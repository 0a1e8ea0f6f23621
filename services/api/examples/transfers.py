"""Logs and firmware: what is transferred from and to stations."""

from datetime import timedelta

from msgspec import Struct

from libs.contracts.command import CommandResult
from libs.contracts.firmware import Boot, FirmwarePage, FirmwareView, SecurityEvent
from libs.contracts.logs import LogView, StationLogPage
from libs.contracts.step import Step
from libs.contracts.uploads import UploadView
from services.api.answers import FirmwareAnswer, LogAnswer
from services.api.examples.spine import ACCEPTED, ID, NOON

LOCATION = "https://csms.example/uploads/3Jx0aXy2nV9c/"
IMAGE = "https://files.example/duo-22/3.5.0.bin"
UPLOAD = UploadView(
    id="6c1f0b7a-8f0b-4b44-9a53-0a7d8d1f8b11",
    tenant="default",
    station="CP-1",
    state="stored",
    created_at=NOON,
    expires_at=NOON + timedelta(days=1),
    bytes_max=536_870_912,
    tries=1,
    file_name="CP-1.zip",
    content_type="application/zip",
    size=48_211,
    sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    stored_at=NOON + timedelta(seconds=20),
)
LOG = LogView(
    id=ID,
    tenant="default",
    station="CP-1",
    version="v201",
    action="GetLog",
    type="diagnostics",
    request_id=1042,
    location=LOCATION,
    since=NOON - timedelta(days=1),
    by="ada",
    asked_at=NOON,
    state="uploaded",
    result=CommandResult(status="answered", payload={**ACCEPTED, "filename": "CP-1.zip"}),
    announced_name="CP-1.zip",
    statuses=[
        Step(at=NOON + timedelta(seconds=1), status="Uploading"),
        Step(at=NOON + timedelta(seconds=21), status="Uploaded"),
    ],
    upload=UPLOAD,
)
UPDATE = FirmwareView(
    id=ID,
    tenant="default",
    station="CP-1",
    version="v201",
    action="UpdateFirmware",
    kind="update",
    request_id=1043,
    location=IMAGE,
    retrieve_at=NOON,
    by="ada",
    asked_at=NOON,
    state="installed",
    terminal=True,
    result=CommandResult(status="answered", payload=ACCEPTED),
    statuses=[
        Step(at=NOON + timedelta(seconds=1), status="Downloading"),
        Step(at=NOON + timedelta(minutes=5), status="Installed"),
    ],
    boots=[
        Boot(
            at=NOON + timedelta(minutes=4),
            firmware="3.5.0",
            previous="3.4.1",
            reason="FirmwareUpdate",
        )
    ],
    security_events=[SecurityEvent(at=NOON + timedelta(minutes=5), type="FirmwareUpdated")],
)

EXAMPLES: tuple[Struct, ...] = (
    LOG,
    StationLogPage(items=[LOG]),
    LogAnswer(
        status="answered",
        version="v201",
        action="GetLog",
        payload={**ACCEPTED, "filename": "CP-1.zip"},
        request=ID,
        request_id=1042,
        location=LOCATION,
        upload=UPLOAD.id,
        expires_at=UPLOAD.expires_at,
    ),
    UPDATE,
    FirmwarePage(items=[UPDATE]),
    FirmwareAnswer(
        status="answered",
        version="v201",
        action="UpdateFirmware",
        payload=ACCEPTED,
        request=ID,
        request_id=1043,
    ),
)
