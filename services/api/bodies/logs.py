"""Logs as operators ask for them."""

from typing import Annotated

from msgspec import Meta, field

from libs.contracts.logs import LogKind, Via
from services.api.bodies.base import Body, Moment, Number

Location = Annotated[str, Meta(min_length=1, max_length=2000)]


class LogPost(Body, frozen=True, kw_only=True):
    """A log that a station is to upload (GetLog, GetDiagnostics)."""

    example = {"type": "diagnostics", "from": "2026-11-22T00:00:00Z", "retries": 3}

    type: LogKind = "diagnostics"
    """`data_collector` needs OCPP 2.1."""
    since: Moment | None = field(name="from", default=None)
    """Absent: as far back as there is."""
    until: Moment | None = field(name="to", default=None)
    """Absent: up to now."""
    retries: Number | None = None
    """How often the station tries again."""
    retry_interval: Number | None = None
    """Seconds between its tries."""
    location: Location | None = None
    """Where it uploads to; absent: to a place of ours, for one file."""
    via: Via | None = None
    """The action; absent: GetDiagnostics for the diagnostics of a 1.6 station that never showed
    that it has the security extension, else GetLog.
    """
