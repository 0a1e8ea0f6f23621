from typing import Literal

from libs.ocpp.message import Request, Response
from libs.ocpp.scalar import Str50, Str255

DataTransferStatus = Literal["Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"]


class DataTransferResponse(Response):
    status: DataTransferStatus
    data: str | None = None


class DataTransfer(Request[DataTransferResponse]):
    sender = "both"

    vendor_id: Str255
    message_id: Str50 | None = None
    data: str | None = None
