"""What goes wrong with stations: the catalogue that explains it, faults, incidents."""

from typing import Annotated, Any, TypeAlias

from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter

from libs.contracts.faults import (
    CataloguePage,
    CloseIncident,
    Entry,
    FaultPage,
    GetCatalogueEntry,
    GetIncident,
    IncidentPage,
    IncidentView,
    ListCatalogue,
    ListFaults,
    ListIncidents,
)
from services.api.app import COMMAND, READ, Here, StationId, Tenant
from services.api.bodies.faults import IncidentClose
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["faults"]
NO_NOTE = IncidentClose()
"""What a request without a body means."""

Language: TypeAlias = Annotated[
    str,
    QueryParameter(
        pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$",
        max_length=20,
        description="RFC 5646, as `de`; what is not translated is English.",
    ),
]
Code: TypeAlias = Annotated[
    str | None,
    QueryParameter(max_length=200, description="Of the catalogue, as `connector.GroundFailure`."),
]


@get("/faults/catalogue", opt=READ, tags=TAGS)
async def list_fault_catalogue(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    source: Annotated[
        str | None,
        QueryParameter(max_length=50, description="A part of it, as `security` or `vendor`."),
    ] = None,
    search: Annotated[
        str | None,
        QueryParameter(max_length=100, description="Words in code, title or meaning."),
    ] = None,
    language: Language = "en",
) -> Response[CataloguePage]:
    """Every fault that is known: what it means, who acts, how to mend it."""
    ask = ListCatalogue(
        tenant=tenant,
        source=source,
        search=search,
        language=language,
        limit=limit,
        after=after,
    )
    return paged(request, await app.ask(ask))


@get("/faults/catalogue/{code:str}", opt=READ, tags=TAGS)
async def get_fault_of_catalogue(
    *,
    app: Here,
    tenant: Tenant,
    code: Annotated[
        str,
        PathParameter(description="As `mrec.CX008`, or as the station says it: `GroundFailure`."),
    ],
    language: Language = "en",
) -> Entry:
    """One fault: what it means, who acts, how to mend it.

    A code without its source that several sources know is not found; the hint names them.
    """
    return await app.ask(GetCatalogueEntry(tenant=tenant, code=code, language=language))


@get("/stations/{station:str}/faults", opt=READ, tags=TAGS)
async def list_faults(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    code: Code = None,
    language: Language = "en",
) -> Response[FaultPage]:
    """What a station reported to be wrong, explained, newest first.

    Error codes of connectors, alerts of the device model, CALLERRORs, security events, and sessions
    that a fault ended.
    """
    ask = ListFaults(
        tenant=tenant, station=station, code=code, language=language, limit=limit, after=after
    )
    return paged(request, await app.ask(ask))


@get("/incidents", opt=READ, tags=TAGS)
async def list_incidents(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    station: Annotated[str | None, QueryParameter(max_length=255)] = None,
    is_open: Annotated[
        bool | None,
        QueryParameter(name="open", description="Only those that are open, or only the others."),
    ] = None,
    code: Code = None,
    language: Language = "en",
) -> Response[IncidentPage]:
    """Faults with their repeats, of all stations, last seen first.

    One incident holds the repeats of a code at an EVSE until the station says that it is mended.
    """
    ask = ListIncidents(
        tenant=tenant,
        station=station,
        open=is_open,
        code=code,
        language=language,
        limit=limit,
        after=after,
    )
    return paged(request, await app.ask(ask))


@get("/incidents/{id:str}", opt=READ, tags=TAGS)
async def get_incident(
    *, app: Here, tenant: Tenant, id: FromPath[str], language: Language = "en"
) -> IncidentView:
    """One incident, and how it was closed."""
    return await app.ask(GetIncident(tenant=tenant, id=id, language=language))


@post(
    "/incidents/{id:str}/close",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[IncidentClose],
)
async def close_incident(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    id: FromPath[str],
    data: JSONBody[IncidentClose] = NO_NOTE,
    language: Language = "en",
) -> IncidentView:
    """Close an incident by hand.

    One that is closed already stays as it was closed. If the fault comes back within
    `incident_again_minutes`, the same incident opens again.
    """
    ask = CloseIncident(
        tenant=tenant, id=id, by=request.user.name, note=data.note, language=language
    )
    return await app.ask(ask)


HANDLERS = [
    list_fault_catalogue,
    get_fault_of_catalogue,
    list_faults,
    list_incidents,
    get_incident,
    close_incident,
]
