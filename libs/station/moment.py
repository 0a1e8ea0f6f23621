"""What happens in a transaction, in words that belong to no version; queued, persisted and told by
a dialect.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from libs.station.meter import Reading
from libs.station.table import Cause, ChargingState, TriggerReason

Kind = Literal["Started", "Updated", "Ended"]

Context = Literal[
    "Transaction.Begin", "Transaction.End", "Sample.Periodic", "Sample.Clock", "Trigger",
]  # fmt: skip


class Token(Struct, frozen=True):
    """An identifier that somebody presents; its type matters to 2.x only."""

    id: str
    type: str = "ISO14443"

    @property
    def key(self) -> str:
        """Tokens are equal if this is: their case does not matter (C01.FR.25, 1.6 3.15)."""
        return self.id.casefold()


class Verdict(Struct, frozen=True, omit_defaults=True):
    """What is known about a token. ``status`` is an AuthorizationStatus of the version."""

    status: str
    group: str | None = None
    expires: datetime | None = None

    @property
    def accepted(self) -> bool:
        return self.status == "Accepted"


class Sample(Struct, frozen=True):
    """A reading, when and why it was taken, and what of it is to be told."""

    at: datetime
    context: Context
    measurands: tuple[str, ...]
    reading: Reading


class Moment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of a transaction: becomes a TransactionEvent, or a Start-, StopTransaction or
    MeterValues of 1.6.
    """

    transaction: str
    seq: int
    kind: Kind
    trigger: TriggerReason
    at: datetime
    evse: int
    register_mwh: int
    charging: ChargingState | None = None
    offline: bool = False
    introduces: bool = False
    """Names the EVSE: told once (2.x)."""
    token: Token | None = None
    samples: tuple[Sample, ...] = ()
    cause: Cause | None = None
    remote_start_id: int | None = None
    reservation: int | None = None
    phases: int | None = None
    charging_seconds: int | None = None


class Transaction(Struct, kw_only=True):
    """A running transaction; it survives a power cut, so that its end can still be told."""

    id: str
    evse: int
    started_at: datetime
    begin_mwh: int
    seq: int = 0
    """Sequence number of the next moment."""
    token: Token | None = None
    charging_seconds: float = 0.0
    phases: int | None = None
    cause: Cause | None = None
    """Why it is about to end, once that is decided."""
    series: list[Sample] = []
    """Samples for the last message (TxEnded*, StopTxn*)."""


class Session(Struct, frozen=True, kw_only=True):
    """The truth about a transaction that ended: what the meter itself counted."""

    transaction: str
    evse: int
    token: str | None
    started_at: datetime
    ended_at: datetime
    begin_mwh: int
    end_mwh: int
    cause: Cause
    moments: int
    """How many moments it had: sequence numbers 0 to ``moments - 1``."""

    @property
    def energy_wh(self) -> float:
        return (self.end_mwh - self.begin_mwh) / 1000


Outcome = Literal["waiting", "answered", "given up", "shed"]


class Told(Struct, kw_only=True):
    """A transaction message and what became of it; a chaos test holds these against the ledger."""

    moment: Moment
    ids: list[str] = []
    """The message id of each attempt."""
    outcome: Outcome = "waiting"
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    alias: int | None = None
    """The transactionId that a 1.6 server gave."""
