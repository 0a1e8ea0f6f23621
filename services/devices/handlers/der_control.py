"""Distributed energy resources (block R of OCPP 2.1): controls, their start and end, alarms."""

from libs.bus import Station
from libs.contracts.der import (
    AlarmPage,
    ClearControl,
    ControlPage,
    DerAlarmRaised,
    DerControlsReported,
    DerControlTurned,
    ListAlarms,
    ListControls,
    RefreshControls,
    SetControl,
)
from libs.contracts.devices import CallSent
from libs.ocpp import v21
from libs.postgres.pool import transaction
from services.devices import asking, der, page, store_der
from services.devices.app import App, router
from services.devices.effects import Asked, effect
from services.devices.order import given, order
from services.devices.store_der import Filter

# -- what stations tell --------------------------------------------------------------------------


@router.on(v21.NotifyDERAlarm)
async def alarmed(
    app: App, station: Station, call: v21.NotifyDERAlarm
) -> v21.NotifyDERAlarmResponse:
    """R03."""
    event = DerAlarmRaised(
        tenant=station.tenant,
        at=call.timestamp,
        station=station.id,
        type=call.control_type,
        fault=call.grid_event_fault,
        ended=bool(call.alarm_ended),
        info=call.extra_info,
    )
    place = (station.tenant, station.id)
    await store_der.add_alarm(app.pool, place, call, station.received_at, station.message_id)
    await app.keep(station, call, [event])
    return v21.NotifyDERAlarmResponse()


@router.on(v21.NotifyDERStartStop)
async def turned(
    app: App, station: Station, call: v21.NotifyDERStartStop
) -> v21.NotifyDERStartStopResponse:
    """R04: a control that starts may take the place of others."""
    superseded = call.superseded_ids or []
    event = DerControlTurned(
        tenant=station.tenant,
        at=call.timestamp,
        station=station.id,
        id=call.control_id,
        started=call.started,
        superseded=superseded,
    )
    place = (station.tenant, station.id)
    async with transaction(app.pool) as connection:
        await store_der.turn(
            connection, place, call.control_id, started=call.started, at=call.timestamp
        )
        await store_der.supersede(connection, place, superseded)
    await app.keep(station, call, [event])
    return v21.NotifyDERStartStopResponse()


@router.on(v21.ReportDERControl)
async def reported(
    app: App, station: Station, call: v21.ReportDERControl
) -> v21.ReportDERControlResponse:
    """The last part ends the report: what it should have named and did not is gone."""
    place, number = (station.tenant, station.id), call.request_id
    async with transaction(app.pool) as connection:
        controls = der.of_report(call)
        await store_der.confirm(connection, place, controls, number, station.received_at)
        asked = None if call.tbc else await store_der.filter_of(connection, place, number)
        if asked is not None:
            await store_der.drop_unseen(connection, place, asked[0], number, asked[1])
    event = DerControlsReported(
        tenant=station.tenant, at=station.received_at, station=station.id, number=number
    )
    await app.keep(station, call, [] if call.tbc else [event])
    return v21.ReportDERControlResponse()


# -- what stations answered ----------------------------------------------------------------------


@effect("SetDERControl")
async def was_set(app: App, asked: Asked) -> None:
    if asked.answer.status != "Accepted":
        return
    place = (asked.tenant, asked.station)
    async with transaction(app.pool) as connection:
        await store_der.put(connection, place, der.of_set(asked.call), asked.at)
        await store_der.supersede(connection, place, asked.answer.superseded_ids or [])


@effect("ClearDERControl")
async def was_cleared(app: App, asked: Asked) -> None:
    if asked.answer.status in {"Accepted", "NotFound"}:
        call = asked.call
        wanted = Filter(call.control_id, call.control_type, call.is_default)
        await store_der.drop(app.pool, (asked.tenant, asked.station), wanted, asked.at)


@effect("GetDERControl")
async def was_asked(app: App, asked: Asked) -> None:
    """NotFound: there is nothing of what was asked for, and no report comes."""
    if asked.answer.status == "NotFound":
        call = asked.call
        wanted = Filter(call.control_id, call.control_type, call.is_default)
        await store_der.drop(app.pool, (asked.tenant, asked.station), wanted, asked.at)


# -- what operators want -------------------------------------------------------------------------


@router.answers(ListControls)
async def list_controls(app: App, ask: ListControls) -> ControlPage:
    limit = page.size(ask.limit)
    place, after = (ask.tenant, ask.station), page.read(ask.after, str)
    found = await store_der.page(app.pool, place, after, limit + 1)
    items, following = page.cut(found, limit, lambda view: view.id)
    return ControlPage(items=items, next=following)


@router.answers(SetControl)
async def set_control(app: App, ask: SetControl) -> CallSent:
    setting = der.fitting(ask.type, ask.setting)
    fields = {"isDefault": ask.is_default, "controlId": ask.id, "controlType": ask.type, **setting}
    return await order(app, ask, "SetDERControl", fields)


@router.answers(ClearControl)
async def clear_control(app: App, ask: ClearControl) -> CallSent:
    """R05: the message must say whether it means a default; a control that we know tells."""
    default = ask.is_default
    if default is None:
        default = await store_der.is_default(app.pool, (ask.tenant, ask.station), ask.id)
    fields = {"isDefault": bool(default), "controlId": ask.id}
    return await order(app, ask, "ClearDERControl", fields)


@router.answers(RefreshControls)
async def refresh_controls(app: App, ask: RefreshControls) -> CallSent:
    fields = given(
        requestId=asking.number(), isDefault=ask.is_default, controlType=ask.type, controlId=ask.id
    )
    return await order(app, ask, "GetDERControl", fields)


@router.answers(ListAlarms)
async def list_alarms(app: App, ask: ListAlarms) -> AlarmPage:
    limit = page.size(ask.limit)
    place, before = (ask.tenant, ask.station), page.read(ask.after, int)
    found = await store_der.alarms(app.pool, place, before, limit + 1)
    items, following = page.cut(found, limit, lambda view: view.id)
    return AlarmPage(items=items, next=following)
