"""Messages on displays as operators describe them."""

from typing import Annotated, Any

from msgspec import Meta

from libs.contracts.display import DisplayFormat, DisplayPriority, DisplayState
from services.api.bodies.base import Body, Moment, Name, Number


class DisplayTextBody(Body, frozen=True, kw_only=True):
    """A text in one language."""

    example = {"format": "UTF8", "language": "en", "content": "Free coffee inside"}

    format: DisplayFormat
    """`QRCODE` needs OCPP 2.1."""
    language: Annotated[str, Meta(max_length=8)] | None = None
    """RFC 5646, as `de`."""
    content: Annotated[str, Meta(max_length=1024)]
    """Up to 512 characters in OCPP 2.0.1, 1,024 in 2.1."""


class DisplayPut(Body, frozen=True, kw_only=True):
    """A message for a station to show (SetDisplayMessage)."""

    example = {
        "priority": "NormalCycle",
        "state": "Idle",
        "message": {"format": "UTF8", "language": "en", "content": "Free coffee inside"},
    }

    priority: DisplayPriority
    state: DisplayState | None = None
    """Shown only in this state of the station. `Suspended` and `Discharging` need OCPP 2.1."""
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    transaction: Name | None = None
    """Shown during this transaction, in the station's own name for it."""
    message: DisplayTextBody
    extra: Annotated[list[DisplayTextBody], Meta(max_length=4)] = []
    """The same in other languages; needs OCPP 2.1."""
    display: dict[str, Any] | None = None
    """The OCPP component that shows it; absent: the main display."""


class DisplayRefresh(Body, frozen=True, kw_only=True):
    """What the station is asked for (GetDisplayMessages); nothing is everything."""

    example = {"priority": "InFront"}

    ids: Annotated[list[Number], Meta(max_length=1000)] = []
    priority: DisplayPriority | None = None
    state: DisplayState | None = None
