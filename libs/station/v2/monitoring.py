"""Monitoring (block N) as 2.0.1 and 2.1 ask it of a station."""

from collections.abc import Iterable
from typing import Any

from libs.ocpp import v21, v201
from libs.station.answer import Handler, Reply, refuse
from libs.station.controller import Controller
from libs.station.monitor import CRITERIA, SEVERITY_MAX, Monitor, Place, place_of
from libs.station.monitoring import Monitoring
from libs.station.setting import Setting
from libs.station.streams import Streams
from libs.station.v2 import events, report

PART_MAX = 20
"""Variables in one part of a report."""


def set_variable_monitoring(
    station: Controller, call: v201.SetVariableMonitoring | v21.SetVariableMonitoring
) -> Reply:
    within(station, "SetVariableMonitoring", len(call.set_monitoring_data))
    words: Any = v21 if station.profile.version == "v21" else v201
    done = [(data, put(station, data)) for data in call.set_monitoring_data]
    response = words.SetVariableMonitoringResponse(
        set_monitoring_result=[
            words.SetMonitoringResult(
                id=number,
                status=status,
                status_info=words.StatusInfo(reason_code=reason) if reason else None,
                type=data.type,
                component=data.component,
                variable=data.variable,
                severity=data.severity,
            )
            for data, (status, reason, number) in done
        ]
    )
    return Reply(response, lambda: begin_streams(station, done))


def put(
    station: Controller, data: v201.SetMonitoringData | v21.SetMonitoringData
) -> tuple[str, str | None, int | None]:
    found = report.find(station, data.component, data.variable)
    if not isinstance(found, Setting):
        return found, None, None
    monitor = Monitor(
        id=data.id or 0,
        place=place_of(found),
        type=data.type,
        value=data.value,
        severity=data.severity,
        transaction=bool(data.transaction),
    )
    return station.feature(Monitoring).put(monitor, found, new=data.id is None)


def begin_streams(station: Controller, done: Iterable[tuple[Any, Any]]) -> None:
    """N11: the values of a periodic monitor may be sent as a stream."""
    for data, (_, _, number) in done:
        stream = getattr(data, "periodic_event_stream", None)
        if stream is not None and number is not None:
            station.feature(Streams).begin(number, stream.interval, stream.values)


def clear_variable_monitoring(
    station: Controller, call: v201.ClearVariableMonitoring | v21.ClearVariableMonitoring
) -> Reply:
    within(station, "ClearVariableMonitoring", len(call.id))
    words: Any = v21 if station.profile.version == "v21" else v201
    feature = station.feature(Monitoring)
    results = [
        words.ClearMonitoringResult(id=number, status=feature.clear(number)) for number in call.id
    ]
    return Reply(words.ClearVariableMonitoringResponse(clear_monitoring_result=results))


def set_monitoring_base(
    station: Controller, call: v201.SetMonitoringBase | v21.SetMonitoringBase
) -> Reply:
    station.feature(Monitoring).base(call.monitoring_base)
    return Reply(v201.SetMonitoringBaseResponse(status="Accepted"))


def set_monitoring_level(
    station: Controller, call: v201.SetMonitoringLevel | v21.SetMonitoringLevel
) -> Reply:
    """TC_N_17: there are severities from 0 to 9."""
    if not 0 <= call.severity <= SEVERITY_MAX:
        info = v201.StatusInfo(reason_code="ValueOutOfRange")
        return Reply(v201.SetMonitoringLevelResponse(status="Rejected", status_info=info))
    station.flash.monitoring_level = call.severity
    return Reply(v201.SetMonitoringLevelResponse(status="Accepted"))


def get_monitoring_report(
    station: Controller, call: v201.GetMonitoringReport | v21.GetMonitoringReport
) -> Reply:
    """N02: what meets any of the criteria, and of it what is listed."""
    found = list(station.feature(Monitoring).active())
    if call.monitoring_criteria is not None:
        types = {kind for criterion in call.monitoring_criteria for kind in CRITERIA[criterion]}
        found = [monitor for monitor in found if monitor.type in types]
    if call.component_variable is not None:
        wanted = list(call.component_variable)
        found = [m for m in found if any(listed(station, m, item) for item in wanted)]
    if not found:
        return Reply(v201.GetMonitoringReportResponse(status="EmptyResultSet"))
    return Reply(
        v201.GetMonitoringReportResponse(status="Accepted"),
        lambda: send(station, call.request_id, found),
    )


def listed(station: Controller, monitor: Monitor, item: report.Wanted) -> bool:
    setting = station.feature(Monitoring).setting(monitor)
    return setting is not None and report.listed(setting, item)


def send(station: Controller, request_id: int, monitors: Iterable[Monitor]) -> None:
    words: Any = v21 if station.profile.version == "v21" else v201
    by_place: dict[Place, list[Monitor]] = {}
    for monitor in monitors:
        by_place.setdefault(monitor.place, []).append(monitor)
    listed = [
        words.MonitoringData(
            component=events.component(words, place),
            variable=events.variable(words, place),
            variable_monitoring=[events.described(words, monitor) for monitor in group],
        )
        for place, group in by_place.items()
    ]
    parts = [listed[at : at + PART_MAX] for at in range(0, len(listed), PART_MAX)]
    for number, part in enumerate(parts):
        station.say(
            words.NotifyMonitoringReport(
                request_id=request_id,
                generated_at=station.clock.now(),
                seq_no=number,
                tbc=True if number < len(parts) - 1 else None,
                monitor=part,
            )
        )


def within(station: Controller, message: str, items: int) -> None:
    """N04.FR.09, N06.FR.06: a message with more items than the station takes is refused whole."""
    limit = station.configuration.integer(f"MonitoringCtrlr.ItemsPerMessage[{message}]")
    if items > limit:
        refuse("OccurrenceConstraintViolation", f"{message} takes {limit} items, got {items}.")


ANSWERS: dict[str, Handler[Any]] = {
    "ClearVariableMonitoring": clear_variable_monitoring,
    "GetMonitoringReport": get_monitoring_report,
    "SetMonitoringBase": set_monitoring_base,
    "SetMonitoringLevel": set_monitoring_level,
    "SetVariableMonitoring": set_variable_monitoring,
}
