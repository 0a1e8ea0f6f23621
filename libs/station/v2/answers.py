"""What a station of 2.0.1 or 2.1 answers to the CALLs of its server.

Questions come in the types of their version; answers are those of 2.0.1, which are valid in 2.1 as
they are.
"""

from typing import Any, cast

from libs.ocpp import v21, v201
from libs.station import remote
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.moment import Token
from libs.station.remote import Order
from libs.station.v2 import (
    battery_swap,
    bidirectional,
    customer,
    data_transfer,
    der_control,
    device_model,
    display,
    firmware,
    local_list,
    logs,
    monitoring,
    reservation,
    smart_charging,
    streams,
    tariff_and_cost,
)


def _info(reason: str | None) -> v201.StatusInfo | None:
    return v201.StatusInfo(reason_code=reason) if reason else None


def change_availability(
    station: Controller, call: v201.ChangeAvailability | v21.ChangeAvailability
) -> Reply:
    place = (call.evse.id, call.evse.connector_id or 0) if call.evse else (0, 0)
    operative = call.operational_status == "Operative"
    order = remote.availability(station, place, operative=operative)
    response = v201.ChangeAvailabilityResponse(
        status=cast("v201.ChangeAvailabilityStatus", order.status),
        status_info=_info(order.reason),
    )
    return Reply(response, order.then)


def clear_cache(station: Controller, call: v201.ClearCache | v21.ClearCache) -> Reply:
    order = remote.clear_cache(station)
    status = cast("v201.ClearCacheStatus", order.status)
    return Reply(v201.ClearCacheResponse(status=status, status_info=_info(order.reason)))


def get_transaction_status(
    station: Controller, call: v201.GetTransactionStatus | v21.GetTransactionStatus
) -> Reply:
    waiting = station.delivery.queue.holds(call.transaction_id)
    ongoing = None
    if call.transaction_id is not None:
        running = (transaction.id for transaction in station.flash.open.values())
        ongoing = call.transaction_id in running
    return Reply(
        v201.GetTransactionStatusResponse(messages_in_queue=waiting, ongoing_indicator=ongoing)
    )


def request_start_transaction(
    station: Controller, call: v201.RequestStartTransaction | v21.RequestStartTransaction
) -> Reply:
    token = Token(call.id_token.id_token, call.id_token.type)
    begun = smart_charging.expected(station, call.evse_id, call.charging_profile)
    if begun.refusal is not None:
        info = _info(begun.refusal)
        return Reply(v201.RequestStartTransactionResponse(status="Rejected", status_info=info))
    order = remote.start(station, token, call.evse_id, call.remote_start_id, begun.granted)
    place = station.evses.get(call.evse_id or 0)
    running = place.transaction if place and order.status == "Accepted" else None
    response = v201.RequestStartTransactionResponse(
        status=cast("v201.RequestStartStopStatus", order.status),
        status_info=_info(order.reason),
        transaction_id=running.id if running else None,
    )
    return Reply(response, order.then)


def request_stop_transaction(
    station: Controller, call: v201.RequestStopTransaction | v21.RequestStopTransaction
) -> Reply:
    order = remote.stop(station, call.transaction_id)
    status = cast("v201.RequestStartStopStatus", order.status)
    info = _info(order.reason)
    return Reply(v201.RequestStopTransactionResponse(status=status, status_info=info), order.then)


def reset(station: Controller, call: v201.Reset | v21.Reset) -> Reply:
    order = _reset(station, call)
    response = v201.ResetResponse(
        status=cast("v201.ResetStatus", order.status), status_info=_info(order.reason)
    )
    return Reply(response, order.then)


def _reset(station: Controller, call: v201.Reset | v21.Reset) -> Order:
    match call.type:
        case "ImmediateAndResume":
            return Order("Rejected", "UnsupportedRequest")
        case "Immediate" | "OnIdle" if call.evse_id is not None:
            return remote.reset_evse(station, call.evse_id, wait=call.type == "OnIdle")
        case "Immediate":
            return remote.reset(station, cause="HardReset", boot_reason="RemoteReset")
        case "OnIdle":
            return remote.reset_when_idle(station)


def trigger_message(station: Controller, call: v201.TriggerMessage | v21.TriggerMessage) -> Reply:
    evse = call.evse.id if call.evse else None
    order = remote.trigger(station, call.requested_message, evse)
    response = v201.TriggerMessageResponse(
        status=cast("v201.TriggerMessageStatus", order.status), status_info=_info(order.reason)
    )
    return Reply(response, order.then)


def unlock_connector(
    station: Controller, call: v201.UnlockConnector | v21.UnlockConnector
) -> Reply:
    evse = call.evse_id if call.connector_id == 1 else 0
    order = remote.unlock(station, evse, stops=False)
    response = v201.UnlockConnectorResponse(
        status=cast("v201.UnlockStatus", order.status), status_info=_info(order.reason)
    )
    return Reply(response, order.then)


ANSWERS: dict[str, Handler[Any]] = {
    "ChangeAvailability": change_availability,
    "ClearCache": clear_cache,
    "GetTransactionStatus": get_transaction_status,
    "RequestStartTransaction": request_start_transaction,
    "RequestStopTransaction": request_stop_transaction,
    "Reset": reset,
    "TriggerMessage": trigger_message,
    "UnlockConnector": unlock_connector,
    **battery_swap.ANSWERS,
    **bidirectional.ANSWERS,
    **customer.ANSWERS,
    **data_transfer.ANSWERS,
    **der_control.ANSWERS,
    **device_model.ANSWERS,
    **display.ANSWERS,
    **firmware.ANSWERS,
    **local_list.ANSWERS,
    **logs.ANSWERS,
    **monitoring.ANSWERS,
    **reservation.ANSWERS,
    **smart_charging.ANSWERS,
    **streams.ANSWERS,
    **tariff_and_cost.ANSWERS,
}
"""By action. What is missing is answered with CALLERROR NotSupported."""
