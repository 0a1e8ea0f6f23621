"""What this service answers, follows and hears, by functional block."""

from services.authorization.app import router
from services.authorization.handlers import (
    authorize,
    decision,
    list_news,
    local_list,
    places,
    registry,
)

__all__ = [
    "authorize",
    "decision",
    "list_news",
    "local_list",
    "places",
    "registry",
    "router",
]
