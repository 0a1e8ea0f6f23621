"""Who presented a token, and may they? Asked of ``authorization`` once the message is committed."""

from functools import partial

from libs.bus import BusError, Unavailable
from libs.contracts.authorization import Decide, Decision, Purpose
from services.transactions.app import App
from services.transactions.batch import Note, Receipt
from services.transactions.entries_v2 import NO_AUTHORIZATION
from services.transactions.entry import Entry
from services.transactions.record import Session

UNCHECKED = Decision(status="Accepted", reason="The station charges without authorization (C02).")
NOT_NOW = Decision(
    status="NotAtThisTime", reason="The session belongs to another token, which was refused."
)
NO_TYPE = ""
"""1.6 does not say of which kind an idTag is; authorization then takes any."""


async def decide(app: App, receipt: Receipt, entry: Entry) -> Decision:
    """The decision about the token of an entry, recorded with its session.

    Unavailable when ``authorization`` is away for longer than our patience: then the station is not
    answered and sends its message again, which is the same question.
    """
    if refused_before(receipt, entry):
        return NOT_NOW
    if entry.token_type == NO_AUTHORIZATION:
        decision = UNCHECKED
    else:
        patience = app.config.authorization_patience_seconds
        try:
            decision = await app.bus.ask_patiently(question(receipt, entry), patience)
        except BusError as error:
            raise Unavailable(f"No decision about the token: {error}") from error
    known = (receipt.authorization, receipt.group)
    if entry.stops or known != (decision.status, decision.group):
        change = partial(record, entry=entry, decision=decision)
        await app.ledger.note(Note(*receipt.key, change))
    return decision


def refused_before(receipt: Receipt, entry: Entry) -> bool:
    """C01.FR.24: whether somebody else presents a token to a session that was refused its own."""
    return (
        not entry.stops
        and receipt.authorization not in {None, "Accepted"}
        and not same(receipt.token, entry.token)
    )


def same(one: str | None, other: str | None) -> bool:
    """Tokens compare without regard to case (C01.FR.25)."""
    return (one or "").casefold() == (other or "").casefold()


def question(receipt: Receipt, entry: Entry) -> Decide:
    # Who ends a session that nobody is known to have started is asked about as its starter.
    stops = entry.stops and receipt.token is not None
    purpose: Purpose = "stop" if stops else "start"
    return Decide(
        tenant=receipt.key.tenant,
        station=receipt.key.station,
        token=entry.token or "",
        type=entry.token_type or NO_TYPE,
        purpose=purpose,
        evse=receipt.evse,
        transaction=receipt.id,
        # Only what a station saw offline is judged by its clock.
        at=entry.at if entry.offline or entry.queued else entry.received_at,
        started_by=receipt.token if stops else None,
        started_group=receipt.group if stops else None,
    )


def record(session: Session, entry: Entry, decision: Decision) -> bool:
    """Put a decision into a session; whether it was news."""
    history = session.history
    before = (history.authorization, history.group, history.stop_authorization)
    if entry.stops:
        history.stop_authorization = decision.status
    owner = session.state.token
    if owner is None or (not entry.stops and same(owner, entry.token)):
        history.authorization, history.group = decision.status, decision.group
    return before != (history.authorization, history.group, history.stop_authorization)
