from typing import Literal

from libs.ocpp.extensible import Extensible, Request, Response
from libs.ocpp.scalar import Int, OneOrMore, Str36, Time
from libs.ocpp.v201.device_model import EVSE
from libs.ocpp.v201.id_token import IdToken, IdTokenInfo
from libs.ocpp.v201.message_content import MessageContent
from libs.ocpp.v201.meter import MeterValue

TransactionEventEnum = Literal["Ended", "Started", "Updated"]

TriggerReason = Literal[
    "Authorized",
    "CablePluggedIn",
    "ChargingRateChanged",
    "ChargingStateChanged",
    "Deauthorized",
    "EnergyLimitReached",
    "EVCommunicationLost",
    "EVConnectTimeout",
    "MeterValueClock",
    "MeterValuePeriodic",
    "TimeLimitReached",
    "Trigger",
    "UnlockCommand",
    "StopAuthorized",
    "EVDeparted",
    "EVDetected",
    "RemoteStop",
    "RemoteStart",
    "AbnormalCondition",
    "SignedDataReceived",
    "ResetCommand",
]

ChargingState = Literal["Charging", "EVConnected", "SuspendedEV", "SuspendedEVSE", "Idle"]

Reason = Literal[
    "DeAuthorized",
    "EmergencyStop",
    "EnergyLimitReached",
    "EVDisconnected",
    "GroundFault",
    "ImmediateReset",
    "Local",
    "LocalOutOfCredit",
    "MasterPass",
    "Other",
    "OvercurrentFault",
    "PowerLoss",
    "PowerQuality",
    "Reboot",
    "Remote",
    "SOCLimitReached",
    "StoppedByEV",
    "TimeLimitReached",
    "Timeout",
]
"""``DeAuthorized``, ``SOCLimitReached``: other spellings than those of ``TriggerReason``."""


class Transaction(Extensible):
    transaction_id: Str36
    charging_state: ChargingState | None = None
    time_spent_charging: Int | None = None
    """Seconds."""
    stopped_reason: Reason | None = None
    remote_start_id: Int | None = None


class TransactionEventResponse(Response):
    total_cost: float | None = None
    """In the currency of the station, taxes included."""
    charging_priority: Int | None = None
    """From -9 to 9; 0 is normal."""
    id_token_info: IdTokenInfo | None = None
    updated_personal_message: MessageContent | None = None


class TransactionEvent(Request[TransactionEventResponse]):
    sender = "station"

    event_type: TransactionEventEnum
    meter_value: OneOrMore[MeterValue] | None = None
    timestamp: Time
    trigger_reason: TriggerReason
    seq_no: Int
    """From 0, by one for each message of the transaction."""
    offline: bool | None = None
    """None is False."""
    number_of_phases_used: Int | None = None
    cable_max_current: Int | None = None
    """A."""
    reservation_id: Int | None = None
    transaction_info: Transaction
    evse: EVSE | None = None
    id_token: IdToken | None = None


class GetTransactionStatusResponse(Response):
    ongoing_indicator: bool | None = None
    messages_in_queue: bool


class GetTransactionStatus(Request[GetTransactionStatusResponse]):
    sender = "csms"

    transaction_id: Str36 | None = None
