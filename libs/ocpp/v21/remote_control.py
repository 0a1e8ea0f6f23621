from typing import Literal

from libs.ocpp.extensible import Request, Response
from libs.ocpp.scalar import Int, Natural, Positive, Str36, Str50
from libs.ocpp.v21.charging_profile import ChargingProfile
from libs.ocpp.v21.device_model import EVSE
from libs.ocpp.v21.id_token import IdToken
from libs.ocpp.v21.status import StatusInfo

RequestStartStopStatus = Literal["Accepted", "Rejected"]


class RequestStartTransactionResponse(Response):
    status: RequestStartStopStatus
    status_info: StatusInfo | None = None
    transaction_id: Str36 | None = None


class RequestStartTransaction(Request[RequestStartTransactionResponse]):
    sender = "csms"

    evse_id: Positive | None = None
    group_id_token: IdToken | None = None
    id_token: IdToken
    remote_start_id: Int
    charging_profile: ChargingProfile | None = None


class RequestStopTransactionResponse(Response):
    status: RequestStartStopStatus
    status_info: StatusInfo | None = None


class RequestStopTransaction(Request[RequestStopTransactionResponse]):
    sender = "csms"

    transaction_id: Str36


UnlockStatus = Literal[
    "Unlocked", "UnlockFailed", "OngoingAuthorizedTransaction", "UnknownConnector"
]


class UnlockConnectorResponse(Response):
    status: UnlockStatus
    status_info: StatusInfo | None = None


class UnlockConnector(Request[UnlockConnectorResponse]):
    sender = "csms"

    evse_id: Natural
    connector_id: Natural


MessageTrigger = Literal[
    "BootNotification",
    "LogStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "MeterValues",
    "SignChargingStationCertificate",
    "SignV2GCertificate",
    "SignV2G20Certificate",
    "StatusNotification",
    "TransactionEvent",
    "SignCombinedCertificate",
    "PublishFirmwareStatusNotification",
    "CustomTrigger",
]

TriggerMessageStatus = Literal["Accepted", "Rejected", "NotImplemented"]


class TriggerMessageResponse(Response):
    status: TriggerMessageStatus
    status_info: StatusInfo | None = None


class TriggerMessage(Request[TriggerMessageResponse]):
    sender = "csms"

    evse: EVSE | None = None
    requested_message: MessageTrigger
    custom_trigger: Str50 | None = None
