from typing import Literal

from libs.ocpp.extensible import Extensible, Request, Response
from libs.ocpp.scalar import (
    Int,
    Natural,
    OneOrMore,
    Str20,
    Str36,
    Str50,
    Str100,
    Str255,
    Str500,
    Str2000,
    Str10000,
    Time,
    UpTo4,
)
from libs.ocpp.v21.certificate_hash import OCSPRequestData
from libs.ocpp.v21.charging_needs import EnergyTransferMode
from libs.ocpp.v21.id_token import IdToken, IdTokenInfo
from libs.ocpp.v21.status import GenericStatus, StatusInfo
from libs.ocpp.v21.tariff import Tariff

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
    allowed_energy_transfer: OneOrMore[EnergyTransferMode] | None = None
    tariff: Tariff | None = None


class Authorize(Request[AuthorizeResponse]):
    sender = "station"

    id_token: IdToken
    certificate: Str10000 | None = None
    iso15118_certificate_hash_data: UpTo4[OCSPRequestData] | None = None


ClearCacheStatus = Literal["Accepted", "Rejected"]


class ClearCacheResponse(Response):
    status: ClearCacheStatus
    status_info: StatusInfo | None = None


class ClearCache(Request[ClearCacheResponse]):
    sender = "csms"


PaymentStatus = Literal["Settled", "Canceled", "Rejected", "Failed"]


class Address(Extensible):
    name: Str50
    address1: Str100
    address2: Str100 | None = None
    city: Str100
    postal_code: Str20 | None = None
    country: Str50


class NotifySettlementResponse(Response):
    receipt_url: Str2000 | None = None
    receipt_id: Str50 | None = None


class NotifySettlement(Request[NotifySettlementResponse]):
    sender = "station"

    transaction_id: Str36 | None = None
    psp_ref: Str255
    status: PaymentStatus
    status_info: Str500 | None = None
    settlement_amount: float
    settlement_time: Time
    receipt_id: Str50 | None = None
    receipt_url: Str2000 | None = None
    vat_company: Address | None = None
    vat_number: Str20 | None = None


class NotifyWebPaymentStartedResponse(Response):
    pass


class NotifyWebPaymentStarted(Request[NotifyWebPaymentStartedResponse]):
    sender = "csms"

    evse_id: Natural
    timeout: Int
    """Seconds."""


class VatNumberValidationResponse(Response):
    company: Address | None = None
    status_info: StatusInfo | None = None
    vat_number: Str20
    evse_id: Natural | None = None
    status: GenericStatus


class VatNumberValidation(Request[VatNumberValidationResponse]):
    sender = "station"

    vat_number: Str20
    evse_id: Natural | None = None
