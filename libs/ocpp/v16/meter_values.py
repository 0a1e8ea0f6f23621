from libs.ocpp.message import Request, Response
from libs.ocpp.scalar import Int
from libs.ocpp.v16.meter import MeterValue


class MeterValuesResponse(Response):
    pass


class MeterValues(Request[MeterValuesResponse]):
    sender = "station"

    connector_id: Int
    transaction_id: Int | None = None
    meter_value: list[MeterValue]
