from typing import Literal

from libs.ocpp.message import Request, Response
from libs.ocpp.scalar import Str50, Str255, Str5500, Str10000, Time


class SecurityEventNotificationResponse(Response):
    pass


class SecurityEventNotification(Request[SecurityEventNotificationResponse]):
    sender = "station"

    type: Str50
    timestamp: Time
    tech_info: Str255 | None = None


GenericStatus = Literal["Accepted", "Rejected"]


class SignCertificateResponse(Response):
    status: GenericStatus


class SignCertificate(Request[SignCertificateResponse]):
    sender = "station"

    csr: Str5500


CertificateSignedStatus = Literal["Accepted", "Rejected"]


class CertificateSignedResponse(Response):
    status: CertificateSignedStatus


class CertificateSigned(Request[CertificateSignedResponse]):
    sender = "csms"

    certificate_chain: Str10000
