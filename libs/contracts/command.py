"""Version-neutral commands to a station, and the outcome, the same for every command and every
version.

The service ``stations`` answers them.
"""

from typing import Any, Literal

from msgspec import Struct

from libs.bus.message import Ask

Outcome = Literal["answered", "error", "timeout", "offline"]

INVALID_ANSWER = "the station's answer is not valid"
"""How the description of an ``error`` begins that is no CALLERROR: the station did answer, and no
one can read it.
"""


class CommandResult(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a CALL to a station.

    ``answered``: ``payload`` is what the station answered, as JSON of its version; its
    ``status`` may well be ``Rejected``. ``error``: the station answered CALLERROR; ``code``,
    ``description`` and ``details`` are its own. ``timeout``: nothing came in time (the station
    may still act). ``offline``: no edge holds its socket.
    """

    status: Outcome
    version: str | None = None
    action: str | None = None
    payload: dict[str, Any] | None = None
    code: str | None = None
    description: str | None = None
    details: dict[str, Any] | None = None
    hint: str | None = None
    """How to go on when it did not do what it was to do."""


class ResetStation(Ask[CommandResult]):
    """``hard``: 1.6 Hard, 2.x Immediate; else 1.6 Soft, 2.x OnIdle. ``evse`` needs 2.x."""

    subject = "api.{tenant}.stations.reset"

    tenant: str
    station: str
    hard: bool = False
    evse: int | None = None
    timeout_seconds: float = 30


class ChangeAvailability(Ask[CommandResult]):
    subject = "api.{tenant}.stations.availability"

    tenant: str
    station: str
    operative: bool
    evse: int | None = None
    connector: int | None = None
    timeout_seconds: float = 30


class UnlockConnector(Ask[CommandResult]):
    subject = "api.{tenant}.stations.unlock"

    tenant: str
    station: str
    evse: int = 1
    connector: int = 1
    timeout_seconds: float = 30


class TriggerMessage(Ask[CommandResult]):
    """``message`` is the requested action as the station's version names it."""

    subject = "api.{tenant}.stations.trigger"

    tenant: str
    station: str
    message: str
    evse: int | None = None
    connector: int | None = None
    timeout_seconds: float = 30
