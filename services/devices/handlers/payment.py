"""Ad hoc payment (block C of 2.1): no payment provider is connected."""

from libs.bus import Station
from libs.ocpp import v21
from services.devices.app import App, router
from services.devices.refusal import info_21


@router.on(v21.NotifySettlement)
async def settled(
    app: App, station: Station, call: v21.NotifySettlement
) -> v21.NotifySettlementResponse:
    """C21: kept; a receipt of our own there is none."""
    await app.keep(station, call)
    return v21.NotifySettlementResponse()


@router.on(v21.VatNumberValidation)
async def validate_vat(
    app: App, station: Station, call: v21.VatNumberValidation
) -> v21.VatNumberValidationResponse:
    await app.keep(station, call)
    return v21.VatNumberValidationResponse(
        vat_number=call.vat_number,
        evse_id=call.evse_id,
        status="Rejected",
        status_info=info_21("VAT numbers are not looked up"),
    )
