"""Answers that are not simply a view of their owner."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Raw, Struct, field

from libs.bus.log import Direction, LogError
from libs.bus.log import Outcome as Ending
from libs.contracts.charging_profiles import BrokenRule, CompositeSchedule
from libs.contracts.command import CommandResult, Outcome
from libs.contracts.transactions import MeterView, TransactionView
from libs.ocpp.message import Version


class Sparse(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer that holds only what there is."""


class CallAnswer(Sparse, frozen=True, kw_only=True):
    """What became of an OCPP call.

    `answered`: `payload` is what the station answered. `error`: the station answered CALLERROR;
    `code`, `description` and `details` are its own. `timeout`: no answer in time, the station may
    still act. `offline`: the station is not connected.
    """

    status: Outcome
    request: str | None = None
    """Under this id is found what comes of it."""
    payload: dict[str, Any] | None = None
    code: str | None = None
    description: str | None = None
    details: dict[str, Any] | None = None
    hint: str | None = None
    """How to go on when it did not do what it was to do."""


class ProfileAnswer(CallAnswer, frozen=True, kw_only=True):
    """What became of a charging profile."""

    reason: str | None = None
    """The station's reasonCode, where it gave one."""
    broken_rules: list[BrokenRule] = field(default_factory=list[BrokenRule])
    """The rules of OCPP that the profile breaks; only a forced one is sent with any."""


class CompositeAnswer(CallAnswer, frozen=True, kw_only=True):
    """What a station will allow."""

    schedule: CompositeSchedule | None = None
    """The same for every version; `payload` is as the station answered it."""


class MonitoringAnswer(Sparse, frozen=True, kw_only=True):
    """What became of base and level; what was not asked for is absent."""

    base: CallAnswer | None = None
    level: CallAnswer | None = None


class StartAnswer(CommandResult, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a remote start; `refused`: why the token may not, and nothing was sent."""

    remote_start_id: int | None = None
    refused: str | None = None


class LogAnswer(CommandResult, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a request for a log; the log itself is `logs/{request}`."""

    request: str | None = None
    """Under this id everything that comes of it is found; absent when nothing was sent."""
    request_id: int | None = None
    """What the station names it by; GetDiagnostics has none."""
    location: str | None = None
    """Where the station uploads it to."""
    upload: str | None = None
    """Id of the place, when it is ours."""
    expires_at: datetime | None = None
    """Until then the place takes a file."""


class FirmwareAnswer(CommandResult, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a request that concerns firmware; how it goes on is `firmware/{request}`."""

    request: str | None = None
    """Under this id everything that comes of it is found; absent when nothing was sent."""
    request_id: int | None = None
    """What the station names it by, where the message has a number."""


class TransactionAnswer(TransactionView, frozen=True, kw_only=True, omit_defaults=True):
    """A session with its meter values, oldest first; `next` pages on through them."""

    meter_values: list[MeterView] = field(default_factory=list[MeterView])
    next: str | None = None


class Exchange(Struct, frozen=True, kw_only=True):
    """A request over a station's websocket and what became of it."""

    tenant: str
    station: str
    version: Version
    epoch: int
    edge: str
    direction: Direction
    """`up`: the station called; `down`: we did."""
    id: str
    action: str
    request: Raw
    response: Raw | None
    error: LogError | None
    outcome: Ending
    requested_at: datetime
    answered_at: datetime | None
    quirks: list[str]
    """What was mended, or odd, in it."""


class LogPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Exchanges with a station, newest first."""

    items: list[Exchange]
    next: str | None = None


class Health(Struct, frozen=True, kw_only=True):
    """`ok`: all that the API needs is there. `degraded`: what does not need the missing works."""

    status: Literal["ok", "degraded"]
    version: str
    nats: bool
    database: bool
    services: dict[str, bool]
    """Whether each owner of data answers."""
