"""The version-neutral event of a session: what a station reported once, however it is called."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

Kind = Literal["started", "updated", "ended"]

PLAIN, BEGIN, END = 0, 1, 2
MARKS: dict[str | None, int] = {"Transaction.Begin": BEGIN, "Transaction.End": END}
"""Reading contexts that say where in the session a register was read."""


class Reading(Struct, frozen=True, gc=False):
    """What counts of all that was sampled at one moment."""

    at: datetime
    registers: list[tuple[str, Decimal, int]] = []
    """``(track, Wh, mark)``."""
    power: list[tuple[str, float]] = []
    """``(phase, W)``."""
    soc: float | None = None


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """One message of a session. Times are UTC."""

    kind: Kind
    at: datetime
    received_at: datetime
    seq: int | None = None
    """2.x; ``None`` makes it an entry of 1.6."""
    digest: bytes = b""
    """1.6: what tells this message from others of its kind; 2.x: where it says no time."""
    readings: list[Reading] = []
    trigger: str | None = None
    reason: str | None = None
    charging_state: str | None = None
    time_spent_charging: int | None = None
    offline: bool = False
    """The station says that it was."""
    queued: bool = False
    """It was, by the time that passed until this came."""
    evse: int | None = None
    connector: int | None = None
    token: str | None = None
    token_type: str | None = None
    stops: bool = False
    """The token ends the session, or tries to."""
    remote_start_id: int | None = None
    reservation: int | None = None

    def identity(self) -> tuple[object, ...]:
        """Equal for the same event sent again: message ids play no part."""
        if self.seq is not None:
            # A station whose counter restarts reports new events under old numbers; a retry repeats
            # number, kind and time.
            return (self.seq, self.kind, self.digest or self.at)
        return (self.kind,) if self.kind == "started" else (self.kind, self.digest)


def storable(text: str) -> str:
    """A station's text as PostgreSQL takes it, which knows no NUL."""
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


def utc(at: datetime) -> datetime:
    """The same moment in UTC; the first and last day of the calendar keep their hours."""
    if at.tzinfo is UTC:
        return at
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return at.replace(tzinfo=UTC)
