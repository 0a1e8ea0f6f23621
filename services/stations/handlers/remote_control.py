"""Version-neutral commands: reset, availability, unlock, trigger (blocks B, F and G)."""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace

from libs.bus import Address, Invalid, NotFound
from libs.contracts import calling
from libs.contracts.command import (
    ChangeAvailability,
    CommandResult,
    ResetStation,
    TriggerMessage,
    UnlockConnector,
)
from libs.ocpp.dialect import Dialect
from libs.ocpp.message import Request, Version
from services.stations import command, habit, store, store_dialects
from services.stations.app import App, router

TIMEOUT_SECONDS_MAX = 300.0

CommandT = TypeVar("CommandT", ResetStation, ChangeAvailability, UnlockConnector, TriggerMessage)


@router.answers(ResetStation)
async def reset(app: App, ask: ResetStation) -> CommandResult:
    return await send(app, ask, command.reset)


@router.answers(ChangeAvailability)
async def change_availability(app: App, ask: ChangeAvailability) -> CommandResult:
    """The status shown changes with the station's own word, not with its promise (G03.FR.02)."""
    if ask.evse is not None or not await lacks_connector_zero(app, ask):
        return await send(app, ask, command.change_availability)
    return await each_connector(app, ask)


async def lacks_connector_zero(app: App, ask: ChangeAvailability) -> bool:
    known = await store_dialects.habit(app.pool, ask.tenant, ask.station)
    dialect = habit.find(app.book, known).dialect if known else None
    return dialect is not None and dialect.commands.whole_station == "connectors"


async def each_connector(app: App, ask: ChangeAvailability) -> CommandResult:
    """The whole station, one connector after the other. The answer is the first that is not
    Accepted; one that did not come ends it.
    """
    view = await store.view(app.pool, ask.tenant, ask.station)
    evses = [evse.id for evse in view.evses] if view is not None else []
    answers: list[CommandResult] = []
    for evse in evses or [1]:
        answers.append(await send(app, replace(ask, evse=evse), command.change_availability))
        if answers[-1].status != "answered":
            break
    odd = (one for one in answers if (one.payload or {}).get("status") != "Accepted")
    return next(odd, answers[-1])


@router.answers(UnlockConnector)
async def unlock(app: App, ask: UnlockConnector) -> CommandResult:
    return await send(app, ask, command.unlock)


@router.answers(TriggerMessage)
async def trigger(app: App, ask: TriggerMessage) -> CommandResult:
    return await send(app, ask, command.trigger)


async def send(
    app: App, ask: CommandT, spell: Callable[[Version, CommandT, Dialect | None], Request[Any]]
) -> CommandResult:
    """Spell the command in the station's version, call it, and say what became of it."""
    if not 0 < ask.timeout_seconds <= TIMEOUT_SECONDS_MAX:
        raise Invalid(
            f"A time-out is up to {TIMEOUT_SECONDS_MAX:.0f} seconds.", field="timeout_seconds"
        )
    known = await store_dialects.habit(app.pool, ask.tenant, ask.station)
    if known is None:
        raise NotFound(f"There is no station {ask.station!r}.")
    if known.version is None:
        return CommandResult(status="offline")
    request = spell(known.version, ask, habit.find(app.book, known).dialect)
    to = Address(ask.tenant, ask.station)
    return await calling.call(app.bus, to, request, ask.timeout_seconds)
