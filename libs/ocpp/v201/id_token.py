from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Int, OneOrMore, Str8, Str36, Str50, Time
from libs.ocpp.v201.message_content import MessageContent

IdTokenEnum = Literal[
    "Central", "eMAID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress", "NoAuthorization"
]


class AdditionalInfo(Extensible):
    additional_id_token: Str36
    type: Str50


class IdToken(Extensible):
    additional_info: OneOrMore[AdditionalInfo] | None = None
    id_token: Str36
    type: IdTokenEnum


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
    language1: Str8 | None = None
    evse_id: OneOrMore[Int] | None = None
    """Where alone the token may charge; None is everywhere."""
    group_id_token: IdToken | None = None
    language2: Str8 | None = None
    personal_message: MessageContent | None = None
