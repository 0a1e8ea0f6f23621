"""How stations speak, where it is not as the specification has it."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import JSONBody, PathParameter

from libs.contracts.dialects import (
    ApplyProbe,
    DialectPage,
    GetDialect,
    GetStationDialect,
    ListDialects,
    Probe,
    ProbeStation,
    StationDialect,
)
from libs.ocpp.dialect import Dialect
from services.api.app import COMMAND, READ, STATIONS, Here, StationId, Tenant
from services.api.bodies.dialects import ProbeApply, ProbeBody
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["dialects"]
CALLS_MAX = 15
"""Of a probe."""
PROBE, APPLY = ProbeBody(), ProbeApply()
"""What a request without a body means."""


@get("/dialects", opt=READ, tags=TAGS)
async def list_dialects(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[DialectPage]:
    """What is known of makers and models, in the order of names."""
    return paged(request, await app.ask(ListDialects(tenant=tenant, limit=limit, after=after)))


@get("/dialects/{name:str}", opt=READ, tags=TAGS)
async def get_dialect(
    *,
    app: Here,
    tenant: Tenant,
    name: Annotated[str, PathParameter(description="Name of the dialect.")],
) -> Dialect:
    """One dialect, with the stations that it is for."""
    return await app.ask(GetDialect(tenant=tenant, name=name))


@get("/stations/{station:str}/dialect", opt=READ, tags=TAGS)
async def get_station_dialect(*, app: Here, tenant: Tenant, station: StationId) -> StationDialect:
    """The dialect of a station, who chose it, and what the last probe found."""
    return await app.ask(GetStationDialect(tenant=tenant, station=station))


@post("/stations/{station:str}/probe", opt=COMMAND, tags=TAGS, status_code=200, dto=Body[ProbeBody])
async def probe_station(
    *,
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[ProbeBody] = PROBE,
) -> Probe:
    """Ask a station harmless things and propose a dialect, with the messages that show it."""
    ask = ProbeStation(tenant=tenant, station=station, apply=data.apply, seconds=data.seconds)
    return await app.command(ask, data.seconds * CALLS_MAX)


@post(
    "/stations/{station:str}/probe/apply",
    opt=STATIONS,
    tags=TAGS,
    status_code=200,
    dto=Body[ProbeApply],
)
async def apply_probe(
    *,
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[ProbeApply] = APPLY,
) -> StationDialect:
    """Hold what the last probe proposed to be so from now on, or forget what probes taught."""
    return await app.ask(ApplyProbe(tenant=tenant, station=station, forget=data.forget))


HANDLERS = [list_dialects, get_dialect, get_station_dialect, probe_station, apply_probe]
