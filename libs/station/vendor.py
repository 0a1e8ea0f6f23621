"""Vendors' own messages (block P): who registers for a vendor understands it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from libs.ocpp import v16, v201
from libs.station.feature import Feature

if TYPE_CHECKING:
    from libs.station.controller import Controller


class Said(NamedTuple):
    """What a vendor's message is answered."""

    status: Literal["Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"]
    data: Any = None


Handler = Callable[[Any], Said]
"""Gets the data of a message."""


class Vendors(Feature):
    """Handlers by vendorId and messageId; None stands for a message without one."""

    __slots__ = ("_handlers",)

    def __init__(self, station: "Controller") -> None:
        super().__init__(station)
        self._handlers: dict[str, dict[str | None, Handler]] | None = None

    def register(self, vendor: str, message: str | None, handler: Handler) -> None:
        if self._handlers is None:
            self._handlers = {}
        self._handlers.setdefault(vendor, {})[message] = handler

    def send(
        self,
        vendor: str,
        message: str | None = None,
        data: Any = None,
        answered: Callable[[Any], None] | None = None,
    ) -> None:
        """P02; ``answered`` gets the response, or a Failure. 1.6 takes data as a text."""
        call: v16.DataTransfer | v201.DataTransfer
        if self.station.profile.version == "v16":
            call = v16.DataTransfer(vendor_id=vendor, message_id=message, data=data)
        else:
            call = v201.DataTransfer(vendor_id=vendor, message_id=message, data=data)
        self.station.say(call, answered)

    def answer(self, vendor: str, message: str | None, data: Any) -> Said:
        """P01.FR.05, P01.FR.06."""
        known = (self._handlers or {}).get(vendor)
        if known is None:
            return Said("UnknownVendorId")
        handler = known.get(message)
        return Said("UnknownMessageId") if handler is None else handler(data)
