"""Commands that mean the same in every version of OCPP. All answer 200 with what became of them."""

from litestar import post
from litestar.params import JSONBody
from msgspec.structs import asdict

from libs.contracts.command import CommandResult
from libs.contracts.stations import (
    ChangeAvailability,
    ResetStation,
    TriggerMessage,
    UnlockConnector,
)
from libs.contracts.transactions import StartRemotely, StopRemotely
from services.api.answers import StartAnswer
from services.api.app import COMMAND, TIMEOUT_SECONDS, Here, StationId, Tenant, Timeout
from services.api.bodies.commands import Availability, Reset, Start, Stop, Trigger, Unlock
from services.api.strict import Body

TAGS = ["commands"]
STOP, UNLOCK, RESET = Stop(), Unlock(), Reset()
"""What a request without a body means."""


@post("/stations/{station:str}/start", opt=COMMAND, tags=TAGS, status_code=200, dto=Body[Start])
async def start(
    *,
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[Start],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> StartAnswer:
    """Ask a station to start charging for a token."""
    started = await app.command(
        StartRemotely(
            tenant=tenant,
            station=station,
            token=data.token,
            type=data.type,
            evse=data.evse,
            charging_profile=data.charging_profile,
            timeout_seconds=seconds,
        ),
        seconds,
    )
    return StartAnswer(
        **asdict(started.result),
        remote_start_id=started.remote_start_id,
        refused=started.refused,
    )


@post("/stations/{station:str}/stop", opt=COMMAND, tags=TAGS, status_code=200, dto=Body[Stop])
async def stop(
    *,
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[Stop] = STOP,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CommandResult:
    """Ask a station to stop charging."""
    request = StopRemotely(
        tenant=tenant,
        station=station,
        transaction=data.transaction,
        evse=data.evse,
        timeout_seconds=seconds,
    )
    return await app.command(request, seconds)


@post("/stations/{station:str}/unlock", opt=COMMAND, tags=TAGS, status_code=200, dto=Body[Unlock])
async def unlock(
    *,
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[Unlock] = UNLOCK,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CommandResult:
    """Unlock a connector."""
    request = UnlockConnector(
        tenant=tenant,
        station=station,
        evse=data.evse,
        connector=data.connector,
        timeout_seconds=seconds,
    )
    return await app.command(request, seconds)


@post("/stations/{station:str}/reset", opt=COMMAND, tags=TAGS, status_code=200, dto=Body[Reset])
async def reset(
    *,
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[Reset] = RESET,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CommandResult:
    """Restart a station or an EVSE."""
    request = ResetStation(
        tenant=tenant, station=station, hard=data.hard, evse=data.evse, timeout_seconds=seconds
    )
    return await app.command(request, seconds)


@post(
    "/stations/{station:str}/availability",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[Availability],
)
async def availability(
    *,
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[Availability],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CommandResult:
    """Take a station, an EVSE or a connector out of service, or back into it."""
    request = ChangeAvailability(
        tenant=tenant,
        station=station,
        operative=data.operative,
        evse=data.evse,
        connector=data.connector,
        timeout_seconds=seconds,
    )
    return await app.command(request, seconds)


@post("/stations/{station:str}/trigger", opt=COMMAND, tags=TAGS, status_code=200, dto=Body[Trigger])
async def trigger(
    *,
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[Trigger],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CommandResult:
    """Ask a station to send a message now."""
    request = TriggerMessage(
        tenant=tenant,
        station=station,
        message=data.message,
        evse=data.evse,
        connector=data.connector,
        timeout_seconds=seconds,
    )
    return await app.command(request, seconds)


HANDLERS = [start, stop, unlock, reset, availability, trigger]
