"""What follows here from an event that several blocks wait for."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from libs.bus import Event
from services.devices.app import App, router

Follower = Callable[[App, Any], Awaitable[None]]
FollowerT = TypeVar("FollowerT", bound=Follower)

FOLLOWERS: dict[type[Event], list[Follower]] = {}


def after(kind: type[Event]) -> Callable[[FollowerT], FollowerT]:
    """Have it called for each such event, at least once and in no promised order. When one of them
    raises, the event comes again to all.
    """

    def register(follower: FollowerT) -> FollowerT:
        if kind not in FOLLOWERS:
            FOLLOWERS[kind] = []
            router.follows(kind)(tell)
        FOLLOWERS[kind].append(follower)
        return follower

    return register


async def tell(app: App, event: Event) -> None:
    for follower in FOLLOWERS[type(event)]:
        await follower(app, event)
