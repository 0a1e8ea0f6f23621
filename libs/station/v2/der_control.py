"""Block R as 2.1 asks it of a station, and as it tells."""

from datetime import datetime
from typing import Any, cast

from msgspec import Raw, convert, json, to_builtins

from libs.ocpp import v21
from libs.station import der
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.der import DerControls
from libs.station.flash import Control

PART_CONTROLS = 8
"""Controls in one part of a report."""
CURVE = "curve"
FIELDS = {
    "EnterService": "enterService",
    "FreqDroop": "freqDroop",
    "FixedPFAbsorb": "fixedPFAbsorb",
    "FixedPFInject": "fixedPFInject",
    "FixedVar": "fixedVar",
    "Gradients": "gradient",
    "LimitMaxDischarge": "limitMaxDischarge",
}
"""The field of SetDERControl that holds the setting; all other kinds are curves."""
INNER = {"fixedPFAbsorb": "fixedPF", "fixedPFInject": "fixedPF"}
"""Where a report calls the setting otherwise than the list that holds it."""
PLAIN = {"EnterService", "Gradients"}
"""Always defaults, so that a report does not say it of them."""


def set_der_control(station: Controller, call: v21.SetDERControl) -> Reply:
    """R01, R02: the answer names those in whose place the control is."""
    field = FIELDS.get(call.control_type, CURVE)
    setting = to_builtins(call).get(field)
    if call.control_type not in station.configuration.items("DCDERCtrlr.ModesSupported"):
        return refused("NotSupported", "UnsupportedParam")
    if setting is None:
        return refused("Rejected", "MissingParam")
    feature = station.feature(DerControls)
    starts = convert(setting.get("startTime"), datetime | None)
    control = Control(
        id=call.control_id,
        kind=call.control_type,
        is_default=call.is_default or call.control_type in PLAIN,
        priority=setting["priority"],
        starts=starts,
        seconds=setting.get("duration"),
        wire=Raw(json.encode(setting)),
    )
    taken = feature.take(control)
    return Reply(
        v21.SetDERControlResponse(status="Accepted", superseded_ids=taken or None), feature.turn
    )


def refused(status: v21.DERControlStatus, reason: str) -> Reply:
    info = v21.StatusInfo(reason_code=reason)
    return Reply(v21.SetDERControlResponse(status=status, status_info=info))


def get_der_control(station: Controller, call: v21.GetDERControl) -> Reply:
    found = chosen(station, call)
    if not found:
        return Reply(v21.GetDERControlResponse(status="NotFound"))
    return Reply(
        v21.GetDERControlResponse(status="Accepted"),
        lambda: report(station, call.request_id, found),
    )


def chosen(station: Controller, call: v21.GetDERControl | v21.ClearDERControl) -> list[Control]:
    return [
        control
        for control in station.flash.controls.values()
        if (call.is_default is None or control.is_default == call.is_default)
        and call.control_type in {None, control.kind}
        and call.control_id in {None, control.id}
    ]


def report(station: Controller, request_id: int, found: list[Control]) -> None:
    for begin in range(0, len(found), PART_CONTROLS):
        part = found[begin : begin + PART_CONTROLS]
        fields: dict[str, Any] = {"requestId": request_id}
        for control in part:
            field = FIELDS.get(control.kind, CURVE)
            fields.setdefault(field, []).append(told(station, control, field))
        if begin + PART_CONTROLS < len(found):
            fields["tbc"] = True
        station.say(convert(fields, v21.ReportDERControl))


def told(station: Controller, control: Control, field: str) -> dict[str, Any]:
    setting = cast("dict[str, Any]", json.decode(control.wire))
    one: dict[str, Any] = {"id": control.id, INNER.get(field, field): setting}
    if control.kind not in PLAIN:
        one["isDefault"] = control.is_default
        one["isSuperseded"] = der.superseded(control, station.flash.controls.values())
    if field == CURVE:
        one["curveType"] = control.kind
    return one


def clear_der_control(station: Controller, call: v21.ClearDERControl) -> Reply:
    """R05."""
    found = chosen(station, call)
    if not found:
        return Reply(v21.ClearDERControlResponse(status="NotFound"))
    feature = station.feature(DerControls)
    feature.drop([control.id for control in found])
    return Reply(v21.ClearDERControlResponse(status="Accepted"), feature.turn)


def alarm(
    station: Controller, kind: v21.DERControl, fault: v21.GridEventFault, *, ended: bool = False
) -> None:
    """R03: the grid is beyond what a control allows, or back again."""
    station.say(
        v21.NotifyDERAlarm(
            control_type=kind,
            grid_event_fault=fault,
            alarm_ended=ended or None,
            timestamp=station.clock.now(),
        )
    )


ANSWERS: dict[str, Handler[Any]] = {
    "ClearDERControl": clear_der_control,
    "GetDERControl": get_der_control,
    "SetDERControl": set_der_control,
}
