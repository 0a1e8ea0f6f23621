"""DataTransfer (block P): no vendor's extension is known here."""

from libs.bus import Station
from libs.ocpp import v16, v21, v201
from services.devices.app import App, router


@router.on(v16.DataTransfer)
async def transfer_16(
    app: App, station: Station, call: v16.DataTransfer
) -> v16.DataTransferResponse:
    """TC_064."""
    await app.keep(station, call)
    return v16.DataTransferResponse(status="UnknownVendorId")


@router.on(v201.DataTransfer)
async def transfer_201(
    app: App, station: Station, call: v201.DataTransfer
) -> v201.DataTransferResponse:
    await app.keep(station, call)
    return v201.DataTransferResponse(status="UnknownVendorId")


@router.on(v21.DataTransfer)
async def transfer_21(
    app: App, station: Station, call: v21.DataTransfer
) -> v21.DataTransferResponse:
    await app.keep(station, call)
    return v21.DataTransferResponse(status="UnknownVendorId")
