from typing import Any, Literal

from libs.ocpp.extensible import Request, Response
from libs.ocpp.scalar import Str50, Str255
from libs.ocpp.v21.status import StatusInfo

DataTransferStatus = Literal["Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"]


class DataTransferResponse(Response):
    status: DataTransferStatus
    status_info: StatusInfo | None = None
    data: Any | None = None


class DataTransfer(Request[DataTransferResponse]):
    sender = "both"

    message_id: Str50 | None = None
    data: Any | None = None
    vendor_id: Str255
