"""Cost on the display (I02), and payments on a web page (C25)."""

from datetime import timedelta
from typing import Any

from libs.ocpp import v21, v201
from libs.station.answer import Handler, Reply, refuse
from libs.station.controller import Controller
from libs.station.display import Display


def cost_updated(station: Controller, call: v201.CostUpdated | v21.CostUpdated) -> Reply:
    """The cost of a transaction that does not run is nowhere to be shown."""
    if any(running.id == call.transaction_id for running in station.flash.open.values()):
        station.feature(Display).costs[call.transaction_id] = call.total_cost
    return Reply(v201.CostUpdatedResponse())


def notify_web_payment_started(station: Controller, call: v21.NotifyWebPaymentStarted) -> Reply:
    if call.evse_id not in station.evses:
        refuse("PropertyConstraintViolation", f"There is no EVSE {call.evse_id}.")
    until = station.clock.now() + timedelta(seconds=max(call.timeout, 0))
    station.feature(Display).payments[call.evse_id] = until
    return Reply(v21.NotifyWebPaymentStartedResponse())


ANSWERS: dict[str, Handler[Any]] = {
    "CostUpdated": cost_updated,
    "NotifyWebPaymentStarted": notify_web_payment_started,
}
