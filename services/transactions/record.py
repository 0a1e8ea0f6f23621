"""A session as the ledger holds it: what the station reported, and what became known beside it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from msgspec import Struct, msgpack

from libs.ocpp.message import Version
from services.transactions import bill, flags
from services.transactions.session import State

if TYPE_CHECKING:
    from services.transactions.store import Found

Rule = Literal["superseded", "available", "not_ongoing"]

REFUSED_UNKNOWN = ("Invalid", "Unknown")


class Closed(Struct, frozen=True, array_like=True):
    """The ledger ended a session whose end was never reported. ``at`` is an estimate."""

    rule: Rule
    at: datetime
    superseded_at: datetime | None = None
    """When the next session began at the same EVSE."""


class History(Struct, array_like=True, kw_only=True):
    """What is known of a session beside its entries."""

    revision: int = 0
    flags: int = 0
    """Of how it came to be known: late events, corrections, quarantined messages, never ending."""
    authorization: str | None = None
    group: str | None = None
    stop_authorization: str | None = None
    remote_start_id: int | None = None
    closed: Closed | None = None
    cdr: str | None = None
    """The one that counts."""
    gaps_asked: bool = False
    """The station said that nothing more will come."""


class Head(Struct, frozen=True, gc=False):
    """What a session's row says in columns, to be found by."""

    active: bool
    evse: int | None
    token: str | None
    flags: int
    started_at: datetime
    ended_at: datetime | None


class Session(Struct, kw_only=True):
    """One session, its row and its state. ``mark`` changes with each write of the row."""

    id: str
    tenant: str
    station: str
    transaction: str
    version: Version
    state: State
    history: History
    mark: int = 0
    head: "Head | None" = None
    """As it is in the row, if it was written by us."""

    @property
    def ended(self) -> bool:
        return self.state.ended_at is not None or self.history.closed is not None

    @property
    def started_at(self) -> datetime:
        return self.state.started_at or self.state.first_at

    @property
    def ended_at(self) -> datetime | None:
        """By the station, else the estimate."""
        closed = self.history.closed
        if self.state.ended_at is not None or closed is None:
            return self.state.ended_at
        return max(closed.at, self.state.at)

    @property
    def token(self) -> str | None:
        """The token that is billed: who is only known to have stopped, has charged."""
        state = self.state
        return state.token if state.token is not None else state.stop_token

    @property
    def token_type(self) -> str | None:
        state = self.state
        return state.token_type if state.token is not None else state.stop_token_type

    @property
    def flags(self) -> int:
        """All of them."""
        history = self.history
        bits = history.flags | bill.all_flags(self.state, ended=self.ended)
        if history.authorization not in {None, "Accepted"}:
            bits |= flags.TOKEN_REFUSED
            if history.authorization in REFUSED_UNKNOWN:
                bits |= flags.UNKNOWN_TOKEN
        closed, ended_at = history.closed, self.state.ended_at
        if ended_at is not None:
            bits &= ~flags.ENDED_MISSING
        if closed is not None and ended_at is None:
            bits |= flags.CLOSED_BY_RULE | flags.ESTIMATED_END | flags.ENDED_MISSING
        elif closed is not None and closed.superseded_at and ended_at is not None:
            bits |= flags.OVERLAP if ended_at > closed.superseded_at else 0
        return bits

    def summary(self) -> Head:
        return Head(
            not self.ended, self.state.evse, self.token, self.flags, self.started_at, self.ended_at
        )


class _Body(Struct, array_like=True):
    state: State
    history: History


_encode = msgpack.Encoder().encode
_decode = msgpack.Decoder(_Body).decode


def pack(session: Session) -> bytes:
    """State and history as the row keeps them."""
    return _encode(_Body(session.state, session.history))


def unpack(body: bytes) -> tuple[State, History]:
    found = _decode(body)
    return found.state, found.history


def session_of(found: "Found") -> Session:
    """The session of a row."""
    state, history = unpack(found.body)
    return Session(
        id=found.id,
        tenant=found.tenant,
        station=found.station,
        transaction=found.transaction,
        version=found.version,
        state=state,
        history=history,
        mark=found.mark,
    )


def new_id(now: datetime, randomness: int) -> str:
    """An id (RFC 9562, version 7) whose order is that of its making; ``randomness`` has 74 bits."""
    milliseconds = int(now.astimezone(UTC).timestamp() * 1000)
    high, low = randomness >> 62 & 0xFFF, randomness & (1 << 62) - 1
    return str(UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))
