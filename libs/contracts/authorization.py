"""What the service ``authorization`` owns: id tokens, and the decision who may charge where."""

from datetime import datetime
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from libs.bus.message import Ask, Event
from libs.contracts.stations import Done

AuthorizationStatus = Literal[
    "Accepted", "Blocked", "ConcurrentTx", "Expired", "Invalid", "NoCredit",
    "NotAllowedTypeEVSE", "NotAtThisLocation", "NotAtThisTime", "Unknown",
]  # fmt: skip
"""OCPP 2.x AuthorizationStatusEnumType; 1.6 knows the first five but NoCredit."""

Purpose = Literal["authorize", "start", "stop", "remote_start"]
"""Why a decision is asked for. ``authorize``: OCPP Authorize. ``start``: a transaction reports
this token. ``stop``: a token ends a transaction. ``remote_start``: an operator or app starts for
this token."""


class TokenView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A token. ``id`` compares without regard to case; ``type`` is an OCPP 2.x IdTokenEnumType
    value.
    """

    tenant: str
    id: str
    type: str = "ISO14443"
    status: AuthorizationStatus = "Accepted"
    group: str | None = None
    master_pass: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    language: str | None = None
    evse_types: list[str] | None = None
    """Connector types that it may use (OCPP ConnectorEnumType); absent = all."""
    stations: list[str] | None = None
    """Stations that it may use; absent = all."""
    concurrent_max: int | None = None
    """Sessions at a time; absent = the platform's default."""
    created_at: datetime | None = None
    changed_at: datetime | None = None


class TokenPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[TokenView]
    next: str | None = None


class Step(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of the pipeline and what it found; the last one decided."""

    name: str
    passed: bool
    reason: str


class Decision(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to :class:`Decide`: everything that an OCPP answer of any version needs."""

    status: AuthorizationStatus
    reason: str
    steps: list[Step] = []
    group: str | None = None
    master_pass: bool = False
    expires_at: datetime | None = None
    language: str | None = None
    evses: list[int] | None = None
    """EVSEs of the station that it may use, when not all."""


class Decide(Ask[Decision]):
    """Whether a token may do something at a station.

    For ``start``, ``transaction`` (the ledger's id) holds the token's place among concurrent
    sessions, atomically, until the ledger's ended event; asking again for the same transaction
    is the same question. For ``authorize`` and ``remote_start`` the place is held for a short
    time under the station's name. For ``stop``, ``started_by`` and ``started_group`` are what
    started the transaction.
    """

    subject = "api.{tenant}.authorization.decide"

    tenant: str
    station: str
    token: str
    type: str = "ISO14443"
    """Empty: not told, as by 1.6; then a token of any type is meant."""
    purpose: Purpose = "authorize"
    evse: int | None = None
    transaction: str | None = None
    at: datetime | None = None
    """When it was presented, if that was earlier (offline); absent = now."""
    started_by: str | None = None
    started_group: str | None = None


class GetToken(Ask[TokenView]):
    subject = "api.{tenant}.authorization.get"

    tenant: str
    token: str


class ListTokens(Ask[TokenPage]):
    subject = "api.{tenant}.authorization.list"

    tenant: str
    after: str | None = None
    limit: int = 50
    group: str | None = None
    status: AuthorizationStatus | None = None
    search: str | None = None


class PutToken(Ask[TokenView]):
    """Creates or changes; what is not given stays as it is, ``None`` takes it away."""

    subject = "api.{tenant}.authorization.put"

    tenant: str
    token: str
    create_only: bool = False
    """Error ``Conflict`` when it is there (HTTP POST)."""
    type: str | UnsetType = UNSET
    status: AuthorizationStatus | UnsetType = UNSET
    group: str | UnsetType | None = UNSET
    master_pass: bool | UnsetType = UNSET
    valid_from: datetime | UnsetType | None = UNSET
    valid_to: datetime | UnsetType | None = UNSET
    language: str | UnsetType | None = UNSET
    evse_types: list[str] | UnsetType | None = UNSET
    stations: list[str] | UnsetType | None = UNSET
    concurrent_max: int | UnsetType | None = UNSET


class DeleteToken(Ask[Done]):
    subject = "api.{tenant}.authorization.delete"

    tenant: str
    token: str


class TokenChanged(Event):
    """Created, changed or removed: whoever remembers this token forgets it."""

    subject = "event.{tenant}.token.changed.{token}"

    token: str
    removed: bool = False

    def key(self) -> str:
        return f"{self.token}/{self.at.timestamp()}"
