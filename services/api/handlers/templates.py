"""What should be set at stations, how far they are from it, and bringing them in step."""

from typing import Annotated, Any, TypeAlias

from litestar import Request, Response, delete, get, post, put
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec.structs import asdict

from libs.contracts.device_model import Item
from libs.contracts.templates import (
    ApplyTemplate,
    ApplyTemplates,
    DeleteTemplate,
    DriftPage,
    GetStationDrift,
    GetTemplate,
    ListDrift,
    ListTemplates,
    PutTemplate,
    Selector,
    StationDrift,
    TemplatePage,
    TemplateView,
)
from services.api.app import COMMAND, READ, STATIONS, Here, StationId, Tenant
from services.api.bodies.templates import TemplatePut, TemplatesApply
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["templates"]
APPLY = TemplatesApply()
"""What a request without a body means."""
CALLS = 4
"""Messages of one turn: reading, writing, a reset, and reading first when that is asked for."""

Name: TypeAlias = Annotated[
    str, PathParameter(description="Name of the template, percent-encoded.")
]
Wait: TypeAlias = Annotated[
    float,
    QueryParameter(name="timeout", gt=0, le=50, description="Seconds that a message may take."),
]


@get("/templates", opt=READ, tags=TAGS)
async def list_templates(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[TemplatePage]:
    """The templates of the tenant, in the order of their names, with their progress."""
    return paged(request, await app.ask(ListTemplates(tenant=tenant, limit=limit, after=after)))


@get("/templates/{name:str}", opt=READ, tags=TAGS)
async def get_template(*, app: Here, tenant: Tenant, name: Name) -> TemplateView:
    """One template, and how many stations are in step with it."""
    return await app.ask(GetTemplate(tenant=tenant, template=name))


@put("/templates/{name:str}", opt=STATIONS, tags=TAGS, dto=Body[TemplatePut])
async def put_template(
    *, app: Here, tenant: Tenant, name: Name, data: JSONBody[TemplatePut]
) -> TemplateView:
    """Create a template or replace it."""
    return await app.ask(
        PutTemplate(
            tenant=tenant,
            template=name,
            settings=[Item(**asdict(setting)) for setting in data.settings],
            selector=Selector(**asdict(data.selector)),
            priority=data.priority,
            enforce=data.enforce,
            reboot=data.reboot,
        )
    )


@delete("/templates/{name:str}", opt=STATIONS, tags=TAGS)
async def delete_template(*, app: Here, tenant: Tenant, name: Name) -> None:
    """Take a template away; what it set stays set."""
    await app.ask(DeleteTemplate(tenant=tenant, template=name))


@get("/templates/{name:str}/drift", opt=READ, tags=TAGS)
async def list_drift(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    name: Name,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[DriftPage]:
    """The stations of a template: wanted against known.

    It asks them nothing. A page may be short, and even empty, and yet have one after it.
    """
    ask = ListDrift(tenant=tenant, template=name, limit=limit, after=after)
    return paged(request, await app.ask(ask))


@post("/templates/{name:str}/apply", opt=COMMAND, tags=TAGS, status_code=200)
async def apply_template(*, app: Here, tenant: Tenant, name: Name) -> TemplateView:
    """Bring all its stations in step, soon and one after the other; see its progress."""
    return await app.ask(ApplyTemplate(tenant=tenant, template=name))


@get("/stations/{station:str}/drift", opt=READ, tags=TAGS)
async def get_station_drift(*, app: Here, tenant: Tenant, station: StationId) -> StationDrift:
    """What all templates want of a station against what is known of it. It is asked nothing."""
    return await app.ask(GetStationDrift(tenant=tenant, station=station))


@post(
    "/stations/{station:str}/templates/apply",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[TemplatesApply],
)
async def apply_templates(
    *,
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[TemplatesApply] = APPLY,
    seconds: Wait = 30.0,
) -> StationDrift:
    """Bring a station in step now, and ask again for what it refused."""
    ask = ApplyTemplates(
        tenant=tenant, station=station, refresh=data.refresh, timeout_seconds=seconds
    )
    return await app.command(ask, seconds * CALLS)


HANDLERS = [
    list_templates,
    get_template,
    put_template,
    delete_template,
    list_drift,
    apply_template,
    get_station_drift,
    apply_templates,
]
