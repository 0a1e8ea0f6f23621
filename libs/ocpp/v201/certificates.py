from typing import Literal

from msgspec import field

from libs.ocpp.extensible import Extensible, Request, Response
from libs.ocpp.scalar import OneOrMore, Str50, Str5500, Str5600, Str7500, UpTo4
from libs.ocpp.v201.certificate_hash import CertificateHashData, OCSPRequestData
from libs.ocpp.v201.status import StatusInfo

CertificateAction = Literal["Install", "Update"]

Iso15118EVCertificateStatus = Literal["Accepted", "Failed"]


class Get15118EVCertificateResponse(Response):
    status: Iso15118EVCertificateStatus
    status_info: StatusInfo | None = None
    exi_response: Str7500
    """Base64."""


class Get15118EVCertificate(Request[Get15118EVCertificateResponse]):
    sender = "station"

    iso15118_schema_version: Str50
    certificate_action: CertificateAction = field(name="action")
    """``action`` on the wire, a name that each request has for itself."""
    exi_request: Str5600
    """Base64."""


GetCertificateStatusEnum = Literal["Accepted", "Failed"]


class GetCertificateStatusResponse(Response):
    status: GetCertificateStatusEnum
    status_info: StatusInfo | None = None
    ocsp_result: Str5500 | None = None
    """Base64 of the DER encoded response."""


class GetCertificateStatus(Request[GetCertificateStatusResponse]):
    sender = "station"

    ocsp_request_data: OCSPRequestData


GetCertificateIdUse = Literal[
    "V2GRootCertificate",
    "MORootCertificate",
    "CSMSRootCertificate",
    "V2GCertificateChain",
    "ManufacturerRootCertificate",
]

GetInstalledCertificateStatus = Literal["Accepted", "NotFound"]


class CertificateHashDataChain(Extensible):
    certificate_hash_data: CertificateHashData
    certificate_type: GetCertificateIdUse
    child_certificate_hash_data: UpTo4[CertificateHashData] | None = None


class GetInstalledCertificateIdsResponse(Response):
    status: GetInstalledCertificateStatus
    status_info: StatusInfo | None = None
    certificate_hash_data_chain: OneOrMore[CertificateHashDataChain] | None = None


class GetInstalledCertificateIds(Request[GetInstalledCertificateIdsResponse]):
    sender = "csms"

    certificate_type: OneOrMore[GetCertificateIdUse] | None = None


DeleteCertificateStatus = Literal["Accepted", "Failed", "NotFound"]


class DeleteCertificateResponse(Response):
    status: DeleteCertificateStatus
    status_info: StatusInfo | None = None


class DeleteCertificate(Request[DeleteCertificateResponse]):
    sender = "csms"

    certificate_hash_data: CertificateHashData


InstallCertificateUse = Literal[
    "V2GRootCertificate", "MORootCertificate", "CSMSRootCertificate", "ManufacturerRootCertificate"
]

InstallCertificateStatus = Literal["Accepted", "Rejected", "Failed"]


class InstallCertificateResponse(Response):
    status: InstallCertificateStatus
    status_info: StatusInfo | None = None


class InstallCertificate(Request[InstallCertificateResponse]):
    sender = "csms"

    certificate_type: InstallCertificateUse
    certificate: Str5500
