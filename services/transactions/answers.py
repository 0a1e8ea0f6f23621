"""A decision about a token, as each version's answer says it."""

from libs.contracts.authorization import AuthorizationStatus, Decision
from libs.ocpp import v16, v21, v201

GROUP_TYPE = "Central"
ID_TAG_MAX = 20
ID_TOKEN_MAX = 36

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


def id_tag_info(decision: Decision) -> v16.IdTagInfo:
    group = decision.group
    return v16.IdTagInfo(
        status=STATUS_16[decision.status],
        expiry_date=decision.expires_at,
        parent_id_tag=group if group is not None and len(group) <= ID_TAG_MAX else None,
    )


def id_token_info_201(decision: Decision) -> v201.IdTokenInfo:
    group = decision.group
    return v201.IdTokenInfo(
        status=decision.status,
        cache_expiry_date_time=decision.expires_at,
        language1=decision.language,
        evse_id=decision.evses or None,
        group_id_token=None
        if group is None or len(group) > ID_TOKEN_MAX
        else v201.IdToken(id_token=group, type=GROUP_TYPE),
    )


def id_token_info_21(decision: Decision) -> v21.IdTokenInfo:
    group = decision.group
    return v21.IdTokenInfo(
        status=decision.status,
        cache_expiry_date_time=decision.expires_at,
        language1=decision.language,
        evse_id=decision.evses or None,
        group_id_token=None if group is None else v21.IdToken(id_token=group, type=GROUP_TYPE),
    )
