"""The ledger: sessions and charge detail records."""

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec.structs import asdict

from libs.contracts.transactions import (
    CdrPage,
    Flag,
    GetTransaction,
    ListCdrs,
    ListTransactions,
    TransactionPage,
    TransactionStatus,
)
from services.api.answers import TransactionAnswer
from services.api.app import READ, Here, Tenant
from services.api.page import LIMIT_DEFAULT, After, Limit, link, paged

TAGS = ["transactions"]
SAMPLES_LIMIT = 1000


@get("/transactions", opt=READ, tags=TAGS)
async def list_transactions(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    station: Annotated[str | None, QueryParameter(max_length=255)] = None,
    status: FromQuery[TransactionStatus | None] = None,
    token: Annotated[str | None, QueryParameter(max_length=255)] = None,
    flag: Annotated[Flag | None, QueryParameter(description="Only those with this oddity.")] = None,
    started_after: FromQuery[datetime | None] = None,
    started_before: FromQuery[datetime | None] = None,
) -> Response[TransactionPage]:
    """Sessions, newest first."""
    page = await app.ask(
        ListTransactions(
            tenant=tenant,
            station=station,
            status=status,
            token=token,
            flag=flag,
            started_after=in_utc(started_after),
            started_before=in_utc(started_before),
            limit=limit,
            after=after,
        )
    )
    return paged(request, page)


def in_utc(moment: datetime | None) -> datetime | None:
    """A time without a zone is UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


@get("/transactions/{id:str}", opt=READ, tags=TAGS)
async def get_transaction(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    id: FromPath[str],
    limit: Annotated[
        int, QueryParameter(ge=1, le=SAMPLES_LIMIT, description="Meter values on a page.")
    ] = SAMPLES_LIMIT,
    after: After = None,
) -> Response[TransactionAnswer]:
    """One session with its meter values, gaps and flags."""
    detail = await app.ask(GetTransaction(tenant=tenant, id=id, after=after, limit=limit))
    answer = TransactionAnswer(
        **asdict(detail.transaction), meter_values=detail.meter_values, next=detail.next
    )
    return Response(answer, headers=link(request, detail.next))


@get("/cdrs", opt=READ, tags=TAGS)
async def list_cdrs(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    station: Annotated[str | None, QueryParameter(max_length=255)] = None,
    token: Annotated[str | None, QueryParameter(max_length=255)] = None,
    transaction_id: Annotated[str | None, QueryParameter(max_length=255)] = None,
) -> Response[CdrPage]:
    """Charge detail records, newest first.

    A correction is a record of its own that names the one it corrects.
    """
    page = await app.ask(
        ListCdrs(
            tenant=tenant,
            station=station,
            token=token,
            transaction_id=transaction_id,
            limit=limit,
            after=after,
        )
    )
    return paged(request, page)


HANDLERS = [list_transactions, get_transaction, list_cdrs]
