from typing import Literal

from libs.ocpp.message import Message
from libs.ocpp.scalar import Str20, Time

AuthorizationStatus = Literal["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"]


class IdTagInfo(Message):
    expiry_date: Time | None = None
    parent_id_tag: Str20 | None = None
    status: AuthorizationStatus
