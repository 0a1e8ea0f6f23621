"""Vendors' own messages."""

from typing import Annotated, Any

from msgspec import Meta

from libs.contracts.vendors import VendorPolicy
from services.api.bodies.base import Body, Name


class TransferPost(Body, frozen=True, kw_only=True):
    """A vendor's message for a station (DataTransfer)."""

    example = {"vendor": "org.example", "message": "Hello", "data": "of vendors"}

    vendor: Name
    """The vendorId."""
    message: Annotated[str, Meta(max_length=50)] | None = None
    """The messageId."""
    data: Any = None
    """OCPP 1.6: a text; 2.x: any JSON."""


class VendorHandlerPut(Body, frozen=True, kw_only=True):
    """What a vendor's messages are answered when no service understands the vendor."""

    example = {"policy": "accept", "messages": ["Hello", "Status"]}

    policy: VendorPolicy = "accept"
    """`accept`: stored and answered Accepted; `reject`: stored and answered Rejected."""
    messages: Annotated[list[Annotated[str, Meta(max_length=50)]], Meta(max_length=1000)] | None = (
        None
    )
    """The messageIds that are known; any other is answered UnknownMessageId. `null`: all are."""
