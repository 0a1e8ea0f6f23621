"""What a vendor's message is answered when nobody on the bus understands the vendor (P02)."""

from typing import Any

from msgspec import json

from libs.contracts.vendors import TransferStatus, VendorHandler


def decide(handler: VendorHandler | None, message: str | None) -> TransferStatus:
    """A vendor that the tenant did not name is unknown; so is a message that is not on its list.

    A DataTransfer without messageId is about the vendor as a whole.
    """
    if handler is None:
        return "UnknownVendorId"
    if handler.messages is not None and message is not None and message not in handler.messages:
        return "UnknownMessageId"
    match handler.policy:
        case "accept":
            return "Accepted"
        case "reject":
            return "Rejected"


def as_text(data: Any) -> str | None:
    """Data for a 1.6 station, which knows texts only."""
    return data if data is None or isinstance(data, str) else json.encode(data).decode()
