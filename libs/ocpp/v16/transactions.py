from typing import Literal

from libs.ocpp.message import Request, Response
from libs.ocpp.scalar import Int, Str20, Time
from libs.ocpp.v16.id_tag import IdTagInfo
from libs.ocpp.v16.meter import MeterValue


class StartTransactionResponse(Response):
    id_tag_info: IdTagInfo
    transaction_id: Int
    """Ours to choose, and to give whatever the status is."""


class StartTransaction(Request[StartTransactionResponse]):
    sender = "station"

    connector_id: Int
    id_tag: Str20
    meter_start: Int
    """Wh."""
    reservation_id: Int | None = None
    timestamp: Time


Reason = Literal[
    "EmergencyStop",
    "EVDisconnected",
    "HardReset",
    "Local",
    "Other",
    "PowerLoss",
    "Reboot",
    "Remote",
    "SoftReset",
    "UnlockCommand",
    "DeAuthorized",
]


class StopTransactionResponse(Response):
    id_tag_info: IdTagInfo | None = None


class StopTransaction(Request[StopTransactionResponse]):
    sender = "station"

    id_tag: Str20 | None = None
    meter_stop: Int
    """Wh."""
    timestamp: Time
    transaction_id: Int
    reason: Reason | None = None
    """None is Local."""
    transaction_data: list[MeterValue] | None = None
