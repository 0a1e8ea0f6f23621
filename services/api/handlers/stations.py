"""The registry of stations."""

from typing import Annotated, Any

from litestar import Request, Response, delete, get, put
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET

from libs.contracts.devices import ListReports, ReportPage
from libs.contracts.stations import (
    ConnectorSpec,
    DeleteStation,
    EvseSpec,
    GetStation,
    ListStations,
    ListStatusHistory,
    PutStation,
    StationPage,
    StationView,
    StatusHistory,
)
from libs.ocpp.message import Version
from services.api.app import READ, STATIONS, Here, StationId, Tenant
from services.api.bodies.stations import StationPut
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.problem import Refusal
from services.api.strict import Body

TAGS = ["stations"]


@get("/stations", opt=READ, tags=TAGS)
async def list_stations(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    online: Annotated[bool | None, QueryParameter(description="Connected or not.")] = None,
    protocol: Annotated[
        Version | None,
        QueryParameter(description="OCPP version of the current or last connection."),
    ] = None,
    search: Annotated[
        str | None,
        QueryParameter(
            max_length=100, description="Part of identity, vendor or model, in any case."
        ),
    ] = None,
) -> Response[StationPage]:
    """The stations of the tenant, in the order of their identities."""
    page = await app.ask(
        ListStations(
            tenant=tenant, limit=limit, after=after, online=online, protocol=protocol, search=search
        )
    )
    return paged(request, page)


@get("/stations/{station:str}", opt=READ, tags=TAGS)
async def get_station(*, app: Here, tenant: Tenant, station: StationId) -> StationView:
    """One station: what it is, whether it is there, and the state of its connectors."""
    return await app.ask(GetStation(tenant=tenant, station=station))


@put("/stations/{station:str}", opt=STATIONS, tags=TAGS, dto=Body[StationPut])
async def put_station(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[StationPut],
) -> StationView:
    """Create a station or change it."""
    if data.tenant is not UNSET and not request.user.may_act_for(data.tenant):
        raise Refusal("forbidden", f"Your token does not reach the tenant `{data.tenant}`.")
    return await app.ask(
        PutStation(
            tenant=tenant,
            station=station,
            security_profile=data.security_profile,
            password=data.password,
            registration=data.registration,
            strict=data.strict,
            automatic=data.automatic,
            dialect=data.dialect,
            labels=data.labels,
            evses=UNSET if data.evses is UNSET else [evse_spec(evse) for evse in data.evses],
            move_to=data.tenant,
        )
    )


def evse_spec(evse: Any) -> EvseSpec:
    connectors = [ConnectorSpec(id=c.id, type=c.type) for c in evse.connectors]
    return EvseSpec(id=evse.id, connectors=connectors)


@delete("/stations/{station:str}", opt=STATIONS, tags=TAGS)
async def delete_station(*, app: Here, tenant: Tenant, station: StationId) -> None:
    """Take a station from the registry and close its connection; its transactions stay."""
    await app.ask(DeleteStation(tenant=tenant, station=station))


@get("/stations/{station:str}/status-history", opt=READ, tags=TAGS)
async def list_status_history(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[StatusHistory]:
    """How the status of its connectors changed, newest first. EVSE 0 is the station as a whole."""
    page = await app.ask(
        ListStatusHistory(tenant=tenant, station=station, limit=limit, after=after)
    )
    return paged(request, page)


@get("/stations/{station:str}/reports", opt=READ, tags=TAGS)
async def list_reports(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    action: Annotated[
        str | None, QueryParameter(max_length=50, description="Only this OCPP action.")
    ] = None,
) -> Response[ReportPage]:
    """What it reported of itself beside sessions and status, newest first."""
    page = await app.ask(
        ListReports(tenant=tenant, station=station, action=action, limit=limit, after=after)
    )
    return paged(request, page)


HANDLERS = [
    list_stations,
    get_station,
    put_station,
    delete_station,
    list_status_history,
    list_reports,
]
