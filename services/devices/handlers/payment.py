"""Ad hoc payment at stations (block C of OCPP 2.1): what is told of it is kept, with its
transaction; VAT numbers are judged by whoever validates them.
"""

from decimal import Decimal

from libs.bus import Station
from libs.contracts.devices import CallSent
from libs.contracts.payments import (
    ListSettlements,
    ListVatChecks,
    PaymentSettled,
    SettlementPage,
    StartWebPayment,
    VatCheckPage,
    VatNumberChecked,
)
from libs.ocpp import v21
from services.devices import page, store_payment, vat
from services.devices.app import App, router
from services.devices.order import order

VALIDATOR: vat.Validator = vat.Syntax()


@router.on(v21.NotifySettlement)
async def settled(
    app: App, station: Station, call: v21.NotifySettlement
) -> v21.NotifySettlementResponse:
    """C21, C22: kept whatever the outcome; a receipt of our own there is none."""
    event = PaymentSettled(
        tenant=station.tenant,
        at=call.settlement_time,
        station=station.id,
        psp_ref=call.psp_ref,
        status=call.status,
        amount=Decimal(str(call.settlement_amount)),
        transaction=call.transaction_id,
    )
    place = (station.tenant, station.id)
    await store_payment.add_settlement(app.pool, place, call, station.received_at)
    await app.keep(station, call, [event])
    return v21.NotifySettlementResponse()


@router.on(v21.VatNumberValidation)
async def validate_vat(
    app: App, station: Station, call: v21.VatNumberValidation
) -> v21.VatNumberValidationResponse:
    verdict = await VALIDATOR.validate(call.vat_number)
    status = "Accepted" if verdict.accepted else "Rejected"
    event = VatNumberChecked(
        tenant=station.tenant,
        at=station.received_at,
        station=station.id,
        number=call.vat_number,
        status=status,
        evse=call.evse_id,
    )
    came = (station.received_at, station.message_id)
    place = (station.tenant, station.id)
    await store_payment.add_vat_check(app.pool, place, call, verdict, came)
    await app.keep(station, call, [event])
    return v21.VatNumberValidationResponse(
        vat_number=call.vat_number,
        evse_id=call.evse_id,
        status=status,
        status_info=v21.StatusInfo(reason_code=verdict.code, additional_info=verdict.reason),
    )


@router.answers(ListSettlements)
async def list_settlements(app: App, ask: ListSettlements) -> SettlementPage:
    limit = page.size(ask.limit)
    place, before = (ask.tenant, ask.station), page.read(ask.after, int)
    found = await store_payment.settlements(app.pool, place, ask.transaction, before, limit + 1)
    items, following = page.cut(found, limit, lambda view: view.id)
    return SettlementPage(items=items, next=following)


@router.answers(ListVatChecks)
async def list_vat_checks(app: App, ask: ListVatChecks) -> VatCheckPage:
    limit = page.size(ask.limit)
    place, before = (ask.tenant, ask.station), page.read(ask.after, int)
    found = await store_payment.vat_checks(app.pool, place, before, limit + 1)
    items, following = page.cut(found, limit, lambda view: view.id)
    return VatCheckPage(items=items, next=following)


@router.answers(StartWebPayment)
async def start_web_payment(app: App, ask: StartWebPayment) -> CallSent:
    """C25."""
    fields = {"evseId": ask.evse, "timeout": ask.timeout}
    return await order(app, ask, "NotifyWebPaymentStarted", fields)
