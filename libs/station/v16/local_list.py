"""The local authorization list in OCPP 1.6."""

from typing import Any

from libs.ocpp import v16
from libs.station import local_list
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.local_list import Entry, Update
from libs.station.moment import Token, Verdict

NOT_SUPPORTED = -1


def get_local_list_version(station: Controller, call: v16.GetLocalListVersion) -> Reply:
    known = station.flash.local_list_version if local_list.enabled(station) else NOT_SUPPORTED
    return Reply(v16.GetLocalListVersionResponse(list_version=known))


def send_local_list(station: Controller, call: v16.SendLocalList) -> Reply:
    entries = [entry(item) for item in call.local_authorization_list or []]
    if len(entries) > local_list.items_max(station):
        return Reply(v16.SendLocalListResponse(status="Failed"))
    outcome = local_list.update(
        station,
        Update(version=call.list_version, full=call.update_type == "Full", entries=entries),
    )
    return Reply(v16.SendLocalListResponse(status=outcome.status))


def entry(item: v16.AuthorizationData) -> Entry:
    info = item.id_tag_info
    if info is None:
        return Entry(Token(item.id_tag), None)
    verdict = Verdict(info.status, info.parent_id_tag, info.expiry_date)
    return Entry(Token(item.id_tag), verdict)


ANSWERS: dict[str, Handler[Any]] = {
    "GetLocalListVersion": get_local_list_version,
    "SendLocalList": send_local_list,
}
