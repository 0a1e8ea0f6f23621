from typing import Literal

from libs.ocpp.message import Request, Response
from libs.ocpp.scalar import Str20
from libs.ocpp.v16.id_tag import IdTagInfo


class AuthorizeResponse(Response):
    id_tag_info: IdTagInfo


class Authorize(Request[AuthorizeResponse]):
    sender = "station"

    id_tag: Str20


ClearCacheStatus = Literal["Accepted", "Rejected"]


class ClearCacheResponse(Response):
    status: ClearCacheStatus


class ClearCache(Request[ClearCacheResponse]):
    sender = "csms"
