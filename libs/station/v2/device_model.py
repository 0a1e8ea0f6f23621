"""The device model of a station: reports, variables, network profiles (block B)."""

from typing import Any, cast

from libs.ocpp import v21, v201
from libs.station import network
from libs.station.answer import Handler, Reply, refuse
from libs.station.controller import Controller
from libs.station.setting import Setting
from libs.station.v2 import report


def _info(reason: str | None) -> v201.StatusInfo | None:
    return v201.StatusInfo(reason_code=reason) if reason else None


def get_base_report(station: Controller, call: v201.GetBaseReport | v21.GetBaseReport) -> Reply:
    found = report.base(station, call.report_base)
    return _reported(
        v201.GetBaseReportResponse(status="Accepted" if found else "EmptyResultSet"),
        station,
        call.request_id,
        found,
    )


def get_report(station: Controller, call: v201.GetReport | v21.GetReport) -> Reply:
    _within(station, "GetReport", len(call.component_variable or []))
    found = report.chosen(station, call.component_variable, call.component_criteria)
    return _reported(
        v201.GetReportResponse(status="Accepted" if found else "EmptyResultSet"),
        station,
        call.request_id,
        found,
    )


def _reported(
    response: v201.GetReportResponse | v201.GetBaseReportResponse,
    station: Controller,
    request_id: int,
    found: list[Setting],
) -> Reply:
    return Reply(response, lambda: report.send(station, request_id, found))


def get_variables(station: Controller, call: v201.GetVariables | v21.GetVariables) -> Reply:
    _within(station, "GetVariables", len(call.get_variable_data))
    return Reply(
        v201.GetVariablesResponse(
            get_variable_result=[_got(station, item) for item in call.get_variable_data]
        )
    )


def _got(
    station: Controller, item: v201.GetVariableData | v21.GetVariableData
) -> v201.GetVariableResult:
    found = report.find(station, item.component, item.variable)
    status: v201.GetVariableStatus = "Accepted"
    reason, value = None, None
    if not isinstance(found, Setting):
        status = cast("v201.GetVariableStatus", found)
    elif item.attribute_type not in {None, "Actual"}:
        status = "NotSupportedAttributeType"
    elif found.access == "WriteOnly":
        status, reason = "Rejected", "WriteOnly"
    else:
        value = station.configuration.read(found)
    return v201.GetVariableResult(
        attribute_status=status,
        attribute_status_info=_info(reason),
        attribute_type=item.attribute_type,
        attribute_value=value,
        component=_component(item.component),
        variable=_variable(item.variable),
    )


def _component(asked: v201.Component | v21.Component) -> v201.Component:
    evse = asked.evse
    return v201.Component(
        name=asked.name,
        instance=asked.instance,
        evse=v201.EVSE(id=evse.id, connector_id=evse.connector_id) if evse else None,
    )


def _variable(asked: v201.Variable | v21.Variable) -> v201.Variable:
    return v201.Variable(name=asked.name, instance=asked.instance)


def _within(station: Controller, message: str, items: int) -> None:
    """A message with more items than the station takes is refused as a whole (B05.FR.11,
    B06.FR.16).
    """
    limit = station.configuration.integer(f"DeviceDataCtrlr.ItemsPerMessage[{message}]")
    if items > limit:
        refuse("OccurrenceConstraintViolation", f"{message} takes {limit} items, got {items}.")


def set_network_profile(
    station: Controller, call: v201.SetNetworkProfile | v21.SetNetworkProfile
) -> Reply:
    """Used once the slot is in the order and the station restarted (B09)."""
    reason = network.fill(station, call.configuration_slot, call.connection_data)
    return Reply(
        v201.SetNetworkProfileResponse(
            status="Rejected" if reason else "Accepted", status_info=_info(reason)
        )
    )


def set_variables(station: Controller, call: v201.SetVariables | v21.SetVariables) -> Reply:
    _within(station, "SetVariables", len(call.set_variable_data))
    return Reply(
        v201.SetVariablesResponse(
            set_variable_result=[_set(station, item) for item in call.set_variable_data]
        )
    )


def _set(
    station: Controller, item: v201.SetVariableData | v21.SetVariableData
) -> v201.SetVariableResult:
    found = report.find(station, item.component, item.variable)
    reason = None
    if not isinstance(found, Setting):
        status = found
    elif item.attribute_type not in {None, "Actual"}:
        status: v201.SetVariableStatus = "NotSupportedAttributeType"
    elif found.name == network.PRIORITY and (
        reason := network.fault(station, item.attribute_value)
    ):
        status = "Rejected"
    else:
        written = station.configuration.write(found, item.attribute_value)
        status, reason = written.status, written.reason
    return v201.SetVariableResult(
        attribute_status=status,
        attribute_status_info=_info(reason),
        attribute_type=item.attribute_type,
        component=_component(item.component),
        variable=_variable(item.variable),
    )


ANSWERS: dict[str, Handler[Any]] = {
    "GetBaseReport": get_base_report,
    "GetReport": get_report,
    "GetVariables": get_variables,
    "SetNetworkProfile": set_network_profile,
    "SetVariables": set_variables,
}
