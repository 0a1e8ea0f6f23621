"""The device model of stations: what is known, reading, writing, reports."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec.structs import asdict

from libs.contracts.device_model import (
    FetchVariables,
    Item,
    ListVariables,
    RequestReport,
    VariablePage,
    VariableResults,
    WriteVariables,
)
from services.api.answers import CallAnswer
from services.api.app import COMMAND, READ, TIMEOUT_SECONDS, Here, StationId, Tenant, Timeout
from services.api.bodies.variables import ComponentName, ReportPost, VariablesGet, VariablesSet
from services.api.handlers.calls import answer
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["device model"]


@get("/stations/{station:str}/variables", opt=READ, tags=TAGS)
async def list_variables(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    component: Annotated[
        str | None, QueryParameter(max_length=50, description="Only of this component.")
    ] = None,
    variable: Annotated[
        str | None, QueryParameter(max_length=50, description="Only this variable, or key of 1.6.")
    ] = None,
    evse: Annotated[
        int | None, QueryParameter(ge=0, le=2_147_483_647, description="Only of this EVSE.")
    ] = None,
    search: Annotated[
        str | None,
        QueryParameter(max_length=100, description="Part of a name or of the value, in any case."),
    ] = None,
    writable: Annotated[
        bool | None, QueryParameter(description="Only what can be set, or only the others.")
    ] = None,
) -> Response[VariablePage]:
    """What is known of its configuration, in the order of components. Nothing is asked of it."""
    ask = ListVariables(
        tenant=tenant,
        station=station,
        component=component,
        variable=variable,
        evse=evse,
        search=search,
        writable=writable,
        after=after,
        limit=limit,
    )
    return paged(request, await app.ask(ask))


@post(
    "/stations/{station:str}/variables/get",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[VariablesGet],
)
async def get_variables(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[VariablesGet],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> VariableResults:
    """Ask a station for values, in as many messages as it takes.

    These are GetVariables and GetConfiguration. Every item has its own status, in the order that
    was asked for; `timeout` is for all together.
    """
    ask = FetchVariables(
        tenant=tenant,
        station=station,
        items=items(data.variables),
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return await app.command(ask, seconds)


@post(
    "/stations/{station:str}/variables/set",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[VariablesSet],
)
async def set_variables(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[VariablesSet],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> VariableResults:
    """Have a station set values, in as many messages as it takes.

    These are SetVariables and ChangeConfiguration. Every item has its own status; what was done
    before something failed stays done.
    """
    ask = WriteVariables(
        tenant=tenant,
        station=station,
        items=items(data.variables),
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return await app.command(ask, seconds)


@post(
    "/stations/{station:str}/reports",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[ReportPost],
)
async def post_report(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[ReportPost],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Have a station report its device model (GetBaseReport, GetReport, GetConfiguration).

    The parts come later: `requests/{request}` shows how far they are. A part that is lost is asked
    for again.
    """
    ask = RequestReport(
        tenant=tenant,
        station=station,
        base=data.base,
        criteria=data.criteria,
        items=None if data.variables is None else items(data.variables),
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return answer(await app.command(ask, seconds), seconds)


def items(names: Sequence[ComponentName]) -> list[Item]:
    return [Item(**asdict(name)) for name in names]


HANDLERS = [list_variables, get_variables, set_variables, post_report]
