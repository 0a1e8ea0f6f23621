"""What follows here when a session began or ended, by block."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from libs.contracts.transactions import TransactionEnded, TransactionStarted
from services.devices.app import App, router

Started = Callable[[App, TransactionStarted], Awaitable[None]]
StartedT = TypeVar("StartedT", bound=Started)
Ended = Callable[[App, TransactionEnded], Awaitable[None]]
EndedT = TypeVar("EndedT", bound=Ended)

STARTED: list[Started] = []
ENDED: list[Ended] = []


def after_start(handler: StartedT) -> StartedT:
    """Have it called for each session that began, at least once and in no promised order."""
    STARTED.append(handler)
    return handler


def after_end(handler: EndedT) -> EndedT:
    """The same for each that ended, again for each revision of its end."""
    ENDED.append(handler)
    return handler


@router.follows(TransactionStarted)
async def on_started(app: App, event: TransactionStarted) -> None:
    for handler in STARTED:
        await handler(app, event)


@router.follows(TransactionEnded)
async def on_ended(app: App, event: TransactionEnded) -> None:
    for handler in ENDED:
        await handler(app, event)
