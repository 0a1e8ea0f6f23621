from typing import Literal

from libs.ocpp.message import Message, Request, Response
from libs.ocpp.scalar import Int, Str20
from libs.ocpp.v16.id_tag import IdTagInfo


class GetLocalListVersionResponse(Response):
    list_version: Int
    """0 is an empty list, -1 is no support."""


class GetLocalListVersion(Request[GetLocalListVersionResponse]):
    sender = "csms"


class AuthorizationData(Message):
    id_tag: Str20
    id_tag_info: IdTagInfo | None = None
    """None in a differential update takes the tag off the list."""


UpdateType = Literal["Differential", "Full"]

UpdateStatus = Literal["Accepted", "Failed", "NotSupported", "VersionMismatch"]


class SendLocalListResponse(Response):
    status: UpdateStatus


class SendLocalList(Request[SendLocalListResponse]):
    sender = "csms"

    list_version: Int
    local_authorization_list: list[AuthorizationData] | None = None
    update_type: UpdateType
