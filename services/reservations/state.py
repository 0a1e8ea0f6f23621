"""What a reservation is, and what what is heard of it makes of it. Pure."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from msgspec import Struct

from libs.contracts.command import CommandResult
from libs.contracts.reservations import End, ReservationState
from libs.ocpp.message import Version

OPEN: frozenset[ReservationState] = frozenset({"asked", "active", "uncertain"})
"""The station keeps the place, or may keep it."""

CORRECTED: dict[ReservationState, frozenset[End]] = {
    "expired": frozenset({"used", "removed", "cancelled", "no_transaction"}),
    "removed": frozenset({"used", "cancelled", "no_transaction"}),
    "used": frozenset({"no_transaction"}),
}
"""What a station says later beats what we concluded: a session that began offline is told late, and
its clock need not be ours.
"""

EXPIRY_TOLERANCE = timedelta(seconds=60)
"""So much a station's clock may differ from ours when it frees a place because time is over."""


class Wish(Struct, frozen=True, kw_only=True):
    """What a station is asked to keep. ``number`` is the id that the station knows."""

    number: int
    token: str
    token_type: str | None = None
    group: str | None = None
    evse: int | None = None
    connector_type: str | None = None
    expires_at: datetime


class Row(Struct, frozen=True, kw_only=True):
    """A reservation as it is kept."""

    id: int
    tenant: str
    station: str
    number: int
    state: ReservationState
    version: Version | None
    token: str
    token_type: str | None
    group_id: str | None
    evse: int | None
    connector_type: str | None
    expires_at: datetime
    answer: str | None
    reason: str | None
    asked_by: str
    request: str | None
    transaction: str | None
    made_at: datetime
    ended_at: datetime | None
    cancelling_at: datetime | None

    @property
    def open(self) -> bool:
        return self.state in OPEN


class Word(Struct, frozen=True, kw_only=True):
    """How a reservation ended, as heard."""

    why: End
    at: datetime
    transaction: str | None = None
    reason: str | None = None


class Answer(NamedTuple):
    """What ReserveNow came to."""

    state: ReservationState
    answer: str | None = None
    reason: str | None = None


def answered(result: CommandResult) -> Answer:
    match result.status:
        case "answered":
            payload = result.payload or {}
            status = str(payload.get("status"))
            info: dict[str, str] = payload.get("statusInfo") or {}
            reason = ": ".join(
                info[name] for name in ("reasonCode", "additionalInfo") if name in info
            )
            return Answer("active" if status == "Accepted" else "refused", status, reason or None)
        case "timeout":
            return Answer("uncertain", reason="the station did not answer in time")
        case "error":
            return Answer("unreached", reason=f"{result.code}: {result.description}")
        case "offline":
            return Answer("unreached", reason="the station was not connected")


def may_end(now: ReservationState, why: End) -> bool:
    return now in OPEN or why in CORRECTED.get(now, ())


def by_status(row: Row, status: str, previous: str | None, at: datetime) -> End | None:
    """1.6 tells the end of a reservation by the status of its connector alone."""
    if status in {"Faulted", "Unavailable"}:
        return "removed"
    if previous != "Reserved" or status != "Available" or row.cancelling_at is not None:
        return None
    return "expired" if at >= row.expires_at - EXPIRY_TOLERANCE else "removed"


UPDATES: dict[Literal["Expired", "Removed", "NoTransaction"], End] = {
    "Expired": "expired",
    "Removed": "removed",
    "NoTransaction": "no_transaction",
}
"""ReservationStatusUpdate of 2.x."""
