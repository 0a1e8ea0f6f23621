"""What happens to stations and tokens, and what it means for local lists."""

from libs.contracts.authorization import TokenChanged
from libs.contracts.command import CommandResult
from libs.contracts.customers import CustomerCleared
from libs.contracts.devices import StationAsked
from libs.contracts.local_lists import PartSent
from libs.contracts.stations import (
    StationBooted,
    StationChanged,
    StationConnected,
    StationRemoved,
)
from services.authorization import list_spelling, lists, local_list, store_lists
from services.authorization.app import App, router
from services.authorization.lists import Turn
from services.authorization.local_list import Knowledge
from services.authorization.token import fold

SETTLE_SECONDS = 1.0
"""A station that just connected or booted has more to say first."""
BUSY_SECONDS = 20.0


@router.follows(TokenChanged)
async def on_token(app: App, event: TokenChanged) -> None:
    await store_lists.due_for_tokens(app.pool, event.tenant, app.config.list_coalesce_seconds)


@router.follows(StationBooted)
async def on_booted(app: App, event: StationBooted) -> None:
    """It may have lost its list, or have another one; what it refused before, it may take now."""
    if event.status == "Accepted":
        key = (event.tenant, event.station)
        await store_lists.due(app.pool, key, SETTLE_SECONDS, check=True)


@router.follows(StationConnected)
async def on_connected(app: App, event: StationConnected) -> None:
    await store_lists.due(app.pool, (event.tenant, event.station), SETTLE_SECONDS)


@router.follows(StationChanged)
async def on_changed(app: App, event: StationChanged) -> None:
    """It may be spoken to again (automatic)."""
    await store_lists.due(app.pool, (event.tenant, event.station))


@router.follows(StationRemoved)
async def on_removed(app: App, event: StationRemoved) -> None:
    await store_lists.remove(app.pool, (event.tenant, event.station))


@router.follows(CustomerCleared)
async def on_cleared(app: App, event: CustomerCleared) -> None:
    """N10.FR.02: who was forgotten must leave the list too, whether it is kept in step or not."""
    await store_lists.cleared(app.pool, (event.tenant, event.station), fold(event.token))


# -- raw calls of operators ----------------------------------------------------------------------


@router.follows(StationAsked)
async def on_asked(app: App, event: StationAsked) -> None:
    if event.action not in {"SendLocalList", "GetLocalListVersion"}:
        return
    key = (event.tenant, event.station)
    async with lists.claimed(app, key, BUSY_SECONDS) as row:
        turn = await lists.turn(app, row, event.version, BUSY_SECONDS)
        if event.action == "SendLocalList":
            await sent(app, turn, event)
        else:
            await told(app, turn, event)
    await store_lists.due(app.pool, key)


async def sent(app: App, turn: Turn, event: StationAsked) -> None:
    """Its news may be late, or come twice: then something newer is known, and is doubted."""
    last = turn.row.last
    if last is not None and event.at == last.at:
        return
    part = list_spelling.read(event.version, event.payload)
    result = result_of(event)
    known = local_list.heard(turn.known, part, local_list.answer_of(result))
    if last is not None and event.at < last.at:
        known = Knowledge(version=max(part.version, turn.known.version))
    sent = PartSent(
        at=event.at,
        type=part.type,
        version=part.version,
        entries=len(part.puts),
        removed=len(part.removes),
        result=result,
    )
    await lists.keep(app, turn, turn.known, known, sent)


async def told(app: App, turn: Turn, event: StationAsked) -> None:
    version = lists.version_of(result_of(event))
    if version is None:
        return
    known = local_list.learn_version(turn.known, version)
    await lists.keep(app, turn, turn.known, known, None)
    await store_lists.set_told(app.pool, turn.row.key, version)


def result_of(event: StationAsked) -> CommandResult:
    return CommandResult(
        status=event.status,
        version=event.version,
        action=event.action,
        payload=event.answer,
        code=event.code,
        description=event.description,
    )
