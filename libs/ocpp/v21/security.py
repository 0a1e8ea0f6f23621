from typing import Literal

from libs.ocpp.extensible import Request, Response
from libs.ocpp.scalar import Int, Str50, Str255, Str5500, Str10000, Time
from libs.ocpp.v21.certificate_hash import CertificateHashData
from libs.ocpp.v21.status import GenericStatus, StatusInfo


class SecurityEventNotificationResponse(Response):
    pass


class SecurityEventNotification(Request[SecurityEventNotificationResponse]):
    sender = "station"

    type: Str50
    timestamp: Time
    tech_info: Str255 | None = None


CertificateSigningUse = Literal["ChargingStationCertificate", "V2GCertificate", "V2G20Certificate"]


class SignCertificateResponse(Response):
    status: GenericStatus
    status_info: StatusInfo | None = None


class SignCertificate(Request[SignCertificateResponse]):
    sender = "station"

    csr: Str5500
    certificate_type: CertificateSigningUse | None = None
    hash_root_certificate: CertificateHashData | None = None
    request_id: Int | None = None


CertificateSignedStatus = Literal["Accepted", "Rejected"]


class CertificateSignedResponse(Response):
    status: CertificateSignedStatus
    status_info: StatusInfo | None = None


class CertificateSigned(Request[CertificateSignedResponse]):
    sender = "csms"

    certificate_chain: Str10000
    certificate_type: CertificateSigningUse | None = None
    request_id: Int | None = None
    """That of the SignCertificate which it answers."""
