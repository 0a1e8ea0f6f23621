"""What follows here when a station was removed, by block."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from libs.contracts.stations import StationRemoved
from services.devices.app import App, router

Removed = Callable[[App, StationRemoved], Awaitable[None]]
RemovedT = TypeVar("RemovedT", bound=Removed)

REMOVED: list[Removed] = []


def after_removal(handler: RemovedT) -> RemovedT:
    """Have it called for each station that is gone, at least once and in no promised order."""
    REMOVED.append(handler)
    return handler


@router.follows(StationRemoved)
async def on_removed(app: App, event: StationRemoved) -> None:
    for handler in REMOVED:
        await handler(app, event)
