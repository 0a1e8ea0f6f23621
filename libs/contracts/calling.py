"""Calling a station on somebody's behalf: what became of it is data, not an exception."""

import secrets
from contextlib import suppress
from typing import Any

from msgspec import ValidationError, convert, json

from libs.bus import Address, Bus, BusError, CallFailed, Invalid, Offline, TimedOut
from libs.contracts.command import CommandResult
from libs.contracts.faults import CallRefused
from libs.contracts.stations import GetStation
from libs.ocpp import catalog, codec
from libs.ocpp.message import NAMES, Request, Version

OFFLINE = CommandResult(status="offline")


async def protocol(bus: Bus, to: Address) -> Version | None:
    """The version that a station speaks, or spoke last; NotFound when there is no such station."""
    return (await bus.ask(GetStation(tenant=to.tenant, station=to.station))).protocol


async def call(bus: Bus, to: Address, request: Request[Any], seconds: float) -> CommandResult:
    """Call a station and wait up to so many seconds for its answer. A CALLERROR is told to who
    keeps faults.
    """
    result = await call_raw(bus, to, type(request), codec.encode(request), seconds)
    if result.status == "error":
        tell(bus, to, result)
    return result


def tell(bus: Bus, to: Address, result: CommandResult) -> None:
    """Best effort: who called must not suffer from it."""
    name = secrets.token_hex(8)
    with suppress(BusError):
        bus.tell(CallRefused(tenant=to.tenant, station=to.station, id=name, result=result))


async def call_raw(
    bus: Bus, to: Address, kind: type[Request[Any]], payload: bytes, seconds: float
) -> CommandResult:
    """The same with a payload that is passed on as it is, and a CALLERROR told to nobody."""
    version, action = kind.version, kind.action
    try:
        answer = await bus.call_raw(
            to.tenant, to.station, version, action, payload, timeout=seconds
        )
    except Offline:
        return CommandResult(status="offline", version=version, action=action)
    except TimedOut:
        return CommandResult(status="timeout", version=version, action=action)
    except CallFailed as error:
        return CommandResult(
            status="error",
            version=version,
            action=action,
            code=error.code,
            description=error.description,
            details=error.details or None,
        )
    return CommandResult(
        status="answered",
        version=version,
        action=action,
        payload=json.decode(answer, type=dict[str, Any]),
    )


def message(version: Version, action: str, fields: dict[str, Any]) -> Request[Any]:
    """A message from wire names, held to its schema; a field of ``None`` is absent.

    ``Invalid`` says what is wrong, or that the version has no such action.
    """
    kind = catalog.find(version, action)
    if kind is None:
        raise Invalid(f"OCPP {NAMES[version]} has no {action}.")
    given = {name: value for name, value in fields.items() if value is not None}
    try:
        return convert(given, kind)
    except ValidationError as error:
        raise Invalid(f"OCPP {NAMES[version]} does not allow that: {error}") from error
