"""One record per finished exchange with a station: the stream ``OCPP_LOG``."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Raw, Struct, field, json

from libs.ocpp.message import Version

Direction = Literal["up", "down"]
Outcome = Literal["answered", "error", "timeout", "unanswered"]

NO_RESPONSE = Raw(b"null")
"""msgspec reads no ``Raw | None``; its JSON Schema takes no ``Raw`` as default: so by factory."""


class LogError(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A CALLERROR, whoever sent it."""

    code: str
    description: str = ""
    details: dict[str, Any] = {}


class LogRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Both payloads of an exchange, who began it, and how it ended."""

    tenant: str
    station: str
    version: Version
    epoch: int
    edge: str
    direction: Direction
    """``up``: the station called; ``down``: we did."""
    id: str
    action: str
    request: Raw
    response: Raw = field(default_factory=lambda: NO_RESPONSE)
    error: LogError | None = None
    outcome: Outcome
    requested_at: datetime
    answered_at: datetime | None = None
    quirks: list[str] = []


encode = json.Encoder().encode
decode = json.Decoder(LogRecord).decode
