"""Data transfer: vendors' own messages, both ways."""

from typing import Annotated, Any, TypeAlias

from litestar import Request, Response, delete, get, post, put
from litestar.params import JSONBody, PathParameter, QueryParameter

from libs.contracts.vendors import (
    DeleteVendorHandler,
    GetVendorHandler,
    ListTransfers,
    ListVendorHandlers,
    PutVendorHandler,
    TransferData,
    TransferPage,
    VendorHandler,
    VendorHandlerPage,
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
from services.api.bodies.vendors import TransferPost, VendorHandlerPut
from services.api.handlers.calls import answer
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["vendors"]

Vendor: TypeAlias = Annotated[
    str, PathParameter(max_length=255, description="The vendorId, percent-encoded.")
]


@post(
    "/stations/{station:str}/data-transfers",
    opt=COMMAND,
    tags=TAGS,
    status_code=200,
    dto=Body[TransferPost],
)
async def transfer_data(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[TransferPost],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> CallAnswer:
    """Send a vendor's message to a station."""
    ask = TransferData(
        tenant=tenant,
        station=station,
        vendor=data.vendor,
        message=data.message,
        data=data.data,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return answer(await app.command(ask, seconds), seconds)


@get("/stations/{station:str}/data-transfers", opt=READ, tags=TAGS)
async def list_transfers(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    vendor: Annotated[
        str | None, QueryParameter(max_length=255, description="Only this vendorId.")
    ] = None,
) -> Response[TransferPage]:
    """Vendors' messages of both directions with their answers, newest first."""
    ask = ListTransfers(tenant=tenant, station=station, vendor=vendor, limit=limit, after=after)
    return paged(request, await app.ask(ask))


@get("/vendors", opt=READ, tags=TAGS)
async def list_vendor_handlers(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
) -> Response[VendorHandlerPage]:
    """How vendors' messages are answered when no service understands the vendor."""
    return paged(
        request, await app.ask(ListVendorHandlers(tenant=tenant, limit=limit, after=after))
    )


@get("/vendors/{vendor:str}", opt=READ, tags=TAGS)
async def get_vendor_handler(*, app: Here, tenant: Tenant, vendor: Vendor) -> VendorHandler:
    """How one vendor's messages are answered."""
    return await app.ask(GetVendorHandler(tenant=tenant, vendor=vendor))


@put("/vendors/{vendor:str}", opt=STATIONS, tags=TAGS, dto=Body[VendorHandlerPut])
async def put_vendor_handler(
    *, app: Here, tenant: Tenant, vendor: Vendor, data: JSONBody[VendorHandlerPut]
) -> VendorHandler:
    """Have a vendor's messages answered."""
    return await app.ask(
        PutVendorHandler(tenant=tenant, vendor=vendor, policy=data.policy, messages=data.messages)
    )


@delete("/vendors/{vendor:str}", opt=STATIONS, tags=TAGS)
async def delete_vendor_handler(*, app: Here, tenant: Tenant, vendor: Vendor) -> None:
    """Let a vendor be unknown again."""
    await app.ask(DeleteVendorHandler(tenant=tenant, vendor=vendor))


HANDLERS = [
    transfer_data,
    list_transfers,
    list_vendor_handlers,
    get_vendor_handler,
    put_vendor_handler,
    delete_vendor_handler,
]
