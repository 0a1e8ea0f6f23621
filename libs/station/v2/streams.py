"""Periodic event streams (N13, N14) as 2.1 asks for them."""

from typing import Any

from libs.ocpp import v21
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.streams import Streams


def get_periodic_event_stream(
    station: Controller,
    call: v21.GetPeriodicEventStream,
) -> Reply:
    data = [stream.data() for stream in station.feature(Streams).open.values()]
    return Reply(v21.GetPeriodicEventStreamResponse(constant_stream_data=data or None))


def adjust_periodic_event_stream(station: Controller, call: v21.AdjustPeriodicEventStream) -> Reply:
    known = station.feature(Streams).adjust(call.id, call.params.interval, call.params.values)
    info = None if known else v21.StatusInfo(reason_code="NotFound")
    status = "Accepted" if known else "Rejected"
    return Reply(v21.AdjustPeriodicEventStreamResponse(status=status, status_info=info))


ANSWERS: dict[str, Handler[Any]] = {
    "AdjustPeriodicEventStream": adjust_periodic_event_stream,
    "GetPeriodicEventStream": get_periodic_event_stream,
}
