"""Messages of firmware (block L): updates of stations, publication by local controllers."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from libs.bus.message import Ask, Event
from libs.contracts.command import CommandResult
from libs.contracts.step import Step
from libs.ocpp.message import Version

FirmwareKind = Literal["update", "publication", "unpublication"]
FirmwareState = Literal[
    "asked", "unknown", "offline", "timeout", "error", "refused", "accepted", "running",
    "installed", "published", "unpublished", "failed", "superseded",
]  # fmt: skip
"""``asked`` to ``error``: what became of the request; ``refused``: the station would not, its
answer says why; ``accepted``: it would, and said nothing yet; ``superseded``: a later request took
its place.
"""


class Boot(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The station started with other firmware than before, or because of an update."""

    at: datetime
    firmware: str | None = None
    previous: str | None = None
    reason: str | None = None


class SecurityEvent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    at: datetime
    type: str
    info: str | None = None


class FirmwareView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An update that a station was asked to make, or a file that a local controller was asked to
    offer, and all that came of it.
    """

    id: str
    """Of the request; everything about it is found under ``requests/{id}`` too."""
    tenant: str
    station: str
    version: Version
    action: str
    kind: FirmwareKind
    request_id: int | None = None
    """What the station's messages name it by; UpdateFirmware of 1.6 has none."""
    location: str | None = None
    checksum: str | None = None
    """MD5 of a publication."""
    retrieve_at: datetime | None = None
    install_at: datetime | None = None
    signed: bool = False
    by: str
    asked_at: datetime
    state: FirmwareState
    terminal: bool
    """Nothing more is to come."""
    result: CommandResult | None = None
    """What the station answered."""
    statuses: list[Step] = []
    """What the station said of it, oldest first."""
    boots: list[Boot] = []
    """Starts since then, up to the next request, that tell of other firmware."""
    security_events: list[SecurityEvent] = []
    """Of firmware, since then, up to the next request."""


class FirmwarePage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[FirmwareView]
    current: FirmwareView | None = None
    """The newest that is not over; absent when nothing is under way."""
    next: str | None = None


class ListFirmware(Ask[FirmwarePage]):
    """Newest first."""

    subject = "api.{tenant}.devices.firmware"

    tenant: str
    station: str
    after: str | None = None
    limit: int = 50


class GetFirmware(Ask[FirmwareView]):
    """Error ``NotFound`` when this station was not asked for such a thing."""

    subject = "api.{tenant}.devices.firmware_get"

    tenant: str
    station: str
    id: str


class FirmwareSent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    request: str | None = None
    """None when nothing was asked, because the station never connected."""
    request_id: int | None = None
    result: CommandResult


class UpdateStation(Ask[FirmwareSent]):
    """UpdateFirmware, or with signing certificate and signature SignedUpdateFirmware of 1.6."""

    subject = "api.{tenant}.devices.firmware_update"

    tenant: str
    station: str
    location: str
    retrieve_at: datetime | None = None
    """Absent: now."""
    install_at: datetime | None = None
    signing_certificate: str | None = None
    signature: str | None = None
    retries: int | None = None
    retry_interval: int | None = None
    """Seconds."""
    by: str = "operator"
    timeout_seconds: float = 30


class Publish(Ask[FirmwareSent]):
    """PublishFirmware (2.x), to a local controller."""

    subject = "api.{tenant}.devices.firmware_publish"

    tenant: str
    station: str
    location: str
    checksum: str
    retries: int | None = None
    retry_interval: int | None = None
    by: str = "operator"
    timeout_seconds: float = 30


class Unpublish(Ask[FirmwareSent]):
    """UnpublishFirmware (2.x), by the MD5 of the file."""

    subject = "api.{tenant}.devices.firmware_unpublish"

    tenant: str
    station: str
    checksum: str
    by: str = "operator"
    timeout_seconds: float = 30


class FirmwareReported(Event):
    """A station told how far an update or a publication is."""

    subject = "event.{tenant}.firmware.reported.{station}"

    station: str
    kind: FirmwareKind
    status: str
    request: str | None = None
    request_id: int | None = None
    info: dict[str, Any] | None = None
    locations: list[str] | None = None
    """Of a publication: where the file is offered."""

    def key(self) -> str:
        return f"{self.station}/{self.request}/{self.status}/{self.at.timestamp()}"
