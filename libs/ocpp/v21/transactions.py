from typing import Literal

from msgspec import field

from libs.ocpp.extensible import Extensible, Request, Response
from libs.ocpp.scalar import Int, Natural, OneOrMore, Percent, Phases, Str36, Str60, Time, UpTo4
from libs.ocpp.v21.charging_profile import OperationMode
from libs.ocpp.v21.cost import CostDetails
from libs.ocpp.v21.device_model import EVSE
from libs.ocpp.v21.id_token import IdToken, IdTokenInfo
from libs.ocpp.v21.message_content import MessageContent
from libs.ocpp.v21.meter import MeterValue

TransactionEventEnum = Literal["Ended", "Started", "Updated"]

TriggerReason = Literal[
    "AbnormalCondition",
    "Authorized",
    "CablePluggedIn",
    "ChargingRateChanged",
    "ChargingStateChanged",
    "CostLimitReached",
    "Deauthorized",
    "EnergyLimitReached",
    "EVCommunicationLost",
    "EVConnectTimeout",
    "EVDeparted",
    "EVDetected",
    "LimitSet",
    "MeterValueClock",
    "MeterValuePeriodic",
    "OperationModeChanged",
    "RemoteStart",
    "RemoteStop",
    "ResetCommand",
    "RunningCost",
    "SignedDataReceived",
    "SoCLimitReached",
    "StopAuthorized",
    "TariffChanged",
    "TariffNotAccepted",
    "TimeLimitReached",
    "Trigger",
    "TxResumed",
    "UnlockCommand",
]

PreconditioningStatus = Literal["Unknown", "Ready", "NotReady", "Preconditioning"]

ChargingState = Literal["EVConnected", "Charging", "SuspendedEV", "SuspendedEVSE", "Idle"]

Reason = Literal[
    "DeAuthorized",
    "EmergencyStop",
    "EnergyLimitReached",
    "EVDisconnected",
    "GroundFault",
    "ImmediateReset",
    "MasterPass",
    "Local",
    "LocalOutOfCredit",
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
    "ReqEnergyTransferRejected",
]
"""``DeAuthorized``, ``SOCLimitReached``: other spellings than those of ``TriggerReason``."""


class TransactionLimit(Extensible):
    max_cost: float | None = None
    max_energy: float | None = None
    """Wh."""
    max_time: Int | None = None
    """Seconds."""
    max_soc: Percent | None = field(default=None, name="maxSoC")


class Transaction(Extensible):
    transaction_id: Str36
    charging_state: ChargingState | None = None
    time_spent_charging: Int | None = None
    """Seconds."""
    stopped_reason: Reason | None = None
    remote_start_id: Int | None = None
    operation_mode: OperationMode | None = None
    tariff_id: Str60 | None = None
    transaction_limit: TransactionLimit | None = None


class TransactionEventResponse(Response):
    total_cost: float | None = None
    """In the currency of the station, taxes included."""
    charging_priority: Int | None = None
    """From -9 to 9; 0 is normal."""
    id_token_info: IdTokenInfo | None = None
    transaction_limit: TransactionLimit | None = None
    updated_personal_message: MessageContent | None = None
    updated_personal_message_extra: UpTo4[MessageContent] | None = None


class TransactionEvent(Request[TransactionEventResponse]):
    sender = "station"

    cost_details: CostDetails | None = None
    event_type: TransactionEventEnum
    meter_value: OneOrMore[MeterValue] | None = None
    timestamp: Time
    trigger_reason: TriggerReason
    seq_no: Natural
    """From 0, by one for each message of the transaction."""
    offline: bool | None = None
    """None is False."""
    number_of_phases_used: Phases | None = None
    cable_max_current: Int | None = None
    """A."""
    reservation_id: Natural | None = None
    preconditioning_status: PreconditioningStatus | None = None
    evse_sleep: bool | None = None
    transaction_info: Transaction
    evse: EVSE | None = None
    id_token: IdToken | None = None


class GetTransactionStatusResponse(Response):
    ongoing_indicator: bool | None = None
    messages_in_queue: bool


class GetTransactionStatus(Request[GetTransactionStatusResponse]):
    sender = "csms"

    transaction_id: Str36 | None = None
