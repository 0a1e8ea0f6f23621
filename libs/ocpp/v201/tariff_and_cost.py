from libs.ocpp.extensible import Request, Response
from libs.ocpp.scalar import Str36


class CostUpdatedResponse(Response):
    pass


class CostUpdated(Request[CostUpdatedResponse]):
    sender = "csms"

    total_cost: float
    transaction_id: Str36
