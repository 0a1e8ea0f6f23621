"""DER controls (block R) as one kind of thing, however the messages spell each type."""

from typing import Any

from msgspec import to_builtins

from libs.bus import Invalid
from libs.ocpp import v21
from services.devices.store_der import Control

FIELDS = {
    "EnterService": "enterService",
    "FreqDroop": "freqDroop",
    "FixedPFAbsorb": "fixedPFAbsorb",
    "FixedPFInject": "fixedPFInject",
    "FixedVar": "fixedVar",
    "Gradients": "gradient",
    "LimitMaxDischarge": "limitMaxDischarge",
}
"""The field of SetDERControl that holds the setting, by control type; all others are curves."""
CURVE = "curve"


def field_of(kind: str) -> str:
    return FIELDS.get(kind, CURVE)


def fitting(kind: str, setting: dict[str, Any]) -> dict[str, Any]:
    """The setting, if it is in the field of its type."""
    wanted = field_of(kind)
    if set(setting) != {wanted}:
        raise Invalid(
            f"The setting of {kind} is an object in the field `{wanted}`.", field="setting"
        )
    return setting


def of_set(call: v21.SetDERControl) -> Control:
    """What a station accepted."""
    field = field_of(call.control_type)
    wire: dict[str, Any] = to_builtins(call)
    setting = {field: wire[field]} if field in wire else {}
    return Control(call.control_id, call.control_type, call.is_default, False, setting)


def of_report(call: v21.ReportDERControl) -> list[Control]:
    """All controls in a part of a report. Enter service and gradients are always defaults."""
    wire: dict[str, Any] = to_builtins(call)
    found: list[Control] = []
    for kind, field in [*FIELDS.items(), (CURVE, CURVE)]:
        found += [
            Control(
                each["id"],
                each.get("curveType", kind),
                each.get("isDefault", True),
                each.get("isSuperseded", False),
                {field: each[INNER.get(field, field)]},
            )
            for each in wire.get(field, [])
        ]
    return found


INNER = {"fixedPFAbsorb": "fixedPF", "fixedPFInject": "fixedPF"}
"""Where a report calls the setting otherwise than the list that holds it."""
