"""What stations told of customers, and that they forgot one (N09, N10); `devices` owns it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from libs.bus.message import Ask, Event
from libs.contracts.devices import CallSent
from libs.contracts.stations import Done

HashAlgorithm = Literal["SHA256", "SHA384", "SHA512"]


class CertificateHash(Struct, frozen=True, kw_only=True):
    """Which certificate is meant, without the certificate."""

    algorithm: HashAlgorithm
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str
    """Hexadecimal, without leading zeros."""


class CustomerView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a station was asked about a customer, and the text that it told."""

    request: str
    """The id of the request; deleting the information keeps the request, without the customer."""
    station: str
    asked_at: datetime
    token: str | None = None
    token_type: str | None = None
    certificate: CertificateHash | None = None
    identifier: str | None = None
    report: bool
    clear: bool
    text: str = ""
    """The parts that came, joined in their order."""
    parts: int = 0
    parts_missing: list[int] = []
    complete: bool = False
    """Nothing more is to come: the last part and all before it are here, or none was asked for."""
    kept_until: datetime
    """Then it is deleted."""


class CustomerPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[CustomerView]
    next: str | None = None


class AskCustomer(Ask[CallSent]):
    """CustomerInformation; exactly one of token, certificate and identifier, else ``Invalid``."""

    subject = "api.{tenant}.devices.customer_ask"

    tenant: str
    station: str
    token: str | None = None
    token_type: str = "ISO14443"  # noqa: S105 - a kind of card
    certificate: CertificateHash | None = None
    identifier: str | None = None
    report: bool = True
    clear: bool = False
    by: str = "operator"
    timeout_seconds: float = 30


class ListCustomers(Ask[CustomerPage]):
    """Newest first."""

    subject = "api.{tenant}.devices.customers"

    tenant: str
    station: str
    after: str | None = None
    limit: int = 50


class GetCustomer(Ask[CustomerView]):
    subject = "api.{tenant}.devices.customer"

    tenant: str
    station: str
    request: str


class EraseCustomer(Ask[Done]):
    """Delete what was told, and who was meant."""

    subject = "api.{tenant}.devices.customer_erase"

    tenant: str
    station: str
    request: str


class CustomerCleared(Event):
    """A station accepted to forget a token: whoever gave it a list that holds the token takes it
    from there (N10.FR.02).
    """

    subject = "event.{tenant}.customer.cleared.{station}"

    station: str
    request: str
    token: str
    token_type: str

    def key(self) -> str:
        return self.request
