"""Block P as 2.0.1 and 2.1 ask it of a station, and as it asks."""

from typing import Any

from libs.ocpp import v21, v201
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.vendor import Vendors


def data_transfer(station: Controller, call: v201.DataTransfer | v21.DataTransfer) -> Reply:
    said = station.feature(Vendors).answer(call.vendor_id, call.message_id, call.data)
    return Reply(v201.DataTransferResponse(status=said.status, data=said.data))


ANSWERS: dict[str, Handler[Any]] = {"DataTransfer": data_transfer}
