"""Events of monitors as 2.0.1 and 2.1 tell them (N07, N08)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from libs.ocpp import v21, v201
from libs.ocpp.message import Request, Version
from libs.station.monitor import Happening, Monitor, Place

EVENTS_MAX = 20
"""In one message."""


def messages(
    version: Version, now: datetime, happenings: Sequence[Happening]
) -> list[Request[Any]]:
    """In as many parts as it takes."""
    words: Any = v21 if version == "v21" else v201
    parts = [happenings[at : at + EVENTS_MAX] for at in range(0, len(happenings), EVENTS_MAX)]
    return [
        words.NotifyEvent(
            generated_at=now,
            seq_no=number,
            tbc=True if number < len(parts) - 1 else None,
            event_data=[data(words, each) for each in part],
        )
        for number, part in enumerate(parts)
    ]


def data(words: Any, happening: Happening) -> Any:
    monitor = happening.monitor
    more = {"severity": monitor.severity} if words is v21 else {}
    return words.EventData(
        event_id=happening.number,
        timestamp=happening.at,
        trigger=happening.trigger,
        actual_value=happening.value,
        cleared=True if happening.cleared else None,
        tech_code=happening.tech_code,
        transaction_id=happening.transaction,
        component=component(words, monitor.place),
        variable=variable(words, monitor.place),
        variable_monitoring_id=monitor.id,
        event_notification_type=monitor.kind,
        **more,
    )


def component(words: Any, place: Place) -> Any:
    evse = None
    if place.evse is not None:
        evse = words.EVSE(id=place.evse, connector_id=place.connector)
    return words.Component(name=place.component, evse=evse)


def variable(words: Any, place: Place) -> Any:
    return words.Variable(name=place.variable, instance=place.instance)


def described(words: Any, monitor: Monitor) -> Any:
    """A monitor in a report; 2.1 says what kind it is."""
    more = {"event_notification_type": monitor.kind} if words is v21 else {}
    return words.VariableMonitoring(
        id=monitor.id,
        transaction=monitor.transaction,
        value=monitor.value,
        type=monitor.type,
        severity=monitor.severity,
        **more,
    )
