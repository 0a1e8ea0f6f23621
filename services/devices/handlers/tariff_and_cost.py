"""Cost on displays (I02): what it is, others reckon; here it is told to the station."""

from libs.contracts.devices import CallSent
from libs.contracts.payments import TellCost
from services.devices.app import App, router
from services.devices.order import order


@router.answers(TellCost)
async def tell_cost(app: App, ask: TellCost) -> CallSent:
    fields = {"totalCost": float(ask.total_cost), "transactionId": ask.transaction}
    return await order(app, ask, "CostUpdated", fields)
