"""A status that a station told of something under way: an upload, an update, a publication."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class Step(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One status notification, when we received it."""

    at: datetime
    status: str
    info: dict[str, Any] | None = None
    """2.1 statusInfo: reason code and more."""
    locations: list[str] = []
    """Of Published: where the file is offered."""
