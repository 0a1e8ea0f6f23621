"""What a 1.6 station answers to the CALLs of its server."""

from typing import Any, cast

from libs.ocpp import v16
from libs.station import remote
from libs.station.answer import Handler, Reply, refuse
from libs.station.controller import Controller
from libs.station.moment import Token
from libs.station.remote import Order
from libs.station.setting import Setting
from libs.station.settings import BY_KEY, SETTINGS
from libs.station.v16 import data_transfer, firmware, local_list, logs, reservation, smart_charging


def change_availability(station: Controller, call: v16.ChangeAvailability) -> Reply:
    place = (call.connector_id, 0)
    order = remote.availability(station, place, operative=call.type == "Operative")
    status = cast("v16.AvailabilityStatus", order.status)
    return Reply(v16.ChangeAvailabilityResponse(status=status), order.then)


def change_configuration(station: Controller, call: v16.ChangeConfiguration) -> Reply:
    setting = BY_KEY.get(call.key.casefold())
    if setting is None:
        return Reply(v16.ChangeConfigurationResponse(status="NotSupported"))
    written = station.configuration.write(setting, call.value)
    return Reply(v16.ChangeConfigurationResponse(status=written.status))


def clear_cache(station: Controller, call: v16.ClearCache) -> Reply:
    status = cast("v16.ClearCacheStatus", remote.clear_cache(station).status)
    return Reply(v16.ClearCacheResponse(status=status))


def extended_trigger_message(station: Controller, call: v16.ExtendedTriggerMessage) -> Reply:
    order = _trigger(station, call.requested_message, call.connector_id)
    status = cast("v16.TriggerMessageStatus", order.status)
    return Reply(v16.ExtendedTriggerMessageResponse(status=status), order.then)


def get_configuration(station: Controller, call: v16.GetConfiguration) -> Reply:
    if call.key and len(call.key) > station.configuration.integer("GetConfigurationMaxKeys"):
        refuse("OccurrenceConstraintViolation", "more keys than GetConfigurationMaxKeys allows")
    if not call.key:
        every = [_key_value(station, setting) for setting in SETTINGS if setting.key]
        return Reply(v16.GetConfigurationResponse(configuration_key=every))
    known = [BY_KEY[key.casefold()] for key in call.key if key.casefold() in BY_KEY]
    return Reply(
        v16.GetConfigurationResponse(
            configuration_key=[_key_value(station, setting) for setting in known] or None,
            unknown_key=[key for key in call.key if key.casefold() not in BY_KEY] or None,
        )
    )


def _key_value(station: Controller, setting: Setting) -> v16.KeyValue:
    return v16.KeyValue(
        key=setting.key or "",
        readonly=setting.access == "ReadOnly",
        value=None if setting.access == "WriteOnly" else station.configuration.read(setting),
    )


def remote_start_transaction(station: Controller, call: v16.RemoteStartTransaction) -> Reply:
    begun = smart_charging.expected(station, call.connector_id, call.charging_profile)
    if begun.refusal is not None:
        return Reply(v16.RemoteStartTransactionResponse(status="Rejected"))
    order = remote.start(station, Token(call.id_tag), call.connector_id, None, begun.granted)
    status = cast("v16.RemoteStartStopStatus", order.status)
    return Reply(v16.RemoteStartTransactionResponse(status=status), order.then)


def remote_stop_transaction(station: Controller, call: v16.RemoteStopTransaction) -> Reply:
    aliases = station.flash.aliases.items()
    ours = next((own for own, alias in aliases if alias == call.transaction_id), None)
    order = remote.stop(station, ours)
    status = cast("v16.RemoteStartStopStatus", order.status)
    return Reply(v16.RemoteStopTransactionResponse(status=status), order.then)


def reset(station: Controller, call: v16.Reset) -> Reply:
    match call.type:
        case "Soft":
            order = remote.reset(station, cause="SoftReset", boot_reason="RemoteReset")
        case "Hard":
            order = remote.reset(station, cause="HardReset", boot_reason="RemoteReset", flush=False)
    return Reply(v16.ResetResponse(status="Accepted"), order.then)


def trigger_message(station: Controller, call: v16.TriggerMessage) -> Reply:
    order = _trigger(station, call.requested_message, call.connector_id)
    status = cast("v16.TriggerMessageStatus", order.status)
    return Reply(v16.TriggerMessageResponse(status=status), order.then)


def _trigger(station: Controller, message: str, connector: int | None) -> Order:
    return remote.trigger(station, message, connector or None)


def unlock_connector(station: Controller, call: v16.UnlockConnector) -> Reply:
    order = remote.unlock(station, call.connector_id, stops=True)
    status = "Unlocked" if order.status == "Unlocked" else "NotSupported"
    return Reply(v16.UnlockConnectorResponse(status=status), order.then)


ANSWERS: dict[str, Handler[Any]] = {
    "ChangeAvailability": change_availability,
    "ChangeConfiguration": change_configuration,
    "ClearCache": clear_cache,
    "ExtendedTriggerMessage": extended_trigger_message,
    "GetConfiguration": get_configuration,
    "RemoteStartTransaction": remote_start_transaction,
    "RemoteStopTransaction": remote_stop_transaction,
    "Reset": reset,
    "TriggerMessage": trigger_message,
    "UnlockConnector": unlock_connector,
    **data_transfer.ANSWERS,
    **firmware.ANSWERS,
    **local_list.ANSWERS,
    **logs.ANSWERS,
    **reservation.ANSWERS,
    **smart_charging.ANSWERS,
}
"""By action. What is missing is answered with CALLERROR NotSupported."""
