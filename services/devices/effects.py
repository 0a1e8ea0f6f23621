"""What follows here when a station answered: a block keeps in step with what was sent.

An effect may run again for the same request (we may end before it is noted that it ran), so it
must not mind.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from libs.ocpp.message import Version
from services.devices.app import App


class Asked(NamedTuple):
    """A CALL that a station answered with a CALLRESULT."""

    tenant: str
    station: str
    version: Version
    action: str
    call: Any
    """The request, of the type of its version."""
    answer: Any
    """The response, of the type of its version."""
    request: str
    at: datetime


Effect = Callable[[App, Asked], Awaitable[None]]
EffectT = TypeVar("EffectT", bound=Effect)

EFFECTS: dict[str, list[Effect]] = {}
"""By action."""


def effect(*actions: str) -> Callable[[EffectT], EffectT]:
    """Register a handler of answered calls of these actions, of whichever version."""

    def register(handler: EffectT) -> EffectT:
        for action in actions:
            EFFECTS.setdefault(action, []).append(handler)
        return handler

    return register


async def run(app: App, asked: Asked) -> None:
    for handler in EFFECTS.get(asked.action, ()):
        await handler(app, asked)
