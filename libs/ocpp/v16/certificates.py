from typing import Literal

from libs.ocpp.message import Message, Request, Response
from libs.ocpp.scalar import OneOrMore, Str40, Str128, Str5500

CertificateUse = Literal["CentralSystemRootCertificate", "ManufacturerRootCertificate"]

InstallCertificateStatus = Literal["Accepted", "Failed", "Rejected"]


class InstallCertificateResponse(Response):
    status: InstallCertificateStatus


class InstallCertificate(Request[InstallCertificateResponse]):
    sender = "csms"

    certificate_type: CertificateUse
    certificate: Str5500


HashAlgorithm = Literal["SHA256", "SHA384", "SHA512"]


class CertificateHashData(Message):
    hash_algorithm: HashAlgorithm
    issuer_name_hash: Str128
    issuer_key_hash: Str128
    serial_number: Str40
    """Hexadecimal, without leading zeros."""


GetInstalledCertificateStatus = Literal["Accepted", "NotFound"]


class GetInstalledCertificateIdsResponse(Response):
    certificate_hash_data: OneOrMore[CertificateHashData] | None = None
    status: GetInstalledCertificateStatus


class GetInstalledCertificateIds(Request[GetInstalledCertificateIdsResponse]):
    sender = "csms"

    certificate_type: CertificateUse


DeleteCertificateStatus = Literal["Accepted", "Failed", "NotFound"]


class DeleteCertificateResponse(Response):
    status: DeleteCertificateStatus


class DeleteCertificate(Request[DeleteCertificateResponse]):
    sender = "csms"

    certificate_hash_data: CertificateHashData
