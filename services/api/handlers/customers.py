"""Customer information: what stations know of a customer, and that they forget it."""

from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import structs

from libs.contracts.customers import (
    AskCustomer,
    CertificateHash,
    CustomerPage,
    CustomerView,
    EraseCustomer,
    GetCustomer,
    ListCustomers,
)
from services.api.answers import CallAnswer
from services.api.app import COMMAND, TIMEOUT_SECONDS, Here, StationId, Tenant, Timeout
from services.api.bodies.customers import CustomerPost
from services.api.handlers.calls import answer
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["customers"]


@post(
    "/stations/{station:str}/customer-information",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[CustomerPost],
)
async def ask_customer(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[CustomerPost],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Ask a station what it knows of a customer, or have it forget that, or both.

    What it tells is found under `customer-information/{request}` when it has come.
    """
    known = data.certificate
    ask = AskCustomer(
        tenant=tenant,
        station=station,
        token=data.token,
        token_type=data.token_type,
        certificate=CertificateHash(**structs.asdict(known)) if known else None,
        identifier=data.identifier,
        report=data.report,
        clear=data.clear,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return answer(await app.command(ask, seconds), seconds)


@get("/stations/{station:str}/customer-information", opt=COMMAND, tags=TAGS)
async def list_customers(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[CustomerPage]:
    """What it was asked about customers and told, newest first; it is kept for a short time."""
    ask = ListCustomers(tenant=tenant, station=station, limit=limit, after=after)
    return paged(request, await app.ask(ask))


@get("/stations/{station:str}/customer-information/{id:str}", opt=COMMAND, tags=TAGS)
async def get_customer(
    *, app: Here, tenant: Tenant, station: StationId, id: FromPath[str]
) -> CustomerView:
    """What it told under a request, joined to one text."""
    return await app.ask(GetCustomer(tenant=tenant, station=station, request=id))


@delete("/stations/{station:str}/customer-information/{id:str}", opt=COMMAND, tags=TAGS)
async def erase_customer(
    *, app: Here, tenant: Tenant, station: StationId, id: FromPath[str]
) -> None:
    """Erase what it told under a request, and who was meant; the request itself stays."""
    await app.ask(EraseCustomer(tenant=tenant, station=station, request=id))


HANDLERS = [ask_customer, list_customers, get_customer, erase_customer]
