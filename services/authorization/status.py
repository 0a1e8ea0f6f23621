"""What OCPP 1.6 can say of a token."""

from libs.contracts.authorization import AuthorizationStatus
from libs.ocpp import v16

STATUS_16: dict[AuthorizationStatus, v16.AuthorizationStatus] = {
    "Accepted": "Accepted",
    "Blocked": "Blocked",
    "ConcurrentTx": "ConcurrentTx",
    "Expired": "Expired",
    "Invalid": "Invalid",
    "NoCredit": "Invalid",
    "NotAllowedTypeEVSE": "Invalid",
    "NotAtThisLocation": "Invalid",
    "NotAtThisTime": "Invalid",
    "Unknown": "Invalid",
}

ID_TAG_CHARACTERS_MAX = 20
"""A group of 2.x may be longer than 1.6 can say: then 1.6 stations are not told."""
