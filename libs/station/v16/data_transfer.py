"""DataTransfer as 1.6 asks it of a station: data is a text."""

from typing import Any

from msgspec import json

from libs.ocpp import v16
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.vendor import Vendors


def data_transfer(station: Controller, call: v16.DataTransfer) -> Reply:
    said = station.feature(Vendors).answer(call.vendor_id, call.message_id, call.data)
    data = said.data
    if data is not None and not isinstance(data, str):
        data = json.encode(data).decode()
    return Reply(v16.DataTransferResponse(status=said.status, data=data))


ANSWERS: dict[str, Handler[Any]] = {"DataTransfer": data_transfer}
