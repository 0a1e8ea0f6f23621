from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Int, Natural, OneOrMore, Str8, Str20, Str50, Str255, Time
from libs.ocpp.v21.message_content import MessageContent


class AdditionalInfo(Extensible):
    additional_id_token: Str255
    type: Str50


class IdToken(Extensible):
    additional_info: OneOrMore[AdditionalInfo] | None = None
    id_token: Str255
    type: Str20


AuthorizationStatus = Literal[
    "Accepted",
    "Blocked",
    "ConcurrentTx",
    "Expired",
    "Invalid",
    "NoCredit",
    "NotAllowedTypeEVSE",
    "NotAtThisLocation",
    "NotAtThisTime",
    "Unknown",
]


class IdTokenInfo(Extensible):
    status: AuthorizationStatus
    cache_expiry_date_time: Time | None = None
    charging_priority: Int | None = None
    """From -9 to 9; 0 is normal."""
    group_id_token: IdToken | None = None
    language1: Str8 | None = None
    language2: Str8 | None = None
    evse_id: OneOrMore[Natural] | None = None
    """Where alone the token may charge; None is everywhere."""
    personal_message: MessageContent | None = None
