"""OCPP 2.1: periodic event streams."""

from typing import Annotated, Any, TypeAlias

from litestar import Request, Response, get, post, put
from litestar.params import JSONBody, PathParameter

from libs.contracts.streams import (
    AdjustStream,
    GetStreamSettings,
    ListStreams,
    ListStreamValues,
    PutStreamSettings,
    RefreshStreams,
    StreamPage,
    StreamSettings,
    StreamValuePage,
)
from services.api.answers import CallAnswer
from services.api.app import (
    COMMAND,
    READ,
    STATIONS,
    TIMEOUT_SECONDS,
    Here,
    StationId,
    Tenant,
    Timeout,
)
from services.api.bodies.streams import StreamPut, StreamSettingsPut
from services.api.handlers.calls import answer
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["streams"]

StreamId: TypeAlias = Annotated[
    int, PathParameter(ge=0, le=2**31 - 1, description="Id of the stream.")
]


@get("/stations/{station:str}/streams", opt=READ, tags=TAGS)
async def list_streams(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[StreamPage]:
    """Its event streams, open and closed, in the order of their ids."""
    ask = ListStreams(tenant=tenant, station=station, limit=limit, after=after)
    return paged(request, await app.ask(ask))


@get("/stations/{station:str}/streams/{id:int}/values", opt=READ, tags=TAGS)
async def list_stream_values(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    id: StreamId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[StreamValuePage]:
    """The values of a stream, newest first."""
    ask = ListStreamValues(tenant=tenant, station=station, id=id, limit=limit, after=after)
    return paged(request, await app.ask(ask))


@put("/stations/{station:str}/streams/{id:int}", opt=COMMAND, tags=TAGS, dto=Body[StreamPut])
async def adjust_stream(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    id: StreamId,
    data: JSONBody[StreamPut],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Have a station send a stream otherwise."""
    ask = AdjustStream(
        tenant=tenant,
        station=station,
        id=id,
        interval_seconds=data.interval_seconds,
        values=data.values,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return answer(await app.command(ask, seconds), seconds)


@post("/stations/{station:str}/streams/refresh", opt=COMMAND, tags=TAGS, status_code=200)
async def refresh_streams(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Ask a station which streams it has open; its answer puts the list right."""
    ask = RefreshStreams(
        tenant=tenant, station=station, by=request.user.name, timeout_seconds=seconds
    )
    return answer(await app.command(ask, seconds), seconds)


@get("/streams/settings", opt=READ, tags=TAGS)
async def get_stream_settings(*, app: Here, tenant: Tenant) -> StreamSettings:
    """What stations of the tenant may stream."""
    return await app.ask(GetStreamSettings(tenant=tenant))


@put("/streams/settings", opt=STATIONS, tags=TAGS, dto=Body[StreamSettingsPut])
async def put_stream_settings(
    *, app: Here, tenant: Tenant, data: JSONBody[StreamSettingsPut]
) -> StreamSettings:
    """Allow streams, or not."""
    return await app.ask(
        PutStreamSettings(
            tenant=tenant,
            accept=data.accept,
            streams_max=data.streams_max,
            adjust=data.adjust,
        )
    )


HANDLERS = [
    list_streams,
    list_stream_values,
    adjust_stream,
    refresh_streams,
    get_stream_settings,
    put_stream_settings,
]
