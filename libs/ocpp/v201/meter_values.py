from libs.ocpp.extensible import Request, Response
from libs.ocpp.scalar import Int, OneOrMore
from libs.ocpp.v201.meter import MeterValue


class MeterValuesResponse(Response):
    pass


class MeterValues(Request[MeterValuesResponse]):
    sender = "station"

    evse_id: Int
    meter_value: OneOrMore[MeterValue]
