"""When the rules look at a session next: nothing is asked of a session that is well."""

from datetime import datetime, timedelta

from msgspec import Struct

from services.transactions import bill
from services.transactions.record import Session


class Patience(Struct, frozen=True, kw_only=True):
    """How long the rules wait before they look."""

    look: timedelta = timedelta(minutes=15)
    """At an active session, again and again."""
    gap: timedelta = timedelta(minutes=5)
    """At the gaps of an ended one: what is missing may still be queued at the station."""


def due_at(session: Session, now: datetime, patience: Patience) -> datetime | None:
    if not session.ended:
        return now + patience.look
    if bill.has_gaps(session.state) and not session.history.gaps_asked:
        return now + patience.gap
    return None
