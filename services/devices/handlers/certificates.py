"""ISO 15118 certificates (block M): no contract pool and no OCSP responder is asked."""

from libs.bus import Station
from libs.ocpp import v21, v201
from services.devices.app import App, router
from services.devices.refusal import info_21, info_201

NO_POOL = "No contract certificate pool is connected"
NO_OCSP = "OCSP responders are not asked"


@router.on(v201.Get15118EVCertificate)
async def contract_201(
    app: App, station: Station, call: v201.Get15118EVCertificate
) -> v201.Get15118EVCertificateResponse:
    await app.keep(station, call)
    return v201.Get15118EVCertificateResponse(
        status="Failed", exi_response="", status_info=info_201(NO_POOL)
    )


@router.on(v21.Get15118EVCertificate)
async def contract_21(
    app: App, station: Station, call: v21.Get15118EVCertificate
) -> v21.Get15118EVCertificateResponse:
    await app.keep(station, call)
    return v21.Get15118EVCertificateResponse(
        status="Failed", exi_response="", status_info=info_21(NO_POOL)
    )


@router.on(v201.GetCertificateStatus)
async def ocsp_201(
    app: App, station: Station, call: v201.GetCertificateStatus
) -> v201.GetCertificateStatusResponse:
    await app.keep(station, call)
    return v201.GetCertificateStatusResponse(status="Failed", status_info=info_201(NO_OCSP))


@router.on(v21.GetCertificateStatus)
async def ocsp_21(
    app: App, station: Station, call: v21.GetCertificateStatus
) -> v21.GetCertificateStatusResponse:
    await app.keep(station, call)
    return v21.GetCertificateStatusResponse(status="Failed", status_info=info_21(NO_OCSP))


@router.on(v21.GetCertificateChainStatus)
async def chain(
    app: App, station: Station, call: v21.GetCertificateChainStatus
) -> v21.GetCertificateChainStatusResponse:
    """M07: one answer per certificate; that each failed holds for no longer than this moment."""
    await app.keep(station, call)
    return v21.GetCertificateChainStatusResponse(
        certificate_status=[
            v21.CertificateStatus(
                certificate_hash_data=asked.certificate_hash_data,
                source=asked.source,
                status="Failed",
                next_update=station.received_at,
            )
            for asked in call.certificate_status_requests
        ]
    )
