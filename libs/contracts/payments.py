"""Ad hoc payment at stations (block C of OCPP 2.1) and cost on their displays; `devices` owns what
is told of it.
"""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from libs.bus.message import Ask, Event
from libs.contracts.devices import CallSent

PaymentStatus = Literal["Settled", "Canceled", "Rejected", "Failed"]


class CompanyView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom a receipt is for."""

    name: str
    address1: str
    address2: str | None = None
    city: str
    postal_code: str | None = None
    country: str


class SettlementView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A NotifySettlement: how a payment at a station ended (C21, C22)."""

    id: int
    station: str
    transaction: str | None = None
    """The station's own name for the transaction."""
    psp_ref: str
    """The payment in the words of the payment service provider."""
    status: PaymentStatus
    info: str | None = None
    amount: Decimal
    at: datetime
    receipt_id: str | None = None
    receipt_url: str | None = None
    company: CompanyView | None = None
    vat_number: str | None = None
    received_at: datetime


class SettlementPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[SettlementView]
    next: str | None = None


class ListSettlements(Ask[SettlementPage]):
    """Newest first. ``transaction`` is the station's own name."""

    subject = "api.{tenant}.devices.settlements"

    tenant: str
    station: str
    transaction: str | None = None
    after: str | None = None
    limit: int = 50


class VatCheckView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A VatNumberValidation and what it was answered."""

    id: int
    at: datetime
    number: str
    evse: int | None = None
    status: Literal["Accepted", "Rejected"]
    reason: str
    """What was looked at, or what is wrong with it."""


class VatCheckPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[VatCheckView]
    next: str | None = None


class ListVatChecks(Ask[VatCheckPage]):
    """Newest first."""

    subject = "api.{tenant}.devices.vat_checks"

    tenant: str
    station: str
    after: str | None = None
    limit: int = 50


class StartWebPayment(Ask[CallSent]):
    """NotifyWebPaymentStarted: somebody pays on a web page for this EVSE (C25)."""

    subject = "api.{tenant}.devices.web_payment"

    tenant: str
    station: str
    evse: int
    timeout: int
    """Seconds in which the payment is to be done."""
    by: str = "operator"
    timeout_seconds: float = 30


class TellCost(Ask[CallSent]):
    """CostUpdated: the cost of a transaction so far, for the station to show (I02)."""

    subject = "api.{tenant}.devices.cost"

    tenant: str
    station: str
    transaction: str
    """The station's own name for it."""
    total_cost: Decimal
    by: str = "operator"
    timeout_seconds: float = 30


class PaymentSettled(Event):
    """A station told how a payment ended, whatever the status."""

    subject = "event.{tenant}.payment.settled.{station}"

    station: str
    psp_ref: str
    status: PaymentStatus
    amount: Decimal
    transaction: str | None = None

    def key(self) -> str:
        return f"{self.station}/{self.psp_ref}/{self.status}/{self.at.timestamp()}"


class VatNumberChecked(Event):
    """A driver gave a VAT number for the receipt."""

    subject = "event.{tenant}.vat_number.checked.{station}"

    station: str
    number: str
    status: Literal["Accepted", "Rejected"]
    evse: int | None = None

    def key(self) -> str:
        return f"{self.station}/{self.number}/{self.at.timestamp()}"
