"""What the service ``devices`` owns of displays: what each station shows, as far as we know."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, field

from libs.bus.message import Ask
from libs.contracts.devices import CallSent

DisplayPriority = Literal["AlwaysFront", "InFront", "NormalCycle"]
DisplayState = Literal["Charging", "Faulted", "Idle", "Unavailable", "Suspended", "Discharging"]
"""The last two are of OCPP 2.1."""
DisplayFormat = Literal["ASCII", "HTML", "URI", "UTF8", "QRCODE"]
"""The last one is of OCPP 2.1."""


class DisplayText(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text in one language."""

    format: DisplayFormat
    language: str | None = None
    """RFC 5646, as `de`."""
    content: str


class DisplayView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message on the display of a station."""

    id: int
    priority: DisplayPriority
    state: DisplayState | None = None
    """Shown only in this state of the station; absent: in each."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    """The station removes it then."""
    transaction: str | None = None
    """Shown during this transaction, in the station's own name for it, and removed at its end."""
    message: DisplayText
    extra: list[DisplayText] = []
    """The same in other languages (OCPP 2.1)."""
    display: dict[str, Any] | None = None
    """The component that shows it, as OCPP writes it; absent: the main display."""
    scheduled: bool = False
    """It begins later."""
    confirmed_at: datetime | None = None
    """When the station last reported it; absent: it accepted it, and did not report it since."""
    set_at: datetime | None = None
    """When we set it; absent: it was there."""


class DisplayPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[DisplayView]
    next: str | None = None


class ListDisplays(Ask[DisplayPage]):
    """In the order of their ids; what has ended is not among them."""

    subject = "api.{tenant}.devices.displays"

    tenant: str
    station: str
    after: str | None = None
    limit: int = 50


class SetDisplay(Ask[CallSent]):
    """SetDisplayMessage: the same id replaces (O01, O02, O06)."""

    subject = "api.{tenant}.devices.display_set"

    tenant: str
    station: str
    id: int
    priority: DisplayPriority
    state: DisplayState | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    transaction: str | None = None
    message: DisplayText
    extra: list[DisplayText] = field(default_factory=list[DisplayText])
    display: dict[str, Any] | None = None
    by: str = "operator"
    timeout_seconds: float = 30


class ClearDisplay(Ask[CallSent]):
    """ClearDisplayMessage (O05)."""

    subject = "api.{tenant}.devices.display_clear"

    tenant: str
    station: str
    id: int
    by: str = "operator"
    timeout_seconds: float = 30


class RefreshDisplays(Ask[CallSent]):
    """GetDisplayMessages: what comes of it puts the list right (O03, O04)."""

    subject = "api.{tenant}.devices.display_refresh"

    tenant: str
    station: str
    ids: list[int] = field(default_factory=list[int])
    priority: DisplayPriority | None = None
    state: DisplayState | None = None
    by: str = "operator"
    timeout_seconds: float = 30
