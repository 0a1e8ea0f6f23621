"""What frees places, and what makes tokens in memory old."""

from libs.contracts.authorization import TokenChanged
from libs.contracts.transactions import TransactionEnded
from services.authorization import store
from services.authorization.app import App, router
from services.authorization.handlers.decision import SECONDS_PER_HOUR


@router.follows(TransactionEnded)
async def on_ended(app: App, event: TransactionEnded) -> None:
    """Starts are not followed: the ledger asks about each until it has an answer."""
    await store.release(
        app.pool, event.tenant, [event.id], app.config.session_place_hours * SECONDS_PER_HOUR
    )


@router.hears(TokenChanged)
async def on_changed(app: App, event: TokenChanged) -> None:
    """Every instance hears it, so no memory is older than the way of an event."""
    app.memory.forget(event.tenant, event.token)
