"""What the service ``devices`` owns: what stations report of themselves beside sessions and
status.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from libs.bus.message import Ask, Event
from libs.ocpp.message import Version


class Report(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message of a station, as it came in."""

    id: int
    at: datetime
    station: str
    version: Version
    action: str
    payload: dict[str, Any]


class ReportPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[Report]
    next: str | None = None


class ListReports(Ask[ReportPage]):
    """Newest first."""

    subject = "api.{tenant}.devices.reports"

    tenant: str
    station: str
    action: str | None = None
    after: str | None = None
    limit: int = 50


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
