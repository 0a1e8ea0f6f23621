"""A token as decisions need it, and how two spellings of one compare."""

from datetime import datetime

from msgspec import Struct

from libs.contracts.authorization import AuthorizationStatus, TokenView


class Token(Struct, frozen=True, kw_only=True, gc=False):
    id: str
    type: str = "ISO14443"
    status: AuthorizationStatus = "Accepted"
    group: str | None = None
    master_pass: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    language: str | None = None
    evse_types: frozenset[str] | None = None
    stations: frozenset[str] | None = None
    concurrent_max: int | None = None


def fold(identifier: str) -> str:
    """Tokens are the same without regard to case (C01.FR.25; 1.6 CiString)."""
    return identifier.casefold()


def of_view(view: TokenView) -> Token:
    return Token(
        id=view.id,
        type=view.type,
        status=view.status,
        group=view.group,
        master_pass=view.master_pass,
        valid_from=view.valid_from,
        valid_to=view.valid_to,
        language=view.language,
        evse_types=None if view.evse_types is None else frozenset(view.evse_types),
        stations=None if view.stations is None else frozenset(view.stations),
        concurrent_max=view.concurrent_max,
    )
