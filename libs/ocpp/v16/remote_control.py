from typing import Literal

from libs.ocpp.message import Request, Response
from libs.ocpp.scalar import Int, Str20
from libs.ocpp.v16.charging_profile import ChargingProfile

RemoteStartStopStatus = Literal["Accepted", "Rejected"]


class RemoteStartTransactionResponse(Response):
    status: RemoteStartStopStatus


class RemoteStartTransaction(Request[RemoteStartTransactionResponse]):
    sender = "csms"

    connector_id: Int | None = None
    id_tag: Str20
    charging_profile: ChargingProfile | None = None
    """A TxProfile; its ``transaction_id`` stays empty."""


class RemoteStopTransactionResponse(Response):
    status: RemoteStartStopStatus


class RemoteStopTransaction(Request[RemoteStopTransactionResponse]):
    sender = "csms"

    transaction_id: Int


UnlockStatus = Literal["Unlocked", "UnlockFailed", "NotSupported"]


class UnlockConnectorResponse(Response):
    status: UnlockStatus


class UnlockConnector(Request[UnlockConnectorResponse]):
    sender = "csms"

    connector_id: Int


MessageTrigger = Literal[
    "BootNotification",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "MeterValues",
    "StatusNotification",
]

TriggerMessageStatus = Literal["Accepted", "Rejected", "NotImplemented"]


class TriggerMessageResponse(Response):
    status: TriggerMessageStatus


class TriggerMessage(Request[TriggerMessageResponse]):
    sender = "csms"

    requested_message: MessageTrigger
    connector_id: Int | None = None
    """None is all of them."""


MessageTriggerEnum = Literal[
    "BootNotification",
    "LogStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "MeterValues",
    "SignChargePointCertificate",
    "StatusNotification",
]


class ExtendedTriggerMessageResponse(Response):
    status: TriggerMessageStatus


class ExtendedTriggerMessage(Request[ExtendedTriggerMessageResponse]):
    sender = "csms"

    requested_message: MessageTriggerEnum
    connector_id: Int | None = None
