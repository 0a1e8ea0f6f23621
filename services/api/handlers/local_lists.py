"""Local authorization lists and authorization caches of stations."""

from typing import Any

from litestar import Request, Response, get, post, put
from litestar.params import JSONBody
from msgspec.structs import asdict

from libs.contracts.command import CommandResult
from libs.contracts.local_lists import (
    CheckList,
    ClearCache,
    GetLocalList,
    GivenEntry,
    ListChecked,
    ListSent,
    LocalListView,
    PutLocalList,
    Rule,
    SendList,
    SetListSync,
)
from services.api.app import (
    COMMAND,
    READ,
    TIMEOUT_SECONDS,
    TOKENS,
    Here,
    StationId,
    Tenant,
    Timeout,
)
from services.api.bodies.local_lists import LocalListPut, LocalListSend, LocalListSync
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["local lists"]
SEND = LocalListSend()
"""What a request without a body means."""


@get("/stations/{station:str}/local-list", opt=READ, tags=TAGS)
async def get_local_list(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[LocalListView]:
    """The list that a station should have, entry by entry beside the one that it has."""
    view = await app.ask(GetLocalList(tenant=tenant, station=station, limit=limit, after=after))
    return paged(request, view)


@put("/stations/{station:str}/local-list", opt=TOKENS, tags=TAGS, dto=Body[LocalListPut])
async def put_local_list(
    *, app: Here, tenant: Tenant, station: StationId, data: JSONBody[LocalListPut]
) -> LocalListView:
    """Say what is to be on the list of a station.

    It is sent by `send`, or at once if it is kept in step.
    """
    entries = None
    if data.entries is not None:
        entries = [GivenEntry(**asdict(entry)) for entry in data.entries]
    rule = None if data.rule is None else Rule(**asdict(data.rule))
    ask = PutLocalList(tenant=tenant, station=station, entries=entries, rule=rule)
    return await app.ask(ask)


@put("/stations/{station:str}/local-list/sync", opt=TOKENS, tags=TAGS, dto=Body[LocalListSync])
async def put_local_list_sync(
    *, app: Here, tenant: Tenant, station: StationId, data: JSONBody[LocalListSync]
) -> LocalListView:
    """Keep the list of a station in step with the tokens, or stop doing so."""
    return await app.ask(SetListSync(tenant=tenant, station=station, on=data.on))


@post(
    "/stations/{station:str}/local-list/send",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[LocalListSend],
)
async def send_local_list(
    *,
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[LocalListSend] = SEND,
    seconds: Timeout = TIMEOUT_SECONDS,
) -> ListSent:
    """Send the list to the station, in as many messages as its limits need."""
    ask = SendList(tenant=tenant, station=station, type=data.type, timeout_seconds=seconds)
    return await app.command(ask, seconds)


@post("/stations/{station:str}/local-list/check", opt=COMMAND, tags=TAGS, status_code=200)
async def check_local_list(
    *, app: Here, tenant: Tenant, station: StationId, seconds: Timeout = TIMEOUT_SECONDS
) -> ListChecked:
    """Ask the station for the version of its list."""
    ask = CheckList(tenant=tenant, station=station, timeout_seconds=seconds)
    return await app.command(ask, seconds)


@post("/stations/{station:str}/clear-cache", opt=COMMAND, tags=TAGS, status_code=200)
async def clear_cache(
    *, app: Here, tenant: Tenant, station: StationId, seconds: Timeout = TIMEOUT_SECONDS
) -> CommandResult:
    """Have a station forget what it remembers of tokens."""
    ask = ClearCache(tenant=tenant, station=station, timeout_seconds=seconds)
    return await app.command(ask, seconds)


HANDLERS = [
    get_local_list,
    put_local_list,
    put_local_list_sync,
    send_local_list,
    check_local_list,
    clear_cache,
]
