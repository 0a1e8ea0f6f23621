"""The local authorization list in OCPP 2.0.1 and 2.1."""

from typing import Any

from libs.ocpp import codec, v21, v201
from libs.station import local_list
from libs.station.answer import Handler, Reply, refuse
from libs.station.controller import Controller
from libs.station.local_list import Entry, Update
from libs.station.moment import Token, Verdict


def get_local_list_version(
    station: Controller, call: v201.GetLocalListVersion | v21.GetLocalListVersion
) -> Reply:
    known = station.flash.local_list_version if local_list.enabled(station) else 0
    return Reply(v201.GetLocalListVersionResponse(version_number=known))


def send_local_list(station: Controller, call: v201.SendLocalList | v21.SendLocalList) -> Reply:
    entries = [entry(item) for item in call.local_authorization_list or []]
    within(station, call, len(entries))
    outcome = local_list.update(
        station,
        Update(version=call.version_number, full=call.update_type == "Full", entries=entries),
    )
    # 2.x has no status for a list that is not there.
    status = "Failed" if outcome.status == "NotSupported" else outcome.status
    info = v201.StatusInfo(reason_code=outcome.reason) if outcome.reason else None
    return Reply(v201.SendLocalListResponse(status=status, status_info=info))


def within(station: Controller, call: v201.SendLocalList | v21.SendLocalList, entries: int) -> None:
    """A message beyond the limits that the station tells is refused as a whole."""
    if entries > (most := local_list.items_max(station)):
        refuse("OccurrenceConstraintViolation", f"SendLocalList takes {most}, got {entries}.")
    size = len(codec.encode(call))
    limit = station.configuration.integer("LocalAuthListCtrlr.BytesPerMessage")
    if size > limit:
        refuse("FormatViolation", f"SendLocalList takes {limit} bytes, got {size}.")


def entry(item: v201.AuthorizationData | v21.AuthorizationData) -> Entry:
    token, info = Token(item.id_token.id_token, item.id_token.type), item.id_token_info
    if info is None:
        return Entry(token, None)
    group = info.group_id_token.id_token if info.group_id_token else None
    return Entry(token, Verdict(info.status, group, info.cache_expiry_date_time))


ANSWERS: dict[str, Handler[Any]] = {
    "GetLocalListVersion": get_local_list_version,
    "SendLocalList": send_local_list,
}
