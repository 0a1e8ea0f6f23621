"""Displays: what each station shows, as far as we know."""

from typing import Annotated, Any, TypeAlias

from litestar import Request, Response, delete, get, post, put
from litestar.params import JSONBody, PathParameter
from msgspec import structs

from libs.contracts.display import (
    ClearDisplay,
    DisplayPage,
    DisplayText,
    ListDisplays,
    RefreshDisplays,
    SetDisplay,
)
from services.api.answers import CallAnswer
from services.api.app import COMMAND, READ, TIMEOUT_SECONDS, Here, StationId, Tenant, Timeout
from services.api.bodies.display import DisplayPut, DisplayRefresh, DisplayTextBody
from services.api.handlers.calls import answer
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["displays"]
EVERYTHING = DisplayRefresh()

DisplayId: TypeAlias = Annotated[
    int, PathParameter(ge=0, le=2**31 - 1, description="Id of the message.")
]


@get("/stations/{station:str}/displays", opt=READ, tags=TAGS)
async def list_displays(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[DisplayPage]:
    """The messages on its display, in the order of their ids.

    They are what the station accepted and what it reported; `refresh` asks it.
    """
    ask = ListDisplays(tenant=tenant, station=station, limit=limit, after=after)
    return paged(request, await app.ask(ask))


@put("/stations/{station:str}/displays/{id:int}", opt=COMMAND, tags=TAGS, dto=Body[DisplayPut])
async def put_display(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    id: DisplayId,
    data: JSONBody[DisplayPut],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Have a station show a message, or another one in its place."""
    ask = SetDisplay(
        tenant=tenant,
        station=station,
        id=id,
        priority=data.priority,
        state=data.state,
        starts_at=data.starts_at,
        ends_at=data.ends_at,
        transaction=data.transaction,
        message=text(data.message),
        extra=[text(each) for each in data.extra],
        display=data.display,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return answer(await app.command(ask, seconds), seconds)


def text(body: DisplayTextBody) -> DisplayText:
    return DisplayText(**structs.asdict(body))


@delete("/stations/{station:str}/displays/{id:int}", opt=COMMAND, tags=TAGS, status_code=200)
async def clear_display(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    id: DisplayId,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Have a station take a message from its display."""
    ask = ClearDisplay(
        tenant=tenant, station=station, id=id, by=request.user.name, timeout_seconds=seconds
    )
    return answer(await app.command(ask, seconds), seconds)


@post(
    "/stations/{station:str}/displays/refresh",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[DisplayRefresh],
)
async def refresh_displays(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[DisplayRefresh] = EVERYTHING,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Ask a station what it shows; its report puts the list right."""
    ask = RefreshDisplays(
        tenant=tenant,
        station=station,
        ids=data.ids,
        priority=data.priority,
        state=data.state,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return answer(await app.command(ask, seconds), seconds)


HANDLERS = [list_displays, put_display, clear_display, refresh_displays]
