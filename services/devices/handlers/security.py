"""Station certificates (block A): no certification authority is connected."""

from libs.bus import Station
from libs.ocpp import v16, v21, v201
from services.devices.app import App, router
from services.devices.refusal import info_21, info_201

WHY = "No certification authority is connected"


@router.on(v16.SignCertificate)
async def sign_16(
    app: App, station: Station, call: v16.SignCertificate
) -> v16.SignCertificateResponse:
    await app.keep(station, call)
    return v16.SignCertificateResponse(status="Rejected")


@router.on(v201.SignCertificate)
async def sign_201(
    app: App, station: Station, call: v201.SignCertificate
) -> v201.SignCertificateResponse:
    await app.keep(station, call)
    return v201.SignCertificateResponse(status="Rejected", status_info=info_201(WHY))


@router.on(v21.SignCertificate)
async def sign_21(
    app: App, station: Station, call: v21.SignCertificate
) -> v21.SignCertificateResponse:
    await app.keep(station, call)
    return v21.SignCertificateResponse(status="Rejected", status_info=info_21(WHY))
