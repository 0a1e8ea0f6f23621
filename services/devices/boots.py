"""What follows here when a station booted, by block."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from libs.contracts.stations import StationBooted
from services.devices.app import App, router

Booted = Callable[[App, StationBooted], Awaitable[None]]
BootedT = TypeVar("BootedT", bound=Booted)

BOOTED: list[Booted] = []


def after_boot(handler: BootedT) -> BootedT:
    """Have it called for each boot, accepted or not, at least once and in no promised order."""
    BOOTED.append(handler)
    return handler


@router.follows(StationBooted)
async def on_booted(app: App, event: StationBooted) -> None:
    for handler in BOOTED:
        await handler(app, event)
