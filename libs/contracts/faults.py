"""What goes wrong with stations: the catalogue that explains it, faults as they came, and incidents
that group their repeats. The service ``devices`` owns them.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from libs.bus.message import Ask, Event, Notice
from libs.contracts.command import CommandResult

Who = Literal["driver", "operator", "technician", "maker", "nobody"]
"""Who acts."""

Source = Literal["connector", "event", "rpc", "security", "transaction"]
"""Where a fault came from: the status of a connector, an event of the device model, a CALLERROR, a
security event, the end of a transaction.
"""

How = Literal["operator", "quiet", "removal", "station"]
"""What closed an incident: somebody, a time without news, the station's removal, the station."""


# -- the catalogue -------------------------------------------------------------------------------


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fault that is known: what it means, who acts, how to mend it."""

    code: str
    """As ``connector.GroundFailure``, ``reason.InvalidProfile``, ``mrec.CX008``."""
    source: str
    """The part of the catalogue; ``vendor`` for tables of makers."""
    title: str
    meaning: str
    who: Who
    hint: str
    """How to mend it."""
    also: list[str] = []
    """Other spellings."""
    same_as: str | None = None
    """Of a maker's code: the entry that it belongs to."""


class CataloguePage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[Entry]
    next: str | None = None


class ListCatalogue(Ask[CataloguePage]):
    """In the order of the codes."""

    subject = "api.{tenant}.devices.fault_catalogue"

    tenant: str
    source: str | None = None
    search: str | None = None
    """Words that are all in code, title or meaning."""
    language: str = "en"
    after: str | None = None
    limit: int = 50


class GetCatalogueEntry(Ask[Entry]):
    """``code`` with its source, or as a station says it, where that is clear. Error ``NotFound``
    when the catalogue has no such code or several; its detail ``hint`` names those that may be
    meant.
    """

    subject = "api.{tenant}.devices.fault_catalogue_entry"

    tenant: str
    code: str
    language: str = "en"


# -- faults and incidents ------------------------------------------------------------------------


class FaultView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that a station reported to be wrong, explained."""

    id: int
    station: str
    evse: int
    """0 is the station as a whole."""
    connector: int = 0
    at: datetime
    """When it happened, by the station's clock."""
    received_at: datetime
    source: Source
    code: str
    """Of the catalogue."""
    title: str
    hint: str
    who: Who
    said: str
    """The code in the station's own words."""
    vendor_code: str | None = None
    info: str | None = None
    severity: int | None = None
    """0, danger, to 9, debug; where the station told it."""
    incident: str | None = None


class FaultPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[FaultView]
    next: str | None = None


class ListFaults(Ask[FaultPage]):
    """Newest first."""

    subject = "api.{tenant}.devices.faults"

    tenant: str
    station: str
    code: str | None = None
    language: str = "en"
    after: str | None = None
    limit: int = 50


class IncidentView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All repeats of a fault at an EVSE, from the first to the time that it was mended."""

    id: str
    station: str
    evse: int
    """0 is the station as a whole."""
    source: Source
    code: str
    title: str
    meaning: str
    hint: str
    who: Who
    open: bool
    first_at: datetime
    last_at: datetime
    closed_at: datetime | None = None
    closed_how: How | None = None
    closed_by: str | None = None
    """The operator who closed it."""
    closed_note: str | None = None
    count: int
    severity: int | None = None
    """The gravest so far."""
    vendor_code: str | None = None
    info: str | None = None
    """What the station said the last time."""


class IncidentPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[IncidentView]
    next: str | None = None


class ListIncidents(Ask[IncidentPage]):
    """Of the whole tenant, last seen first."""

    subject = "api.{tenant}.devices.incidents"

    tenant: str
    station: str | None = None
    open: bool | None = None
    code: str | None = None
    language: str = "en"
    after: str | None = None
    limit: int = 50


class GetIncident(Ask[IncidentView]):
    """Error ``NotFound`` when there is none, or no more."""

    subject = "api.{tenant}.devices.incident"

    tenant: str
    id: str
    language: str = "en"


class CloseIncident(Ask[IncidentView]):
    """By hand. One that is closed already stays as it was closed; error ``NotFound``."""

    subject = "api.{tenant}.devices.close_incident"

    tenant: str
    id: str
    by: str
    note: str | None = None
    language: str = "en"


# -- what calls come to --------------------------------------------------------------------------


class Explanation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    hint: str | None = None


class Explain(Ask[Explanation]):
    """How to go on after a call, whoever made it; nothing when it did what it was to do."""

    subject = "api.{tenant}.devices.explain_outcome"

    tenant: str
    result: CommandResult


class CallRefused(Notice):
    """A station answered CALLERROR to a call of a service; ``devices`` keeps it as a fault. To its
    own calls it needs no notice.
    """

    subject = "presence.{tenant}.{station}.refused"

    tenant: str
    station: str
    id: str
    """New for each call."""
    result: CommandResult


# -- events --------------------------------------------------------------------------------------


class IncidentOpened(Event):
    """A fault began, or began again after it was mended."""

    subject = "event.{tenant}.incident.opened.{station}"

    station: str
    incident: str
    evse: int
    source: Source
    code: str
    title: str
    hint: str
    severity: int | None = None
    info: str | None = None
    count: int = 1

    def key(self) -> str:
        return f"{self.incident}/{self.count}"


class IncidentClosed(Event):
    """The station says that it is mended, or was quiet about it for long enough; or somebody
    closed it.
    """

    subject = "event.{tenant}.incident.closed.{station}"

    station: str
    incident: str
    evse: int
    source: Source
    code: str
    count: int
    how: How | None = None
    """Absent in events of versions that did not tell."""
    by: str | None = None
    note: str | None = None

    def key(self) -> str:
        return f"{self.incident}/{self.count}"


class SecurityEventReported(Event):
    """A SecurityEventNotification (A04)."""

    subject = "event.{tenant}.security.reported.{station}"

    station: str
    type: str
    """As the station said it."""
    code: str
    """Of the catalogue."""
    info: str | None = None

    def key(self) -> str:
        return f"{self.station}/{self.type}/{self.at.timestamp()}"
