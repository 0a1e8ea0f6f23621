from libs.ocpp.extensible import Request, Response
from libs.ocpp.scalar import Natural, OneOrMore
from libs.ocpp.v21.meter import MeterValue


class MeterValuesResponse(Response):
    pass


class MeterValues(Request[MeterValuesResponse]):
    sender = "station"

    evse_id: Natural
    meter_value: OneOrMore[MeterValue]
