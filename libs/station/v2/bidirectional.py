"""Block Q, and priority charging (K21, K22), as 2.1 asks them of a station."""

from typing import Any

from libs.ocpp import v21
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.evse import Evse
from libs.station.smart_charging import SmartCharging


def running(station: Controller, transaction: str) -> Evse | None:
    for place in station.evses.values():
        if place.transaction is not None and place.transaction.id == transaction:
            return place
    return None


def notify_allowed_energy_transfer(
    station: Controller, call: v21.NotifyAllowedEnergyTransfer
) -> Reply:
    """Q01: a car of ours only charges, so nothing changes where charging is allowed."""
    if running(station, call.transaction_id) is None:
        info = v21.StatusInfo(reason_code="TxNotFound")
        return Reply(v21.NotifyAllowedEnergyTransferResponse(status="Rejected", status_info=info))
    return Reply(v21.NotifyAllowedEnergyTransferResponse(status="Accepted"))


def afrr_signal(station: Controller, call: v21.AFRRSignal) -> Reply:
    """Q10: no profile of ours follows a signal of the grid."""
    info = v21.StatusInfo(reason_code="NotEnabled")
    return Reply(v21.AFRRSignalResponse(status="Rejected", status_info=info))


def use_priority_charging(station: Controller, call: v21.UsePriorityCharging) -> Reply:
    """K22."""
    place = running(station, call.transaction_id)
    if place is None:
        info = v21.StatusInfo(reason_code="TxNotFound")
        return Reply(v21.UsePriorityChargingResponse(status="Rejected", status_info=info))
    if all(each.plan.purpose != "Priority" for each in station.flash.profiles):
        return Reply(v21.UsePriorityChargingResponse(status="NoProfile"))
    return Reply(
        v21.UsePriorityChargingResponse(status="Accepted"),
        lambda: prioritise(station, place.id, activate=call.activate),
    )


def prioritise(station: Controller, evse: int, *, activate: bool = True) -> None:
    """K21: the driver, or the server, wants all the power there is, or no longer."""
    transaction = station.evses[evse].transaction
    if transaction is None:
        return
    feature = station.feature(SmartCharging)
    feature.priority = feature.priority | {evse} if activate else feature.priority - {evse}
    feature.apply()
    station.say(v21.NotifyPriorityCharging(transaction_id=transaction.id, activated=activate))


ANSWERS: dict[str, Handler[Any]] = {
    "AFRRSignal": afrr_signal,
    "NotifyAllowedEnergyTransfer": notify_allowed_energy_transfer,
    "UsePriorityCharging": use_priority_charging,
}
