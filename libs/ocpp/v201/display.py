from typing import Literal

from libs.ocpp.extensible import Extensible, Request, Response
from libs.ocpp.scalar import Int, OneOrMore, Str36, Time
from libs.ocpp.v201.device_model import Component
from libs.ocpp.v201.message_content import MessageContent
from libs.ocpp.v201.status import StatusInfo

MessagePriority = Literal["AlwaysFront", "InFront", "NormalCycle"]

MessageState = Literal["Charging", "Faulted", "Idle", "Unavailable"]


class MessageInfo(Extensible):
    display: Component | None = None
    id: Int
    priority: MessagePriority
    state: MessageState | None = None
    start_date_time: Time | None = None
    end_date_time: Time | None = None
    transaction_id: Str36 | None = None
    message: MessageContent


DisplayMessageStatus = Literal[
    "Accepted",
    "NotSupportedMessageFormat",
    "Rejected",
    "NotSupportedPriority",
    "NotSupportedState",
    "UnknownTransaction",
]


class SetDisplayMessageResponse(Response):
    status: DisplayMessageStatus
    status_info: StatusInfo | None = None


class SetDisplayMessage(Request[SetDisplayMessageResponse]):
    sender = "csms"

    message: MessageInfo


GetDisplayMessagesStatus = Literal["Accepted", "Unknown"]


class GetDisplayMessagesResponse(Response):
    status: GetDisplayMessagesStatus
    status_info: StatusInfo | None = None


class GetDisplayMessages(Request[GetDisplayMessagesResponse]):
    sender = "csms"

    id: OneOrMore[Int] | None = None
    """The ids of several messages, whatever the name."""
    request_id: Int
    priority: MessagePriority | None = None
    state: MessageState | None = None


class NotifyDisplayMessagesResponse(Response):
    pass


class NotifyDisplayMessages(Request[NotifyDisplayMessagesResponse]):
    sender = "station"

    message_info: OneOrMore[MessageInfo] | None = None
    request_id: Int
    tbc: bool | None = None
    """To be continued; None is False. These parts have no ``seq_no``."""


ClearMessageStatus = Literal["Accepted", "Unknown"]


class ClearDisplayMessageResponse(Response):
    status: ClearMessageStatus
    status_info: StatusInfo | None = None


class ClearDisplayMessage(Request[ClearDisplayMessageResponse]):
    sender = "csms"

    id: Int
