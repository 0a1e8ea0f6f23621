"""What the service ``transactions`` owns: the ledger of sessions, and remote start and stop."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from msgspec import Struct, field

from libs.bus.message import Ask, Event
from libs.contracts.command import CommandResult
from libs.ocpp.message import Version

TransactionStatus = Literal["active", "ended"]

Flag = Literal[
    "unknown_token", "token_refused", "unknown_transaction", "offline", "late_events",
    "missing_events", "started_missing", "ended_missing", "begin_zero", "register_reset",
    "register_rollover", "register_decreased", "no_register", "clock_jump", "time_in_future",
    "time_before_start", "overlap", "closed_by_rule", "corrected_after_end", "never_identified",
    "estimated_end", "quarantined_message", "sequence_reused", "ended_twice",
]  # fmt: skip
"""What is odd about a session. Flags never lead to refusal; they are shown, and filtered for."""


class Gap(Struct, frozen=True, kw_only=True):
    """Missing sequence numbers, both inclusive."""

    first: int
    last: int


class PhasePower(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Highest and last power in watts of one phase (``total`` when a station tells no phases)."""

    phase: str
    max_w: float
    last_w: float


class TransactionView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A session. Energies in Wh, durations in seconds."""

    id: str
    """The ledger's own id (UUID), unique on the platform."""
    tenant: str
    station: str
    transaction: str
    """What the station calls it: 2.x transactionId; 1.6 the integer that we gave, as text."""
    version: Version
    status: TransactionStatus
    evse: int | None = None
    connector: int | None = None
    token: str | None = None
    token_type: str | None = None
    group: str | None = None
    authorization: str | None = None
    """The AuthorizationStatus that the token last got."""
    stop_authorization: str | None = None
    """The same of the token that stopped, or tried to."""
    remote_start_id: int | None = None
    reservation: int | None = None
    charging_state: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    start_trigger: str | None = None
    stop_trigger: str | None = None
    stop_reason: str | None = None
    stop_token: str | None = None
    meter_start_wh: Decimal | None = None
    meter_stop_wh: Decimal | None = None
    energy_wh: Decimal | None = None
    """Exact; so far while active. ``None`` when no register was reported."""
    exported_wh: Decimal | None = None
    duration_s: float = 0
    charging_s: float = 0
    idle_s: float = 0
    power: list[PhasePower] = []
    soc_start: float | None = None
    soc_last: float | None = None
    events: int = 0
    complete: bool = False
    """Ended, and every sequence number between first and last is here."""
    gaps: list[Gap] = []
    flags: list[Flag] = []
    revision: int = 1
    updated_at: datetime | None = None
    cdr: str | None = None


class SampleView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sampled value, as reported but with defaults spelled out; value in ``unit``."""

    measurand: str
    value: Decimal
    unit: str
    context: str = "Sample.Periodic"
    phase: str | None = None
    location: str = "Outlet"
    signed: dict[str, Any] | None = None


class MeterView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    at: datetime
    seq_no: int | None = None
    samples: list[SampleView]


class TransactionDetail(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A session with its latest meter values, oldest first; ``next`` pages on."""

    transaction: TransactionView
    meter_values: list[MeterView] = []
    next: str | None = None


class TransactionPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[TransactionView]
    next: str | None = None


class CdrView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An immutable charge detail record. A correction is a new one, naming what it ``corrects``."""

    id: str
    tenant: str
    transaction_id: str
    revision: int
    corrects: str | None = None
    created_at: datetime
    station: str
    evse: int | None = None
    connector: int | None = None
    token: str | None = None
    group: str | None = None
    started_at: datetime
    ended_at: datetime
    energy_wh: Decimal | None = None
    meter_start_wh: Decimal | None = None
    meter_stop_wh: Decimal | None = None
    charging_s: float = 0
    idle_s: float = 0
    stop_reason: str | None = None
    complete: bool = False
    flags: list[Flag] = []


class CdrPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[CdrView]
    next: str | None = None


class ListTransactions(Ask[TransactionPage]):
    """Newest first."""

    subject = "api.{tenant}.transactions.list"

    tenant: str
    station: str | None = None
    status: TransactionStatus | None = None
    token: str | None = None
    flag: Flag | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    after: str | None = None
    limit: int = 50


class GetTransaction(Ask[TransactionDetail]):
    """By the ledger's id."""

    subject = "api.{tenant}.transactions.get"

    tenant: str
    id: str
    after: str | None = None
    limit: int = 1000


class ListCdrs(Ask[CdrPage]):
    """Newest first; ``station``, ``token`` narrow."""

    subject = "api.{tenant}.transactions.cdrs"

    tenant: str
    station: str | None = None
    token: str | None = None
    transaction_id: str | None = None
    after: str | None = None
    limit: int = 50


class RemoteStarted(Struct, frozen=True, kw_only=True, omit_defaults=True):
    result: CommandResult
    remote_start_id: int | None = None
    refused: str | None = None
    """Set when the token may not start: nothing was sent (``result.status`` is ``error``)."""


class StartRemotely(Ask[RemoteStarted]):
    """RemoteStartTransaction or RequestStartTransaction. ``evse`` is a 1.6 connector there."""

    subject = "api.{tenant}.transactions.start"

    tenant: str
    station: str
    token: str
    type: str = "Central"
    evse: int | None = None
    charging_profile: dict[str, Any] | None = None
    timeout_seconds: float = 30


class StopRemotely(Ask[CommandResult]):
    """By the ledger's id, or by what the station calls it (needs no record here: TC_028)."""

    subject = "api.{tenant}.transactions.stop"

    tenant: str
    station: str
    transaction: str | None = None
    """Absent: the one active session of the station or of ``evse``; more are a ``Conflict``."""
    evse: int | None = None
    timeout_seconds: float = 30


# -- events --------------------------------------------------------------------------------------


class TransactionStarted(Event):
    subject = "event.{tenant}.transaction.started.{station}"

    station: str
    id: str
    transaction: str
    evse: int | None = None
    connector: int | None = None
    token: str | None = None
    started_at: datetime

    def key(self) -> str:
        return self.id


class TransactionUpdated(Event):
    """Something was added to a session: energy so far, power, state of charge."""

    subject = "event.{tenant}.transaction.updated.{station}"

    station: str
    id: str
    transaction: str
    seq_no: int | None = None
    evse: int | None = None
    token: str | None = None
    charging_state: str | None = None
    energy_wh: Decimal | None = None
    power_w: float | None = None
    soc: float | None = None
    revision: int = 1

    def key(self) -> str:
        return f"{self.id}/{self.revision}"


class TransactionEnded(Event):
    """The session is over; ``revision`` grows when late values change it."""

    subject = "event.{tenant}.transaction.ended.{station}"

    station: str
    id: str
    transaction: str
    evse: int | None = None
    token: str | None = None
    started_at: datetime
    ended_at: datetime
    energy_wh: Decimal | None = None
    stop_reason: str | None = None
    flags: list[Flag] = field(default_factory=list[Flag])
    revision: int = 1

    def key(self) -> str:
        return f"{self.id}/{self.revision}"


class ReservationUsed(Event):
    """A session names the reservation that it uses up (H03, 1.6 StartTransaction)."""

    subject = "event.{tenant}.transaction.reservation_used.{station}"

    station: str
    id: str
    transaction: str
    reservation: int
    evse: int | None = None
    token: str | None = None

    def key(self) -> str:
        return f"{self.id}/{self.reservation}"


class CdrCreated(Event):
    subject = "event.{tenant}.cdr.created.{station}"

    station: str
    cdr: CdrView

    def key(self) -> str:
        return self.cdr.id
