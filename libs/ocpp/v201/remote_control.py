from typing import Literal

from libs.ocpp.extensible import Request, Response
from libs.ocpp.scalar import Int, Str36
from libs.ocpp.v201.charging_profile import ChargingProfile
from libs.ocpp.v201.device_model import EVSE
from libs.ocpp.v201.id_token import IdToken
from libs.ocpp.v201.status import StatusInfo

RequestStartStopStatus = Literal["Accepted", "Rejected"]


class RequestStartTransactionResponse(Response):
    status: RequestStartStopStatus
    status_info: StatusInfo | None = None
    transaction_id: Str36 | None = None


class RequestStartTransaction(Request[RequestStartTransactionResponse]):
    sender = "csms"

    evse_id: Int | None = None
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

    evse_id: Int
    connector_id: Int


MessageTrigger = Literal[
    "BootNotification",
    "LogStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "MeterValues",
    "SignChargingStationCertificate",
    "SignV2GCertificate",
    "StatusNotification",
    "TransactionEvent",
    "SignCombinedCertificate",
    "PublishFirmwareStatusNotification",
]

TriggerMessageStatus = Literal["Accepted", "Rejected", "NotImplemented"]


class TriggerMessageResponse(Response):
    status: TriggerMessageStatus
    status_info: StatusInfo | None = None


class TriggerMessage(Request[TriggerMessageResponse]):
    sender = "csms"

    evse: EVSE | None = None
    requested_message: MessageTrigger
