"""The bases of OCPP 2.x, where every object at every level may carry ``customData``.

A ``custom_data`` must hold ``vendorId`` (at most 255 characters); all else in it is the vendor's.
"""

from typing import Any

from libs.ocpp import message
from libs.ocpp.message import Message, ResponseT_co


class Extensible(Message):
    custom_data: dict[str, Any] | None = None


class Response(message.Response, Extensible):
    """The answer to a request of 2.x."""


class Request(message.Request[ResponseT_co], Extensible):
    """A CALL or SEND of 2.x."""
