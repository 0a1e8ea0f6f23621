from typing import Literal

from libs.ocpp.extensible import Extensible, Request, Response
from libs.ocpp.scalar import Int, Natural, OneOrMore, Str36, Time, UpTo4
from libs.ocpp.v21.device_model import Component
from libs.ocpp.v21.message_content import MessageContent
from libs.ocpp.v21.status import StatusInfo

MessagePriority = Literal["AlwaysFront", "InFront", "NormalCycle"]

MessageState = Literal["Charging", "Faulted", "Idle", "Unavailable", "Suspended", "Discharging"]


class MessageInfo(Extensible):
    display: Component | None = None
    id: Natural
    priority: MessagePriority
    state: MessageState | None = None
    start_date_time: Time | None = None
    end_date_time: Time | None = None
    transaction_id: Str36 | None = None
    message: MessageContent
    message_extra: UpTo4[MessageContent] | None = None


DisplayMessageStatus = Literal[
    "Accepted",
    "NotSupportedMessageFormat",
    "Rejected",
    "NotSupportedPriority",
    "NotSupportedState",
    "UnknownTransaction",
    "LanguageNotSupported",
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

    id: OneOrMore[Natural] | None = None
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


ClearMessageStatus = Literal["Accepted", "Unknown", "Rejected"]


class ClearDisplayMessageResponse(Response):
    status: ClearMessageStatus
    status_info: StatusInfo | None = None


class ClearDisplayMessage(Request[ClearDisplayMessageResponse]):
    sender = "csms"

    id: Natural
