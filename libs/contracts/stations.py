"""What the service ``stations`` owns: who a station is, whether it is there, what state its
connectors are in.
"""

from datetime import datetime
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from libs.bus.message import PLATFORM, Ask, Event, Notice
from libs.contracts.command import ChangeAvailability as ChangeAvailability  # noqa: PLC0414 - passed on
from libs.contracts.command import ResetStation as ResetStation  # noqa: PLC0414 - passed on
from libs.contracts.command import TriggerMessage as TriggerMessage  # noqa: PLC0414 - passed on
from libs.contracts.command import UnlockConnector as UnlockConnector  # noqa: PLC0414 - passed on
from libs.contracts.edges import Done as Done  # noqa: PLC0414 - passed on
from libs.contracts.edges import EdgeAlive as EdgeAlive  # noqa: PLC0414 - passed on
from libs.contracts.edges import EdgeLease as EdgeLease  # noqa: PLC0414 - passed on
from libs.contracts.edges import EdgeRoster as EdgeRoster  # noqa: PLC0414 - passed on
from libs.contracts.edges import RosterEntry as RosterEntry  # noqa: PLC0414 - passed on
from libs.ocpp.dialect import Speech
from libs.ocpp.message import Version

Registration = Literal["Accepted", "Pending", "Rejected"]
ConnectorStatus = Literal[
    "Available", "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing",
    "Occupied", "Reserved", "Unavailable", "Faulted", "Unknown",
]  # fmt: skip
"""The union of OCPP 1.6 and 2.x: 1.6 says more, and nothing a station said is thrown away."""


# -- views ---------------------------------------------------------------------------------------


class ConnectorView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One connector. 1.6 connector n is EVSE n, connector 1."""

    id: int
    type: str | None = None
    status: ConnectorStatus = "Unknown"
    error_code: str | None = None
    info: str | None = None
    vendor_error_code: str | None = None
    since: datetime | None = None


class EvseView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One EVSE; ``id`` 1..n. ``status`` is what 2.x NotifyEvent says of the EVSE itself."""

    id: int
    status: ConnectorStatus | None = None
    connectors: list[ConnectorView] = []


class StationView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A station as the API shows it. Secrets are never part of it."""

    tenant: str
    id: str
    online: bool = False
    since: datetime | None = None
    """When ``online`` last changed."""
    last_seen: datetime | None = None
    protocol: Version | None = None
    """The version of the current or last connection."""
    edge: str | None = None
    vendor: str | None = None
    model: str | None = None
    serial_number: str | None = None
    firmware: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    registration: Registration = "Accepted"
    boot_status: Registration | None = None
    """What the last BootNotification was answered, or that an operator rejected it since; ``None``
    when it never booted here.
    """
    booted_at: datetime | None = None
    boot_reason: str | None = None
    security_profile: int = 0
    has_password: bool = False
    strict: bool = False
    automatic: bool = True
    """Whether the platform sends it anything of its own accord: inventory, list, templates."""
    dialect: str | None = None
    """The name of what is known of its habits; ``None``: it is as the specification has it."""
    labels: list[str] = []
    """Free, as a site or a purpose: templates choose by them."""
    status: ConnectorStatus | None = None
    """The station as a whole (1.6 connector 0)."""
    evses: list[EvseView] = []
    created_at: datetime | None = None


class StationPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[StationView]
    next: str | None = None
    """Cursor of the next page; absent on the last."""


class StatusChange(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a station's status history. EVSE 0 is the station."""

    at: datetime
    evse: int
    connector: int
    status: ConnectorStatus
    error_code: str | None = None
    info: str | None = None


