"""What the service ``devices`` owns: what stations report of themselves beside sessions and
status.
"""

from datetime import datetime
from typing import Any, Literal

from msgspec import Raw, Struct

from libs.bus.message import Ask, Event
from libs.contracts.command import CommandResult, Outcome
from libs.ocpp.message import Version


class Report(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message of a station, as it came in."""

    id: int
    at: datetime
    station: str
    version: Version
    action: str
    payload: dict[str, Any]
    request: str | None = None
    """The request of ours that caused it, where one did."""


class ReportPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[Report]
    next: str | None = None


class ListReports(Ask[ReportPage]):
    """Newest first."""

    subject = "api.{tenant}.devices.reports"

    tenant: str
    station: str
    action: str | None = None
    request: str | None = None
    after: str | None = None
    limit: int = 50


# -- requests: what an operator had a station asked, and all that came of it ---------------------

Progress = Literal[
    "asked", "unknown", "offline", "timeout", "error", "refused", "running", "complete",
    "incomplete", "failed",
]  # fmt: skip
"""``asked``: no answer yet; ``unknown``: we ended before it came; ``offline``, ``timeout``,
``error``: as :data:`Outcome`; ``refused``: the station would not; ``running``: it answered, and
more is to come; ``incomplete``: parts are missing; ``failed``: it reported a failure;
``complete``: nothing more is to come.
"""


class RequestView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A CALL to a station on behalf of an operator, or of the platform itself."""

    id: str
    tenant: str
    station: str
    version: Version
    action: str
    payload: dict[str, Any]
    by: str
    """Who asked: the operator's name, or what of the platform."""
    asked_at: datetime
    answered_at: datetime | None = None
    progress: Progress
    result: CommandResult | None = None
    """What the station answered."""
    hint: str | None = None
    """How to go on when it refused or did not answer."""
    parts_missing: list[int] = []
    """Numbers (seqNo) of the parts of its report that did not come."""
    repeats: int = 0
    """How often it was asked again for what was lost."""
    later: list[Report] = []
    """The messages that it caused, oldest first, up to 1,000; only when a single one is asked."""


class RequestPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[RequestView]
    next: str | None = None


class GetRequest(Ask[RequestView]):
    """Error ``NotFound`` when there is no such request."""

    subject = "api.{tenant}.devices.request"

    tenant: str
    request: str


class ListRequests(Ask[RequestPage]):
    """Newest first."""

    subject = "api.{tenant}.devices.requests"

    tenant: str
    station: str
    action: str | None = None
    after: str | None = None
    limit: int = 50


class CallSent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    request: str
    """Under this id everything that comes of it is found."""
    result: CommandResult
    hint: str | None = None
    """How to go on when it did not do what it was to do."""


class SendCall(Ask[CallSent]):
    """Have a station called with a payload that fits the schema of its version."""

    subject = "api.{tenant}.devices.call"

    tenant: str
    station: str
    version: Version
    action: str
    payload: Raw
    by: str = "operator"
    timeout_seconds: float = 30


class StationAsked(Event):
    """An operator had a station called by :class:`SendCall`: who owns what it is about follows.

    ``answer`` is the payload of the station's CALLRESULT; ``status`` other than ``answered`` has
    none.
    """

    subject = "event.{tenant}.station.asked.{station}"

    station: str
    request: str
    version: Version
    action: str
    payload: dict[str, Any]
    by: str
    status: Outcome
    answer: dict[str, Any] | None = None
    code: str | None = None
    description: str | None = None

    def key(self) -> str:
        return self.request


class AvailabilityReported(Event):
    """A 2.x NotifyEvent told the AvailabilityState of a station, EVSE or connector (G01);
    `stations` follows it.
    """

    subject = "event.{tenant}.availability.reported.{station}"

    station: str
    evse: int | None = None
    connector: int | None = None
    state: str
    received_at: datetime | None = None
    """When the station's message came in."""

    def key(self) -> str:
        return f"{self.station}/{self.evse}/{self.connector}/{self.at.timestamp()}/{self.state}"
