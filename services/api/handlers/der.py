"""OCPP 2.1: controls of distributed energy resources, priority charging, battery swaps."""

from typing import Annotated, Any, TypeAlias

from litestar import Request, Response, delete, get, post, put
from litestar.params import JSONBody, PathParameter, QueryParameter

from libs.contracts.der import (
    AlarmPage,
    ClearControl,
    ControlPage,
    ListAlarms,
    ListControls,
    ListPriorities,
    ListSwaps,
    PriorityPage,
    RefreshControls,
    RequestSwap,
    SetControl,
    SwapPage,
)
from services.api.answers import CallAnswer
from services.api.app import COMMAND, READ, TIMEOUT_SECONDS, Here, StationId, Tenant, Timeout
from services.api.bodies.der import ControlPut, ControlRefresh, SwapPost
from services.api.handlers.calls import answer
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["energy"]
EVERYTHING = ControlRefresh()

ControlId: TypeAlias = Annotated[
    str, PathParameter(max_length=36, description="Id of the control, percent-encoded.")
]


@get("/stations/{station:str}/der-controls", opt=READ, tags=TAGS)
async def list_der_controls(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[ControlPage]:
    """Its DER controls, in the order of their ids.

    They are what the station accepted and what it reported; `refresh` asks it.
    """
    ask = ListControls(tenant=tenant, station=station, limit=limit, after=after)
    return paged(request, await app.ask(ask))


@put("/stations/{station:str}/der-controls/{id:str}", opt=COMMAND, tags=TAGS, dto=Body[ControlPut])
async def put_der_control(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    id: ControlId,
    data: JSONBody[ControlPut],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Give a station a DER control; the answer names those that it takes the place of."""
    ask = SetControl(
        tenant=tenant,
        station=station,
        id=id,
        type=data.type,
        is_default=data.is_default,
        setting=data.setting,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return answer(await app.command(ask, seconds), seconds)


@delete("/stations/{station:str}/der-controls/{id:str}", opt=COMMAND, tags=TAGS, status_code=200)
async def clear_der_control(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    id: ControlId,
    is_default: Annotated[
        bool | None,
        QueryParameter(
            name="default", description="Whether it is a default; absent: as we know it."
        ),
    ] = None,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Take a DER control from a station."""
    ask = ClearControl(
        tenant=tenant,
        station=station,
        id=id,
        is_default=is_default,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return answer(await app.command(ask, seconds), seconds)


@post(
    "/stations/{station:str}/der-controls/refresh",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[ControlRefresh],
)
async def refresh_der_controls(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[ControlRefresh] = EVERYTHING,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Ask a station for its DER controls; its report puts the list right."""
    ask = RefreshControls(
        tenant=tenant,
        station=station,
        id=data.id,
        type=data.type,
        is_default=data.is_default,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return answer(await app.command(ask, seconds), seconds)


@get("/stations/{station:str}/der-alarms", opt=READ, tags=TAGS)
async def list_der_alarms(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[AlarmPage]:
    """Alarms of the grid that it told, newest first."""
    ask = ListAlarms(tenant=tenant, station=station, limit=limit, after=after)
    return paged(request, await app.ask(ask))


@get("/stations/{station:str}/priority-charging", opt=READ, tags=TAGS)
async def list_priority_charging(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[PriorityPage]:
    """When priority charging began and ended in which transaction, newest first."""
    ask = ListPriorities(tenant=tenant, station=station, limit=limit, after=after)
    return paged(request, await app.ask(ask))


@get("/stations/{station:str}/battery-swaps", opt=READ, tags=TAGS)
async def list_battery_swaps(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[SwapPage]:
    """Batteries that went in and out, newest first."""
    ask = ListSwaps(tenant=tenant, station=station, limit=limit, after=after)
    return paged(request, await app.ask(ask))


@post(
    "/stations/{station:str}/battery-swaps",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[SwapPost],
)
async def request_battery_swap(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[SwapPost],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Ask a station to swap batteries for a token."""
    ask = RequestSwap(
        tenant=tenant,
        station=station,
        token=data.token,
        token_type=data.token_type,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return answer(await app.command(ask, seconds), seconds)


HANDLERS = [
    list_der_controls,
    put_der_control,
    clear_der_control,
    refresh_der_controls,
    list_der_alarms,
    list_priority_charging,
    list_battery_swaps,
    request_battery_swap,
]
