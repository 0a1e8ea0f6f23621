"""CALLs to stations: in the version that a station speaks, with an outcome for whoever asked."""

from typing import Any

from msgspec import Struct, ValidationError, convert, to_builtins

from libs.bus import Address, Bus, CallFailed, Invalid, Offline, TimedOut
from libs.contracts.command import CommandResult
from libs.contracts.stations import GetStation
from libs.contracts.transactions import StartRemotely
from libs.ocpp import v16, v21, v201
from libs.ocpp.message import NAMES, Request, Version

OFFLINE = CommandResult(status="offline")


class RemoteStart(Struct, frozen=True):
    """A remote start with what was found out about it."""

    ask: StartRemotely
    number: int
    group: str | None


async def protocol(bus: Bus, tenant: str, station: str) -> Version | None:
    """The version that a station speaks, or spoke last; NotFound when there is no such station."""
    return (await bus.ask(GetStation(tenant=tenant, station=station))).protocol


async def send(
    bus: Bus, tenant: str, station: str, request: Request[Any], seconds: float
) -> CommandResult:
    """Call a station; what became of it."""
    version, action = request.version, request.action
    try:
        response = await bus.call(Address(tenant, station), request, seconds)
    except Offline:
        return OFFLINE
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
        status="answered", version=version, action=action, payload=to_builtins(response)
    )


def start(version: Version, wanted: RemoteStart) -> Request[Any]:
    """RemoteStartTransaction (1.6 5.11) or RequestStartTransaction (F01, F02)."""
    ask = wanted.ask
    if version == "v16":
        return _valid(
            v16.RemoteStartTransaction,
            version,
            idTag=ask.token,
            connectorId=ask.evse,
            chargingProfile=ask.charging_profile,
        )
    group = None if wanted.group is None else {"idToken": wanted.group, "type": "Central"}
    kind = v201.RequestStartTransaction if version == "v201" else v21.RequestStartTransaction
    return _valid(
        kind,
        version,
        idToken={"idToken": ask.token, "type": ask.type},
        remoteStartId=wanted.number,
        evseId=ask.evse,
        groupIdToken=group,
        chargingProfile=ask.charging_profile,
    )


def stop(version: Version, transaction: str) -> Request[Any]:
    """RemoteStopTransaction (1.6 5.12) or RequestStopTransaction (F03)."""
    if version == "v16":
        if not transaction.lstrip("-").isdecimal():
            raise Invalid("A 1.6 station knows a transaction by a number.", field="transaction")
        return _valid(v16.RemoteStopTransaction, version, transactionId=int(transaction))
    kind = v201.RequestStopTransaction if version == "v201" else v21.RequestStopTransaction
    return _valid(kind, version, transactionId=transaction)


def status(version: Version, transaction: str) -> Request[Any] | None:
    """GetTransactionStatus (E14), which 1.6 does not have."""
    match version:
        case "v16":
            return None
        case "v201":
            return v201.GetTransactionStatus(transaction_id=transaction)
        case "v21":
            return v21.GetTransactionStatus(transaction_id=transaction)


def _valid(kind: type[Request[Any]], version: Version, **fields: Any) -> Request[Any]:
    """A message from wire names, held to its schema."""
    given = {name: value for name, value in fields.items() if value is not None}
    try:
        return convert(given, kind)
    except ValidationError as error:
        raise Invalid(f"OCPP {NAMES[version]} does not allow that: {error}") from error
