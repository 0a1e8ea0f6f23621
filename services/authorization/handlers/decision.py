"""Whether a token may do something at a station: what is known, what is free, what follows."""

import asyncio
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from libs.bus import BusError, NotFound
from libs.contracts.authorization import Decide, Decision
from libs.contracts.transactions import GetTransaction
from libs.runtime import metrics
from services.authorization import admission, place, store
from services.authorization.admission import Facts, Place, Question
from services.authorization.app import App, router
from services.authorization.place import Held, Wish
from services.authorization.token import Token, fold

LEDGER_SECONDS = 2.0
YOUNG_SECONDS = 60.0
"""The ledger may not have written yet what it asked us for."""
SECONDS_PER_HOUR = 3600

accepted = metrics.counter("authorization_decisions_accepted", "tokens accepted")
refused = metrics.counter("authorization_decisions_refused", "tokens refused")


@router.answers(Decide)
async def on_decide(app: App, ask: Decide) -> Decision:
    return await decide(
        app,
        Question(
            tenant=ask.tenant,
            station=ask.station,
            token=ask.token,
            type=ask.type,
            purpose=ask.purpose,
            evse=ask.evse,
            at=ask.at or datetime.now(UTC),
            transaction=ask.transaction,
            started_by=ask.started_by,
            started_group=ask.started_group,
        ),
    )


async def decide(app: App, question: Question) -> Decision:
    """Without a limit on the token's sessions nothing is asked of the database."""
    facts = await find(app, question)
    decision = admission.decide(question, facts)
    token = facts.token
    if decision.status == "Accepted" and token is not None and question.purpose != "stop":
        limit = limit_of(app, token)
        if limit and await room(app, question, token, limit) == "full":
            decision = admission.decide(question, replace(facts, place="full"))
    if decision.status == "Accepted":
        accepted.value += 1
    else:
        refused.value += 1
    if token is None and decision.status == "Unknown":
        app.sightings.note(
            question.tenant, question.token, question.type, question.station, question.at
        )
    return decision


async def find(app: App, question: Question) -> Facts:
    token = await app.memory.token(question.tenant, question.token)
    if token is None:
        return Facts()
    parent = await app.memory.token(question.tenant, token.group) if token.group else None
    layout = None
    if token.evse_types is not None:
        layout = await app.layouts.of(question.tenant, question.station)
    return Facts(token=token, parent=parent, layout=layout)


def limit_of(app: App, token: Token) -> int:
    """Sessions at a time; 0 is no limit."""
    own = token.concurrent_max
    return app.config.concurrent_max_default if own is None else own


# -- places --------------------------------------------------------------------------------------


async def room(app: App, question: Question, token: Token, limit: int) -> Place:
    """Take a place if there is one. Before a token is refused, the ledger is asked whether the
    sessions that hold its places still run: what a crash left behind must not block it.
    """
    wish = Wish(
        station=question.station, purpose=question.purpose, transaction=question.transaction
    )
    for last_try in (False, True):
        held = await take(app, question.tenant, token, wish, limit)
        if held is None:
            return "free"
        if last_try or not await release_ended(app, question.tenant, held):
            break
    return "full"


async def take(app: App, tenant: str, token: Token, wish: Wish, limit: int) -> list[Held] | None:
    """None when the wish has its place now; else who holds them all. One at a time for each
    token.
    """
    folded = fold(token.id)
    async with app.outbox.transaction() as connection:
        if await store.lock(connection, tenant, folded) is None:
            return []
        held = await store.held(connection, tenant, folded)
        match place.judge(held, wish, limit):
            case "held":
                return None
            case "take":
                await store.take(connection, tenant, folded, wish, seconds_of(app, wish))
                return None
            case "full":
                return held


def seconds_of(app: App, wish: Wish) -> float:
    if wish.transaction is None:
        return app.config.pending_place_seconds
    return app.config.session_place_hours * SECONDS_PER_HOUR


async def release_ended(app: App, tenant: str, held: list[Held]) -> int:
    """Free the places of sessions that the ledger says are over or never were; how many that
    were.
    """
    settled = datetime.now(UTC) - timedelta(seconds=YOUNG_SECONDS)
    running = [
        one.transaction
        for one in held
        if one.transaction and not one.ended and one.taken_at < settled
    ]
    over = await asyncio.gather(*(is_over(app, tenant, transaction) for transaction in running))
    ended = [transaction for transaction, gone in zip(running, over, strict=True) if gone]
    if not ended:
        return 0
    return await store.release(
        app.pool, tenant, ended, app.config.session_place_hours * SECONDS_PER_HOUR
    )


async def is_over(app: App, tenant: str, transaction: str) -> bool:
    """Only a ledger that answers may free a place."""
    try:
        detail = await app.bus.ask(
            GetTransaction(tenant=tenant, id=transaction, limit=1), timeout=LEDGER_SECONDS
        )
    except NotFound:
        return True
    except BusError:
        return False
    return detail.transaction.status == "ended"
