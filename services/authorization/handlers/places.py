"""Places follow the ledger: what it says began or ended, even when nobody asked us before."""

from libs.contracts.authorization import TokenChanged
from libs.contracts.transactions import TransactionEnded, TransactionStarted
from services.authorization import store
from services.authorization.app import App, router
from services.authorization.handlers.decision import SECONDS_PER_HOUR, limit_of
from services.authorization.place import Wish
from services.authorization.token import fold


@router.follows(TransactionStarted)
async def on_started(app: App, event: TransactionStarted) -> None:
    """A session that began without a decision of ours (we were away) holds its place too, full
    or not.
    """
    if event.token is None:
        return
    token = await app.memory.token(event.tenant, event.token)
    if token is None or not limit_of(app, token):
        return
    wish = Wish(station=event.station, purpose="start", transaction=event.id)
    seconds = app.config.session_place_hours * SECONDS_PER_HOUR
    async with app.outbox.transaction() as connection:
        folded = fold(token.id)
        if await store.lock(connection, event.tenant, folded) is not None:
            await store.take(connection, event.tenant, folded, wish, seconds)


@router.follows(TransactionEnded)
async def on_ended(app: App, event: TransactionEnded) -> None:
    await store.release(
        app.pool, event.tenant, [event.id], app.config.session_place_hours * SECONDS_PER_HOUR
    )


@router.hears(TokenChanged)
async def on_changed(app: App, event: TokenChanged) -> None:
    """Every instance hears it, so no memory is older than the way of an event."""
    app.memory.forget(event.tenant, event.token)