class StatusHistory(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[StatusChange]
    next: str | None = None


# -- requests: registry --------------------------------------------------------------------------


class ConnectorSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: int
    type: str | None = None


class EvseSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: int
    connectors: list[ConnectorSpec] = []


class GetStation(Ask[StationView]):
    """Error ``NotFound`` when the tenant has no such station."""

    subject = "api.{tenant}.stations.get"

    tenant: str
    station: str


class ListStations(Ask[StationPage]):
    subject = "api.{tenant}.stations.list"

    tenant: str
    after: str | None = None
    limit: int = 50
    online: bool | None = None
    protocol: Version | None = None
    search: str | None = None
    """Part of identity, vendor or model, without regard to case."""


class PutStation(Ask[StationView]):
    """Creates or changes; what is not given stays as it is. ``move_to`` changes the tenant."""

    subject = "api.{tenant}.stations.put"

    tenant: str
    station: str
    security_profile: int | UnsetType = UNSET
    password: str | UnsetType | None = UNSET
    registration: Registration | UnsetType = UNSET
    strict: bool | UnsetType = UNSET
    automatic: bool | UnsetType = UNSET
    dialect: str | UnsetType | None = UNSET
    """``None``: whichever the files give it."""
    labels: list[str] | UnsetType = UNSET
    evses: list[EvseSpec] | UnsetType = UNSET
    move_to: str | UnsetType = UNSET


class DeleteStation(Ask[Done]):
    """Takes the station from the registry and closes its socket; its transactions stay."""

    subject = "api.{tenant}.stations.delete"

    tenant: str
    station: str


class ListStatusHistory(Ask[StatusHistory]):
    """Newest first."""

    subject = "api.{tenant}.stations.history"

    tenant: str
    station: str
    after: str | None = None
    limit: int = 50


# -- requests: between edge and registry ---------------------------------------------------------


class Admission(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether a socket may be opened, and what the edge must know to speak for the platform.

    ``refused``: unknown (404), unauthorized (401), forbidden (403: wrong profile, no downgrade),
    busy (503); ``reason`` is a sentence for the log and for the HTTP answer's body, without
    secrets.
    """

    admitted: bool
    refused: Literal["unknown", "unauthorized", "forbidden", "busy"] | None = None
    reason: str = ""
    tenant: str = "default"
    station: str = ""
    epoch: int = 0
    """Grows with every admission on the whole platform: the greater epoch is the newer socket."""
    boot_status: Registration | None = None
    """``None``: known, but never booted here."""
    strict: bool = False
    retry_after_seconds: int | None = None
    speech: Speech | None = None
    """What of its dialect concerns frames; ``None`` for nearly all."""


class Admit(Ask[Admission]):
    """Asked by an edge for each websocket handshake. ``station`` is the decoded identity."""

    subject = "api.{tenant}.stations.admit"

    station: str
    edge: str
    remote: str
    named_tenant: str | None = None
    """The tenant that the URL names, if it does (``/ocpp/{tenant}/{station}``)."""
    version: Version
    user: bytes | None = None
    """HTTP basic user and secret as raw bytes (base64 in JSON); ``None`` without the header."""
    secret: bytes | None = None
    tls: bool = False
    client_certificate: str | None = None
    tenant: str = PLATFORM


# -- notices: presence ---------------------------------------------------------------------------


class Connected(Notice):
    """A socket is open. Every edge hears it and closes an older socket of the same station."""

    subject = "presence.{tenant}.{station}.connected"

    tenant: str
    station: str
    edge: str
    epoch: int
    version: Version
    remote: str
    at: datetime


class Disconnected(Notice):
    subject = "presence.{tenant}.{station}.disconnected"

    tenant: str
    station: str
    edge: str
    epoch: int
    reason: str
    at: datetime


class Drop(Notice):
    """An order to whichever edge holds the station's socket: close it. ``epoch`` 0 means any."""

    subject = "presence.{tenant}.{station}.drop"

    tenant: str
    station: str
    epoch: int = 0
    reason: str
    code: int = 1008


# -- events --------------------------------------------------------------------------------------


class StationRegistered(Event):
    subject = "event.{tenant}.station.registered.{station}"

    station: str

    def key(self) -> str:
        return f"{self.station}/{self.at.timestamp()}"


class StationChanged(Event):
    """Registration, strictness, credentials (without their values) or tenant were changed by an
    operator.
    """

    subject = "event.{tenant}.station.changed.{station}"

    station: str
    changed: list[str]
    registration: Registration
    strict: bool

    def key(self) -> str:
        return f"{self.station}/{self.at.timestamp()}"


class StationRemoved(Event):
    subject = "event.{tenant}.station.removed.{station}"

    station: str

    def key(self) -> str:
        return f"{self.station}/{self.at.timestamp()}"


class StationBooted(Event):
    subject = "event.{tenant}.station.booted.{station}"

    station: str
    version: Version
    status: Registration
    vendor: str
    model: str
    firmware: str | None = None
    serial_number: str | None = None
    reason: str | None = None

    def key(self) -> str:
        return f"{self.station}/{self.at.timestamp()}"


class StationConnected(Event):
    subject = "event.{tenant}.station.connected.{station}"

    station: str
    version: Version
    edge: str
    epoch: int

    def key(self) -> str:
        # A roster may bring a station back on the socket that it was thought to have lost.
        return f"{self.station}/{self.epoch}/{self.at.timestamp()}"


class StationDisconnected(Event):
    subject = "event.{tenant}.station.disconnected.{station}"

    station: str
    epoch: int
    reason: str

    def key(self) -> str:
        return f"{self.station}/{self.epoch}/{self.at.timestamp()}"


class ConnectorStatusChanged(Event):
    subject = "event.{tenant}.connector.status_changed.{station}"

    station: str
    evse: int
    connector: int
    status: ConnectorStatus
    previous: ConnectorStatus | None = None
    error_code: str | None = None
    info: str | None = None
    vendor_id: str | None = None
    """1.6: whose codes the vendor's are."""
    vendor_error_code: str | None = None
    received_at: datetime | None = None
    """When the station's message came in."""

    def key(self) -> str:
        return f"{self.station}/{self.evse}/{self.connector}/{self.at.timestamp()}/{self.status}"
