"""Monitors of variables (block N): set, cleared, reported; what is known of them kept in step."""

from typing import Any, TypeVar

from msgspec import convert
from msgspec.structs import replace

from libs.bus import Address, Conflict, Invalid, Station
from libs.contracts import calling
from libs.contracts.devices import CallSent
from libs.contracts.monitoring import (
    ClearMonitors,
    ClearResult,
    GetMonitoring,
    ListMonitors,
    MonitoringSet,
    MonitoringView,
    MonitorPage,
    MonitorResult,
    MonitorsCleared,
    MonitorSpec,
    MonitorsSet,
    ReportMonitors,
    SetMonitoring,
    SetMonitors,
)
from libs.contracts.stations import StationRemoved
from libs.ocpp import v21, v201
from libs.ocpp.message import Response, Version
from services.devices import asking, monitor, page, series, store_monitoring
from services.devices.app import App, router
from services.devices.effects import Asked, effect
from services.devices.faults.explanation import hint_of_item
from services.devices.happenings import after
from services.devices.order import given, order
from services.devices.parts import whole
from services.devices.series import Task, Told
from services.devices.store_monitoring import Parts

ItemT = TypeVar("ItemT", MonitorResult, ClearResult)

# -- what stations tell --------------------------------------------------------------------------


@router.on(v201.NotifyMonitoringReport, v21.NotifyMonitoringReport)
async def report(
    app: App, station: Station, call: v201.NotifyMonitoringReport | v21.NotifyMonitoringReport
) -> Response:
    """N02: a part of a report. When all parts of one that had no filter are there, what none of
    them named is gone: ids may change with a boot.
    """
    to = (station.tenant, station.id)
    async with app.outbox.transaction() as connection:
        before = await store_monitoring.state(connection, *to)
        after = add_part(before, call.request_id, call.seq_no, more=bool(call.tbc))
        found = list(monitor.reported(call))
        await store_monitoring.put(connection, to, found, station.received_at, call.request_id)
        complete = whole(after.parts, after.last) and await store_monitoring.asks_for_all(
            connection, *to, call.request_id
        )
        if complete:
            await store_monitoring.drop_others(connection, *to, call.request_id)
        at = station.received_at if complete else None
        await store_monitoring.note(connection, to, after, at)
    await app.keep(station, call)
    return call.response()


def add_part(parts: Parts, number: int, part: int, *, more: bool) -> Parts:
    """A report with another number begins anew."""
    if parts.number != number:
        parts = Parts(number, [], None)
    return Parts(number, sorted({*parts.parts, part}), parts.last if more else part)


@after(StationRemoved)
async def on_removed(app: App, event: StationRemoved) -> None:
    async with app.outbox.transaction() as connection:
        await store_monitoring.forget(connection, event.tenant, event.station, event.at)


# -- what stations answered ----------------------------------------------------------------------


@effect("SetVariableMonitoring")
async def was_set(app: App, asked: Asked) -> None:
    found = list(monitor.accepted(asked.call, asked.answer))
    async with app.outbox.transaction() as connection:
        await store_monitoring.put(connection, (asked.tenant, asked.station), found, asked.at)


@effect("ClearVariableMonitoring")
async def was_cleared(app: App, asked: Asked) -> None:
    """What the station does not know is gone too."""
    results = asked.answer.clear_monitoring_result
    gone = [result.id for result in results if result.status in {"Accepted", "NotFound"}]
    await store_monitoring.drop(app.pool, asked.tenant, asked.station, gone)


@effect("SetMonitoringBase")
async def base_was_set(app: App, asked: Asked) -> None:
    if asked.answer.status != "Accepted":
        return
    async with app.outbox.transaction() as connection:
        await store_monitoring.set_base(
            connection, asked.tenant, asked.station, asked.call.monitoring_base, asked.at
        )


@effect("SetMonitoringLevel")
async def level_was_set(app: App, asked: Asked) -> None:
    if asked.answer.status == "Accepted":
        await store_monitoring.set_level(
            app.pool, asked.tenant, asked.station, asked.call.severity, asked.at
        )


@effect("GetMonitoringReport")
async def nothing_to_report(app: App, asked: Asked) -> None:
    """Without a filter, an empty result says that there are no monitors at all."""
    call, status = asked.call, asked.answer.status
    if status == "EmptyResultSet" and not (call.monitoring_criteria or call.component_variable):
        async with app.outbox.transaction() as connection:
            await store_monitoring.drop_all(connection, asked.tenant, asked.station, asked.at)


# -- what operators want -------------------------------------------------------------------------


@router.answers(ListMonitors)
async def list_monitors(app: App, ask: ListMonitors) -> MonitorPage:
    limit = page.size(ask.limit)
    found = await store_monitoring.page(app.pool, ask, page.read(ask.after, int), limit + 1)
    items, following = page.cut(found, limit, lambda view: view.id)
    return MonitorPage(items=items, next=following)


@router.answers(GetMonitoring)
async def get_monitoring(app: App, ask: GetMonitoring) -> MonitoringView:
    return await store_monitoring.view(app.pool, ask.tenant, ask.station)


