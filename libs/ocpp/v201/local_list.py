from typing import Literal

from libs.ocpp.extensible import Extensible, Request, Response
from libs.ocpp.scalar import Int, OneOrMore
from libs.ocpp.v201.id_token import IdToken, IdTokenInfo
from libs.ocpp.v201.status import StatusInfo


class GetLocalListVersionResponse(Response):
    version_number: Int
    """0 is no list."""


class GetLocalListVersion(Request[GetLocalListVersionResponse]):
    sender = "csms"


class AuthorizationData(Extensible):
    id_token: IdToken
    id_token_info: IdTokenInfo | None = None
    """None in a differential update takes the token off the list."""


Update = Literal["Differential", "Full"]

SendLocalListStatus = Literal["Accepted", "Failed", "VersionMismatch"]


class SendLocalListResponse(Response):
    status: SendLocalListStatus
    status_info: StatusInfo | None = None


class SendLocalList(Request[SendLocalListResponse]):
    sender = "csms"

    local_authorization_list: OneOrMore[AuthorizationData] | None = None
    version_number: Int
    update_type: Update
