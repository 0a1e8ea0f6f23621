"""Tokens as operators see them."""

from datetime import UTC, datetime, timedelta

from msgspec import UNSET
from msgspec.structs import replace

from libs.bus import Conflict, Invalid, NotFound
from libs.contracts.authorization import (
    DeleteToken,
    GetToken,
    ListTokens,
    PutToken,
    TokenChanged,
    TokenPage,
    TokenView,
)
from libs.contracts.stations import Done
from services.authorization import store
from services.authorization.app import App, router
from services.authorization.token import fold

PAGE_MAX = 500
TOKEN_CHARACTERS_MAX = 255
TYPE_CHARACTERS_MAX = 20
GROUP_CHARACTERS_MAX = 36
LANGUAGE_CHARACTERS_MAX = 8
LIST_ITEMS_MAX = 1000
CHANGEABLE = (
    "type", "status", "group", "master_pass", "valid_from", "valid_to", "language", "evse_types",
    "stations", "concurrent_max",
)  # fmt: skip


@router.answers(GetToken)
async def get_token(app: App, ask: GetToken) -> TokenView:
    token = await store.token(app.pool, ask.tenant, fold(ask.token))
    if token is None:
        raise unknown(ask.token)
    return token


@router.answers(ListTokens)
async def list_tokens(app: App, ask: ListTokens) -> TokenPage:
    limit = min(max(ask.limit, 1), PAGE_MAX)
    tokens = await store.page(app.pool, ask, limit + 1)
    more = len(tokens) > limit
    return TokenPage(items=tokens[:limit], next=tokens[limit - 1].id if more else None)


@router.answers(PutToken)
async def put_token(app: App, ask: PutToken) -> TokenView:
    check_id(ask.token)
    now = datetime.now(UTC)
    async with app.outbox.transaction() as connection:
        new = await store.create(connection, ask.tenant, [ask.token])
        if ask.create_only and not new:
            raise Conflict(f"There is a token {ask.token!r} already.")
        before = await store.lock(connection, ask.tenant, fold(ask.token))
        if before is None:
            raise Conflict(f"Token {ask.token!r} is being removed.")
        after = changed(before, ask, now)
        check(after)
        await store.write(connection, after)
        news = TokenChanged(tenant=ask.tenant, at=after.changed_at or now, token=after.id)
        await app.outbox.add(connection, [news])
    app.memory.forget(ask.tenant, ask.token)
    return after


@router.answers(DeleteToken)
async def delete_token(app: App, ask: DeleteToken) -> Done:
    now = datetime.now(UTC)
    async with app.outbox.transaction() as connection:
        gone = await store.remove(connection, ask.tenant, fold(ask.token))
        if gone is None:
            raise unknown(ask.token)
        news = TokenChanged(tenant=ask.tenant, at=now, token=gone, removed=True)
        await app.outbox.add(connection, [news])
    app.memory.forget(ask.tenant, ask.token)
    return Done()


def unknown(token: str) -> NotFound:
    return NotFound(f"There is no token {token!r}.")


def changed(before: TokenView, ask: PutToken, now: datetime) -> TokenView:
    """What is given replaces what was; what is not given stays."""
    given = {name: value for name in CHANGEABLE if (value := getattr(ask, name)) is not UNSET}
    return replace(before, **given, changed_at=max(now, later(before)))


def later(before: TokenView) -> datetime:
    """Every change has its own time, for the event of each is told apart by it."""
    return (before.changed_at or datetime.min.replace(tzinfo=UTC)) + timedelta(microseconds=1)


# -- what is refused -----------------------------------------------------------------------------


def check_id(token: str) -> None:
    if not 1 <= len(token) <= TOKEN_CHARACTERS_MAX or not token.isprintable():
        raise Invalid(
            f"A token has 1 to {TOKEN_CHARACTERS_MAX} printable characters.", field="token"
        )


def check(token: TokenView) -> None:
    """Raise Invalid, naming the field, for what no station could be told."""
    for name, text, longest in (
        ("type", token.type, TYPE_CHARACTERS_MAX),
        ("group", token.group, GROUP_CHARACTERS_MAX),
        ("language", token.language, LANGUAGE_CHARACTERS_MAX),
    ):
        if text is not None and not (1 <= len(text) <= longest and text.isprintable()):
            raise Invalid(f"{name} has 1 to {longest} printable characters.", field=name)
    for name, moment in (("valid_from", token.valid_from), ("valid_to", token.valid_to)):
        if moment is not None and moment.tzinfo is None:
            raise Invalid(
                f"{name} needs its offset from UTC, as in 2026-01-01T00:00:00Z.", field=name
            )
    if token.valid_from and token.valid_to and token.valid_from >= token.valid_to:
        raise Invalid("valid_to is not after valid_from.", field="valid_to")
    for name, items in (("evse_types", token.evse_types), ("stations", token.stations)):
        if items is not None and len(items) > LIST_ITEMS_MAX:
            raise Invalid(f"{name} has at most {LIST_ITEMS_MAX} entries.", field=name)
    if token.concurrent_max is not None and not 0 <= token.concurrent_max < 2**31:
        raise Invalid("concurrent_max is 0 (no limit) or more.", field="concurrent_max")