@router.answers(SetMonitors)
async def set_monitors(app: App, ask: SetMonitors) -> MonitorsSet:
    """N04."""
    version = await speaking(app, ask)
    keys = [monitor.key_of_spec(spec) for spec in ask.monitors]
    if len(set(keys)) < len(keys):
        raise Invalid(
            "Two monitors of the same type and severity at the same variable.", field="monitors"
        )
    task = Task(
        Address(ask.tenant, ask.station),
        version,
        "SetVariableMonitoring",
        ask.by,
        ask.timeout_seconds,
        setting,
    )
    told, calls = await series.run(app, task, ask.monitors)
    found = {monitor.key_of_spec(r): r for each in told for r in set_results(version, each)}
    pairs = zip(keys, ask.monitors, strict=True)
    items = [hinted(app, task, found.get(key) or not_sent(spec)) for key, spec in pairs]
    return MonitorsSet(status=series.sum_of(told, len(ask.monitors)), items=items, calls=calls)


def hinted(app: App, task: Task, item: ItemT) -> ItemT:
    """How to go on with what was not granted."""
    return replace(item, hint=hint_of_item(app.catalogue, task.action, item.status, item.reason))


def setting(specs: list[MonitorSpec]) -> dict[str, Any]:
    return {"setMonitoringData": [monitor.wire(spec) for spec in specs]}


def clearing(ids: list[int]) -> dict[str, Any]:
    return {"id": ids}


def set_results(version: Version, told: Told) -> list[MonitorResult]:
    specs: list[MonitorSpec] = told.items
    if told.result.status != "answered":
        status = "Error" if told.result.status == "error" else "NotAnswered"
        why = {"status": status, "reason": told.result.code, "info": told.result.description}
        return [result_of(spec, why) for spec in specs]
    kind = (
        v21.SetVariableMonitoringResponse
        if version == "v21"
        else (v201.SetVariableMonitoringResponse)
    )
    answer = convert(told.result.payload, kind)
    pairs = ((monitor.key_of(result), result) for result in answer.set_monitoring_result)
    matched = monitor.match([monitor.key_of_spec(spec) for spec in specs], pairs)
    return [result_of(spec, said(result)) for spec, result in zip(specs, matched, strict=True)]


def said(result: Any) -> dict[str, Any]:
    """Status, id and reason of a result; a monitor that was left out was not answered."""
    if result is None:
        return {"status": "NotAnswered"}
    info = result.status_info
    return {
        "status": result.status,
        "id": result.id,
        "reason": info.reason_code if info else None,
        "info": info.additional_info if info else None,
    }


def result_of(spec: MonitorSpec, why: dict[str, Any]) -> MonitorResult:
    number = why.pop("id", None)
    return MonitorResult(
        component=spec.component,
        instance=spec.instance,
        evse=spec.evse,
        connector=spec.connector,
        variable=spec.variable,
        variable_instance=spec.variable_instance,
        type=spec.type,
        severity=spec.severity,
        id=spec.id if number is None else number,
        **why,
    )


def not_sent(spec: MonitorSpec) -> MonitorResult:
    return result_of(spec, {"status": "NotSent"})


@router.answers(ClearMonitors)
async def clear_monitors(app: App, ask: ClearMonitors) -> MonitorsCleared:
    """N06; TC_N_18: no more ids in a message than the station takes."""
    version = await speaking(app, ask)
    ids = list(dict.fromkeys(ask.ids))
    task = Task(
        Address(ask.tenant, ask.station),
        version,
        "ClearVariableMonitoring",
        ask.by,
        ask.timeout_seconds,
        clearing,
    )
    told, calls = await series.run(app, task, ids)
    found = {result.id: result for each in told for result in clear_results(each)}
    listed = [found.get(each) or ClearResult(id=each, status="NotSent") for each in ids]
    items = [hinted(app, task, each) for each in listed]
    return MonitorsCleared(status=series.sum_of(told, len(ids)), items=items, calls=calls)


def clear_results(told: Told) -> list[ClearResult]:
    if told.result.status != "answered":
        status = "Error" if told.result.status == "error" else "NotAnswered"
        return [
            ClearResult(
                id=each, status=status, reason=told.result.code, info=told.result.description
            )
            for each in told.items
        ]
    answer = convert(told.result.payload, v21.ClearVariableMonitoringResponse)
    by_id = {result.id: result for result in answer.clear_monitoring_result}
    return [ClearResult(**{**said(by_id.get(each)), "id": each}) for each in told.items]


@router.answers(SetMonitoring)
async def set_monitoring(app: App, ask: SetMonitoring) -> MonitoringSet:
    """N03 and N05; the base first, for it may set the level."""
    if ask.base is None and ask.level is None:
        raise Invalid("Give a base, a level, or both.", field="base")
    base = level = None
    if ask.base is not None:
        base = await order(app, ask, "SetMonitoringBase", {"monitoringBase": ask.base})
    if ask.level is not None:
        level = await order(app, ask, "SetMonitoringLevel", {"severity": ask.level})
    return MonitoringSet(base=base, level=level)


@router.answers(ReportMonitors)
async def report_monitors(app: App, ask: ReportMonitors) -> CallSent:
    """N02: filters that were not given are left out, and so are instances (errata to TC_N_01)."""
    fields = given(
        requestId=asking.number(),
        monitoringCriteria=ask.criteria or None,
        componentVariable=[monitor.place(each) for each in ask.variables or []] or None,
    )
    return await order(app, ask, "GetMonitoringReport", fields)


async def speaking(app: App, ask: SetMonitors | ClearMonitors) -> Version:
    """The version of a station that can be asked for monitors."""
    version = await calling.protocol(app.bus, Address(ask.tenant, ask.station))
    if version is None:
        raise Conflict(f"{ask.station} never connected, so nobody knows how it speaks.")
    if version == "v16":
        raise Conflict("OCPP 1.6 has no monitors.")
    return version
