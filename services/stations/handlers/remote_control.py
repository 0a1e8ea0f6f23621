"""Version-neutral commands: reset, availability, unlock, trigger (blocks B, F and G)."""

from collections.abc import Callable
from typing import Any, TypeVar

from libs.bus import Address, Invalid, NotFound
from libs.contracts import calling
from libs.contracts.command import (
    ChangeAvailability,
    CommandResult,
    ResetStation,
    TriggerMessage,
    UnlockConnector,
)
from libs.ocpp.message import Request, Version
from services.stations import command, store
from services.stations.app import App, router

TIMEOUT_SECONDS_MAX = 300.0

CommandT = TypeVar("CommandT", ResetStation, ChangeAvailability, UnlockConnector, TriggerMessage)


@router.answers(ResetStation)
async def reset(app: App, ask: ResetStation) -> CommandResult:
    return await send(app, ask, command.reset)


@router.answers(ChangeAvailability)
async def change_availability(app: App, ask: ChangeAvailability) -> CommandResult:
    """The status shown changes with the station's own word, not with its promise (G03.FR.02)."""
    return await send(app, ask, command.change_availability)


@router.answers(UnlockConnector)
async def unlock(app: App, ask: UnlockConnector) -> CommandResult:
    return await send(app, ask, command.unlock)


@router.answers(TriggerMessage)
async def trigger(app: App, ask: TriggerMessage) -> CommandResult:
    return await send(app, ask, command.trigger)


async def send(
    app: App, ask: CommandT, spell: Callable[[Version, CommandT], Request[Any]]
) -> CommandResult:
    """Spell the command in the station's version, call it, and say what became of it."""
    if not 0 < ask.timeout_seconds <= TIMEOUT_SECONDS_MAX:
        raise Invalid(
            f"A time-out is up to {TIMEOUT_SECONDS_MAX:.0f} seconds.", field="timeout_seconds"
        )
    known = await store.version(app.pool, ask.tenant, ask.station)
    if known is None:
        raise NotFound(f"There is no station {ask.station!r}.")
    (version,) = known
    if version is None:
        return CommandResult(status="offline")
    to = Address(ask.tenant, ask.station)
    return await calling.call(app.bus, to, spell(version, ask), ask.timeout_seconds)
