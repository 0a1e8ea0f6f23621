from typing import Literal

from libs.ocpp.extensible import Request, Response
from libs.ocpp.scalar import Str5500, UpTo4
from libs.ocpp.v201.certificate_hash import OCSPRequestData
from libs.ocpp.v201.id_token import IdToken, IdTokenInfo
from libs.ocpp.v201.status import StatusInfo

AuthorizeCertificateStatus = Literal[
    "Accepted",
    "SignatureError",
    "CertificateExpired",
    "CertificateRevoked",
    "NoCertificateAvailable",
    "CertChainError",
    "ContractCancelled",
]


class AuthorizeResponse(Response):
    id_token_info: IdTokenInfo
    certificate_status: AuthorizeCertificateStatus | None = None


class Authorize(Request[AuthorizeResponse]):
    sender = "station"

    id_token: IdToken
    certificate: Str5500 | None = None
    iso15118_certificate_hash_data: UpTo4[OCSPRequestData] | None = None


ClearCacheStatus = Literal["Accepted", "Rejected"]


class ClearCacheResponse(Response):
    status: ClearCacheStatus
    status_info: StatusInfo | None = None


class ClearCache(Request[ClearCacheResponse]):
    sender = "csms"
