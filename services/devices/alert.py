"""What an event of the device model says to be wrong, or to be mended (N07). Pure."""

from typing import Any, Literal

from services.devices.availability import VARIABLE as AVAILABILITY
from services.devices.variable import clean

PROBLEMS = {"problem", "tripped", "overload", "fallback"}
"""Variables that are true when something is wrong."""

TRUTHS = {"true": True, "false": False}

Alert = Literal["raised", "cleared"]


def alert(event: Any) -> Alert | None:
    """None: it only tells something. A state of availability is heard of as a status."""
    variable = event.variable.name.lower()
    if variable == AVAILABILITY:
        return None
    truth = TRUTHS.get(event.actual_value.strip().lower())
    alerting = event.trigger == "Alerting" or variable in PROBLEMS
    if event.cleared or (alerting and truth is False):
        return "cleared"
    if event.trigger == "Alerting" or (variable in PROBLEMS and truth):
        return "raised"
    return None


def lasting(event: Any) -> bool:
    """Whether the station will say when it is over: a flag that becomes false, or a threshold."""
    truth = event.actual_value.strip().lower() in TRUTHS
    return truth or event.event_notification_type != "HardWiredNotification"


def about(event: Any) -> str:
    """What it is about, in one text that compares without regard to case."""
    component, variable = event.component, event.variable
    evse = component.evse
    parts = [
        component.name,
        component.instance,
        evse.id if evse else None,
        evse.connector_id if evse else None,
        variable.name,
        variable.instance,
    ]
    return clean("/".join("" if part is None else str(part) for part in parts).lower())
