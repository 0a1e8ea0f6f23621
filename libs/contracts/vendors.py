"""Vendors' own messages (DataTransfer, block P), both ways; `devices` passes them on.

Whoever understands a vendor serves :class:`VendorMessage` with that vendor's id; a tenant may also
have them kept, or refused, without anybody who understands them (:class:`PutVendorHandler`).
"""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from libs.bus.message import Ask, Event
from libs.contracts.devices import CallSent
from libs.contracts.stations import Done
from libs.ocpp.message import Version

TransferStatus = Literal["Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"]
VendorPolicy = Literal["accept", "reject"]


class VendorReply(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``UnknownVendorId`` is not for who serves the vendor to say."""

    status: Literal["Accepted", "Rejected", "UnknownMessageId"]
    data: Any = None
    """To a 1.6 station a text; anything else is sent to it as JSON text."""


class VendorMessage(Ask[VendorReply]):
    """A station says something in the words of a vendor. ``id`` is the same when it is repeated."""

    subject = "api.{tenant}.vendor.{vendor}"

    tenant: str
    vendor: str
    station: str
    version: Version
    id: str
    message: str | None = None
    """The messageId."""
    data: Any = None


class VendorHandler(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a vendor's messages are answered when nobody on the bus serves the vendor."""

    vendor: str
    policy: VendorPolicy = "accept"
    """`accept`: stored and answered Accepted; `reject`: stored and answered Rejected."""
    messages: list[str] | None = None
    """The messageIds that are known; any other is answered UnknownMessageId. Absent: all are."""
    changed_at: datetime | None = None


class VendorHandlerPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[VendorHandler]
    next: str | None = None


class ListVendorHandlers(Ask[VendorHandlerPage]):
    """In the order of the vendors' ids."""

    subject = "api.{tenant}.devices.vendor_handlers"

    tenant: str
    after: str | None = None
    limit: int = 50


class GetVendorHandler(Ask[VendorHandler]):
    subject = "api.{tenant}.devices.vendor_handler"

    tenant: str
    vendor: str


class PutVendorHandler(Ask[VendorHandler]):
    subject = "api.{tenant}.devices.vendor_handler_put"

    tenant: str
    vendor: str
    policy: VendorPolicy = "accept"
    messages: list[str] | None = None


class DeleteVendorHandler(Ask[Done]):
    subject = "api.{tenant}.devices.vendor_handler_delete"

    tenant: str
    vendor: str


class TransferView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A DataTransfer and its answer."""

    id: int
    at: datetime
    station: str
    direction: Literal["up", "down"]
    """`up`: the station sent it."""
    vendor: str
    message: str | None = None
    data: Any = None
    status: str
    answer: Any = None
    """The data of the answer."""
    request: str | None = None


class TransferPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[TransferView]
    next: str | None = None


class ListTransfers(Ask[TransferPage]):
    """Newest first."""

    subject = "api.{tenant}.devices.transfers"

    tenant: str
    station: str
    vendor: str | None = None
    after: str | None = None
    limit: int = 50


class TransferData(Ask[CallSent]):
    """Send a DataTransfer. 1.6 takes a text, 2.x any JSON."""

    subject = "api.{tenant}.devices.transfer"

    tenant: str
    station: str
    vendor: str
    message: str | None = None
    data: Any = None
    by: str = "operator"
    timeout_seconds: float = 30


class DataTransferred(Event):
    """A station sent a vendor's message, and this is what it was answered."""

    subject = "event.{tenant}.data.transferred.{station}"

    station: str
    id: str
    vendor: str
    message: str | None = None
    status: TransferStatus

    def key(self) -> str:
        return f"{self.station}/{self.id}/{self.at.timestamp()}"
