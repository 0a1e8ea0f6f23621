"""DataTransfer (block P), both ways: who understands a vendor answers over the bus."""

from datetime import UTC, datetime

from libs.bus import BusError, NoOwner, NotFound, Station
from libs.contracts.devices import CallSent
from libs.contracts.stations import Done
from libs.contracts.vendors import (
    DataTransferred,
    DeleteVendorHandler,
    GetVendorHandler,
    ListTransfers,
    ListVendorHandlers,
    PutVendorHandler,
    TransferData,
    TransferPage,
    TransferStatus,
    VendorHandler,
    VendorHandlerPage,
    VendorMessage,
    VendorReply,
)
from libs.ocpp import v16, v21, v201
from libs.runtime import log
from services.devices import page, store_vendor, vendor
from services.devices.app import App, router
from services.devices.effects import Asked, effect
from services.devices.handlers.registry import named
from services.devices.order import given, order
from services.devices.store_vendor import Transfer

VENDOR_SECONDS = 10.0
"""How long who serves a vendor may take: a station waits 30 s for its answer."""

DataTransfer = v16.DataTransfer | v201.DataTransfer | v21.DataTransfer
Said = tuple[TransferStatus, object]
"""Status and data of an answer."""

logger = log.get("devices")


# -- what stations tell --------------------------------------------------------------------------


@router.on(v16.DataTransfer)
async def transfer_16(
    app: App, station: Station, call: v16.DataTransfer
) -> v16.DataTransferResponse:
    """TC_064."""
    status, data = await transferred(app, station, call)
    return v16.DataTransferResponse(status=status, data=vendor.as_text(data))


@router.on(v201.DataTransfer)
async def transfer_201(
    app: App, station: Station, call: v201.DataTransfer
) -> v201.DataTransferResponse:
    """TC_P_02."""
    status, data = await transferred(app, station, call)
    return v201.DataTransferResponse(status=status, data=data)


@router.on(v21.DataTransfer)
async def transfer_21(
    app: App, station: Station, call: v21.DataTransfer
) -> v21.DataTransferResponse:
    status, data = await transferred(app, station, call)
    return v21.DataTransferResponse(status=status, data=data)


async def transferred(app: App, station: Station, call: DataTransfer) -> Said:
    """Ask who understands the vendor; keep what was said and what is answered."""
    status, data = await answer(app, station, call)
    event = DataTransferred(
        tenant=station.tenant,
        at=station.received_at,
        station=station.id,
        id=station.message_id,
        vendor=call.vendor_id,
        message=call.message_id,
        status=status,
    )
    await store_vendor.add(
        app.pool,
        Transfer(
            station.tenant,
            station.id,
            station.received_at,
            station.message_id,
            "up",
            call.vendor_id,
            call.message_id,
            call.data,
            status,
            data,
            None,
        ),
    )
    await app.keep(station, call, [event])
    return status, data


async def answer(app: App, station: Station, call: DataTransfer) -> Said:
    """Who serves the vendor has the word; else what the tenant set; else the vendor is unknown."""
    message = VendorMessage(
        tenant=station.tenant,
        vendor=call.vendor_id,
        station=station.id,
        version=call.version,
        id=station.message_id,
        message=call.message_id,
        data=call.data,
    )
    try:
        reply: VendorReply = await app.bus.ask(message, VENDOR_SECONDS)
    except (NoOwner, NotFound):
        handler = await store_vendor.handler(app.pool, station.tenant, call.vendor_id)
        return vendor.decide(handler, call.message_id), None
    except BusError as error:
        logger.warning("vendor's handler failed", vendor=call.vendor_id, reason=str(error))
        return "Rejected", None
    return reply.status, reply.data


# -- what stations answered ----------------------------------------------------------------------


@effect("DataTransfer")
async def was_sent(app: App, asked: Asked) -> None:
    call = asked.call
    await store_vendor.add(
        app.pool,
        Transfer(
            asked.tenant,
            asked.station,
            asked.at,
            asked.request,
            "down",
            call.vendor_id,
            call.message_id,
            call.data,
            asked.answer.status,
            asked.answer.data,
            named(asked.request),
        ),
    )


# -- what operators want -------------------------------------------------------------------------


@router.answers(TransferData)
async def transfer_data(app: App, ask: TransferData) -> CallSent:
    fields = given(vendorId=ask.vendor, messageId=ask.message, data=ask.data)
    return await order(app, ask, "DataTransfer", fields)


@router.answers(ListTransfers)
async def list_transfers(app: App, ask: ListTransfers) -> TransferPage:
    limit = page.size(ask.limit)
    place, before = (ask.tenant, ask.station), page.read(ask.after, int)
    found = await store_vendor.page(app.pool, place, ask.vendor, before, limit + 1)
    items, following = page.cut(found, limit, lambda view: view.id)
    return TransferPage(items=items, next=following)


@router.answers(ListVendorHandlers)
async def list_handlers(app: App, ask: ListVendorHandlers) -> VendorHandlerPage:
    limit = page.size(ask.limit)
    after = page.read(ask.after, str)
    found = await store_vendor.handlers(app.pool, ask.tenant, after, limit + 1)
    items, following = page.cut(found, limit, lambda handler: handler.vendor)
    return VendorHandlerPage(items=items, next=following)


@router.answers(GetVendorHandler)
async def get_handler(app: App, ask: GetVendorHandler) -> VendorHandler:
    handler = await store_vendor.handler(app.pool, ask.tenant, ask.vendor)
    if handler is None:
        raise NotFound(f"Nothing is set for the vendor {ask.vendor!r}.")
    return handler


@router.answers(PutVendorHandler)
async def put_handler(app: App, ask: PutVendorHandler) -> VendorHandler:
    handler = VendorHandler(
        vendor=ask.vendor,
        policy=ask.policy,
        messages=ask.messages,
        changed_at=datetime.now(UTC),
    )
    await store_vendor.put_handler(app.pool, ask.tenant, handler)
    return handler


@router.answers(DeleteVendorHandler)
async def delete_handler(app: App, ask: DeleteVendorHandler) -> Done:
    if not await store_vendor.delete_handler(app.pool, ask.tenant, ask.vendor):
        raise NotFound(f"Nothing is set for the vendor {ask.vendor!r}.")
    return Done()
