"""Logs and diagnostics of stations (N01, 1.6 GetLog and GetDiagnostics)."""

from datetime import datetime
from typing import Literal

from msgspec import Struct, field

from libs.bus.message import Ask, Event
from libs.contracts.command import CommandResult
from libs.contracts.step import Step
from libs.contracts.uploads import UploadView
from libs.ocpp.message import Version

LogKind = Literal["diagnostics", "security", "data_collector"]
Via = Literal["GetLog", "GetDiagnostics"]
LogState = Literal[
    "asked", "unknown", "offline", "timeout", "error", "refused", "accepted", "uploading",
    "uploaded", "failed", "superseded",
]  # fmt: skip
"""``asked`` to ``error``: what became of the request; ``refused``: the station would not;
``accepted``: it would, and began nothing yet; ``superseded``: a later request took its place.
"""


class LogView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A log that a station was asked for, and all that came of it."""

    id: str
    """Of the request; everything about it is found under ``requests/{id}`` too."""
    tenant: str
    station: str
    version: Version
    action: str
    type: LogKind
    request_id: int | None = None
    """What the station's messages name it by; GetDiagnostics has none."""
    location: str
    since: datetime | None = field(name="from", default=None)
    until: datetime | None = field(name="to", default=None)
    by: str
    asked_at: datetime
    state: LogState
    result: CommandResult | None = None
    """What the station answered."""
    announced_name: str | None = None
    """The file name in the station's answer."""
    statuses: list[Step] = []
    """What the station said of the upload, oldest first."""
    upload: UploadView | None = None
    """The file here; absent when the location is not ours."""


class StationLogPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[LogView]
    next: str | None = None


class ListLogs(Ask[StationLogPage]):
    """Newest first."""

    subject = "api.{tenant}.devices.logs"

    tenant: str
    station: str
    after: str | None = None
    limit: int = 50


class GetLogRequest(Ask[LogView]):
    """Error ``NotFound`` when this station was not asked for such a log."""

    subject = "api.{tenant}.devices.log"

    tenant: str
    station: str
    id: str


class LogSent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    request: str | None = None
    """None when nothing was asked, because the station never connected."""
    request_id: int | None = None
    location: str | None = None
    upload: UploadView | None = None
    result: CommandResult


class RequestLog(Ask[LogSent]):
    """Have a station upload a log: to ``location``, or to a new place of ours below
    ``uploads_at``. ``via`` None: GetDiagnostics for the diagnostics of a 1.6 station that never
    showed that it has the security extension, else GetLog.
    """

    subject = "api.{tenant}.devices.log_request"

    tenant: str
    station: str
    type: LogKind = "diagnostics"
    since: datetime | None = field(name="from", default=None)
    until: datetime | None = field(name="to", default=None)
    retries: int | None = None
    retry_interval: int | None = None
    """Seconds."""
    location: str | None = None
    uploads_at: str = ""
    via: Via | None = None
    by: str = "operator"
    timeout_seconds: float = 30


class LogUploaded(Event):
    """A station says that it uploaded a log; the file is there when the place was ours."""

    subject = "event.{tenant}.log.uploaded.{station}"

    station: str
    request: str | None = None
    request_id: int | None = None
    upload: str | None = None
    file_name: str | None = None
    size: int | None = None
    sha256: str | None = None

    def key(self) -> str:
        return f"{self.station}/{self.request}/{self.at.timestamp()}"


class LogFailed(Event):
    """A station says that it could not upload a log, or that a later request took its place."""

    subject = "event.{tenant}.log.failed.{station}"

    station: str
    request: str | None = None
    request_id: int | None = None
    status: str
    reason: str | None = None

    def key(self) -> str:
        return f"{self.station}/{self.request}/{self.status}/{self.at.timestamp()}"
