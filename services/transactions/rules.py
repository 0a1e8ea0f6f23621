"""What to do about a session that nobody ends: decided from facts and the time, by nobody else.

Closing never invents energy, and a late message of the station replaces whatever was estimated.
"""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from libs.ocpp.message import Version
from services.transactions.record import Closed


class Limits(Struct, frozen=True, kw_only=True):
    """How long each oddity is borne."""

    superseded: timedelta = timedelta(minutes=5)
    """An active session whose EVSE has a newer one: its end may still be queued at the station."""
    available: timedelta = timedelta(minutes=5)
    """An active 1.6 session whose connector says Available."""
    silent: timedelta = timedelta(hours=1)
    """An active session that says nothing: a 2.x station is asked."""
    never_ending: timedelta = timedelta(days=7)
    """An active session of any kind: flagged."""


class Case(Struct, frozen=True, kw_only=True):
    """What is known of a session that is due."""

    version: Version
    ended: bool
    has_gaps: bool
    started_at: datetime
    last_at: datetime
    """The time of its last message, by the station."""
    heard_at: datetime
    """The same by our clock."""
    flagged: bool = False
    """As never ending, already."""
    superseded_at: datetime | None = None
    """When the next session began at its EVSE, by the station."""
    superseded_heard_at: datetime | None = None
    available_at: datetime | None = None


class Status(Struct, frozen=True):
    """What a station answered to GetTransactionStatus; ``None`` when it could not be asked."""

    ongoing: bool | None = None
    queued: bool | None = None


class Wait(Struct, frozen=True):
    """Nothing to do now."""


class Ask(Struct, frozen=True):
    """Ask the station what it knows (GetTransactionStatus), then decide by :func:`answered`."""

    why: Literal["gaps", "superseded", "silent"]


class Close(Struct, frozen=True):
    """End the session without the station."""

    closed: Closed


class Settle(Struct, frozen=True):
    """Nothing more will come: the gaps stay."""


class Flag(Struct, frozen=True):
    """It never ends."""


Verdict = Wait | Ask | Close | Settle | Flag


def judge(case: Case, limits: Limits, now: datetime) -> Verdict:
    """What to do about a session, before its station is asked."""
    if case.ended:
        return Ask("gaps") if case.has_gaps and case.version != "v16" else Wait()
    since = case.superseded_heard_at
    if since is not None and now - since >= limits.superseded:
        return Ask("superseded") if case.version != "v16" else Close(superseded(case))
    if _is_free(case, limits, now):
        return Close(Closed("available", max(case.last_at, case.available_at or case.last_at)))
    if case.version != "v16" and now - case.heard_at >= limits.silent:
        return Ask("silent")
    return _long(case, limits, now)


def answered(case: Case, ask: Ask, status: Status, limits: Limits, now: datetime) -> Verdict:
    """What to do once the station was asked; a station that is offline is asked again later."""
    if status.queued is None and status.ongoing is None:
        return _long(case, limits, now)
    if status.queued:
        return Wait()
    match ask.why:
        case "gaps":
            return Settle()
        case "superseded":
            return Close(superseded(case)) if not status.ongoing else _long(case, limits, now)
        case "silent":
            if status.ongoing is False:
                return Close(Closed("not_ongoing", case.last_at))
            return _long(case, limits, now)


def superseded(case: Case) -> Closed:
    """It was over at the latest when the next one began."""
    return Closed("superseded", case.last_at, case.superseded_at)


def _is_free(case: Case, limits: Limits, now: datetime) -> bool:
    """A 1.6 connector that is Available has no car: the StopTransaction is late or lost."""
    since = case.available_at
    if case.version != "v16" or since is None:
        return False
    return now - since >= limits.available and case.heard_at < since + limits.available


def _long(case: Case, limits: Limits, now: datetime) -> Verdict:
    endless = not case.ended and now - case.started_at >= limits.never_ending
    return Flag() if endless and not case.flagged else Wait()
