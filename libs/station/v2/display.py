"""Block O as 2.0.1 and 2.1 ask it of a station."""

from typing import Any, cast

from msgspec import Raw, json

from libs.ocpp import v21, v201
from libs.station import display
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.display import Filter
from libs.station.flash import Shown

PART_MESSAGES = 4
"""Messages in one part of a report."""


def set_display_message(
    station: Controller, call: v201.SetDisplayMessage | v21.SetDisplayMessage
) -> Reply:
    outcome = display.put(station, shown(call.message))
    info = v201.StatusInfo(reason_code=outcome.reason) if outcome.reason else None
    # What 2.0.1 has no word for is simply rejected.
    known = outcome.status
    if known == "LanguageNotSupported" and station.profile.version == "v201":
        known = "Rejected"
    status = cast("v201.DisplayMessageStatus", known)
    return Reply(v201.SetDisplayMessageResponse(status=status, status_info=info))


def shown(info: v201.MessageInfo | v21.MessageInfo) -> Shown:
    texts = [info.message]
    if isinstance(info, v21.MessageInfo):
        texts = [info.message, *(info.message_extra or [])]
    return Shown(
        id=info.id,
        priority=info.priority,
        formats=tuple(text.format for text in texts),
        languages=tuple(text.language for text in texts if text.language),
        state=info.state,
        starts=info.start_date_time,
        ends=info.end_date_time,
        transaction=info.transaction_id,
        wire=Raw(json.encode(info)),
    )


def get_display_messages(
    station: Controller, call: v201.GetDisplayMessages | v21.GetDisplayMessages
) -> Reply:
    """O03, O04: a station that has nothing of it says so and reports nothing."""
    wanted = Filter(tuple(call.id) if call.id else None, call.priority, call.state)
    found = display.find(station, wanted)
    if not found:
        return Reply(v201.GetDisplayMessagesResponse(status="Unknown"))
    return Reply(
        v201.GetDisplayMessagesResponse(status="Accepted"),
        lambda: report(station, call.request_id, found),
    )


def report(station: Controller, request_id: int, found: list[Shown]) -> None:
    for begin in range(0, len(found), PART_MESSAGES):
        part = found[begin : begin + PART_MESSAGES]
        more = begin + PART_MESSAGES < len(found) or None
        if station.profile.version == "v21":
            infos = [json.decode(each.wire, type=v21.MessageInfo) for each in part]
            station.say(
                v21.NotifyDisplayMessages(request_id=request_id, message_info=infos, tbc=more)
            )
        else:
            older = [json.decode(each.wire, type=v201.MessageInfo) for each in part]
            station.say(
                v201.NotifyDisplayMessages(request_id=request_id, message_info=older, tbc=more)
            )


def clear_display_message(
    station: Controller, call: v201.ClearDisplayMessage | v21.ClearDisplayMessage
) -> Reply:
    known = display.clear(station, call.id)
    return Reply(v201.ClearDisplayMessageResponse(status="Accepted" if known else "Unknown"))


ANSWERS: dict[str, Handler[Any]] = {
    "ClearDisplayMessage": clear_display_message,
    "GetDisplayMessages": get_display_messages,
    "SetDisplayMessage": set_display_message,
}
