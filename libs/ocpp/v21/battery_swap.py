from typing import Literal

from msgspec import field

from libs.ocpp.extensible import Extensible, Request, Response
from libs.ocpp.scalar import Int, Natural, OneOrMore, PercentFloat, Str50, Str500, Time
from libs.ocpp.v21.id_token import IdToken
from libs.ocpp.v21.status import GenericStatus, StatusInfo


class RequestBatterySwapResponse(Response):
    status: GenericStatus
    status_info: StatusInfo | None = None


class RequestBatterySwap(Request[RequestBatterySwapResponse]):
    sender = "csms"

    id_token: IdToken
    request_id: Int


class BatteryData(Extensible):
    evse_id: Natural
    serial_number: Str50
    soc: PercentFloat = field(name="soC")
    soh: PercentFloat = field(name="soH")
    production_date: Time | None = None
    vendor_info: Str500 | None = None


BatterySwapEvent = Literal["BatteryIn", "BatteryOut", "BatteryOutTimeout"]


class BatterySwapResponse(Response):
    pass


class BatterySwap(Request[BatterySwapResponse]):
    sender = "station"

    battery_data: OneOrMore[BatteryData]
    event_type: BatterySwapEvent
    id_token: IdToken
    request_id: Int
