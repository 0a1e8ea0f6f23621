"""Payments at stations (OCPP 2.1), and cost on their displays."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from libs.contracts.payments import (
    ListSettlements,
    ListVatChecks,
    SettlementPage,
    StartWebPayment,
    TellCost,
    VatCheckPage,
)
from libs.contracts.transactions import GetTransaction
from services.api.answers import CallAnswer
from services.api.app import COMMAND, READ, TIMEOUT_SECONDS, Here, StationId, Tenant, Timeout
from services.api.bodies.payments import CostPost, WebPaymentPost
from services.api.handlers.calls import answer
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["payments"]


@get("/stations/{station:str}/settlements", opt=READ, tags=TAGS)
async def list_settlements(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    transaction: Annotated[
        str | None,
        QueryParameter(max_length=36, description="Only of this one, in the station's own name."),
    ] = None,
) -> Response[SettlementPage]:
    """How payments at the station ended, newest first."""
    ask = ListSettlements(
        tenant=tenant, station=station, transaction=transaction, limit=limit, after=after
    )
    return paged(request, await app.ask(ask))


@get("/transactions/{id:str}/settlements", opt=READ, tags=TAGS)
async def list_transaction_settlements(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    id: FromPath[str],
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[SettlementPage]:
    """How payments of one session ended, newest first."""
    session = (await app.ask(GetTransaction(tenant=tenant, id=id, limit=1))).transaction
    ask = ListSettlements(
        tenant=tenant,
        station=session.station,
        transaction=session.transaction,
        limit=limit,
        after=after,
    )
    return paged(request, await app.ask(ask))


@get("/stations/{station:str}/vat-checks", opt=READ, tags=TAGS)
async def list_vat_checks(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[VatCheckPage]:
    """VAT numbers that drivers gave at the station, and what it was told of them, newest first."""
    ask = ListVatChecks(tenant=tenant, station=station, limit=limit, after=after)
    return paged(request, await app.ask(ask))


@post(
    "/stations/{station:str}/web-payments",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[WebPaymentPost],
)
async def start_web_payment(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[WebPaymentPost],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Tell a station that somebody pays on a web page for one of its EVSEs."""
    ask = StartWebPayment(
        tenant=tenant,
        station=station,
        evse=data.evse,
        timeout=data.timeout,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return answer(await app.command(ask, seconds), seconds)


@post("/stations/{station:str}/cost", opt=COMMAND, tags=TAGS, status_code=200, dto=Body[CostPost])
async def tell_cost(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[CostPost],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Have a station show what a transaction costs so far."""
    ask = TellCost(
        tenant=tenant,
        station=station,
        transaction=data.transaction,
        total_cost=data.total_cost,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return answer(await app.command(ask, seconds), seconds)


HANDLERS = [
    list_settlements,
    list_transaction_settlements,
    list_vat_checks,
    start_web_payment,
    tell_cost,
]
