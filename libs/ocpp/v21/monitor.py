from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Natural, OneOrMore, Str36, Str50, Str500, Str2500, Time
from libs.ocpp.v21.device_model import Component, Variable
from libs.ocpp.v21.status import StatusInfo

Monitor = Literal[
    "UpperThreshold",
    "LowerThreshold",
    "Delta",
    "Periodic",
    "PeriodicClockAligned",
    "TargetDelta",
    "TargetDeltaRelative",
]

EventNotification = Literal[
    "HardWiredNotification", "HardWiredMonitor", "PreconfiguredMonitor", "CustomMonitor"
]


class VariableMonitoring(Extensible):
    id: Natural
    transaction: bool
    value: float
    """A threshold, a change, or an interval in seconds, by ``type``."""
    type: Monitor
    severity: Natural
    """From 0, danger, to 9, debug."""
    event_notification_type: EventNotification


class MonitoringData(Extensible):
    component: Component
    variable: Variable
    variable_monitoring: OneOrMore[VariableMonitoring]


class PeriodicEventStreamParams(Extensible):
    interval: Natural | None = None
    """Seconds."""
    values: Natural | None = None


class SetMonitoringData(Extensible):
    id: Natural | None = None
    periodic_event_stream: PeriodicEventStreamParams | None = None
    transaction: bool | None = None
    value: float
    """A threshold, a change, or an interval in seconds, by ``type``."""
    type: Monitor
    severity: Natural
    """From 0, danger, to 9, debug."""
    component: Component
    variable: Variable


SetMonitoringStatus = Literal[
    "Accepted",
    "UnknownComponent",
    "UnknownVariable",
    "UnsupportedMonitorType",
    "Rejected",
    "Duplicate",
]


class SetMonitoringResult(Extensible):
    id: Natural | None = None
    status_info: StatusInfo | None = None
    status: SetMonitoringStatus
    type: Monitor
    component: Component
    variable: Variable
    severity: Natural


ClearMonitoringStatus = Literal["Accepted", "Rejected", "NotFound"]


class ClearMonitoringResult(Extensible):
    status: ClearMonitoringStatus
    id: Natural
    status_info: StatusInfo | None = None


EventTrigger = Literal["Alerting", "Delta", "Periodic"]


class EventData(Extensible):
    event_id: Natural
    timestamp: Time
    trigger: EventTrigger
    cause: Natural | None = None
    """The ``event_id`` of the event that led to this one."""
    actual_value: Str2500
    tech_code: Str50 | None = None
    tech_info: Str500 | None = None
    cleared: bool | None = None
    transaction_id: Str36 | None = None
    component: Component
    variable_monitoring_id: Natural | None = None
    event_notification_type: EventNotification
    variable: Variable
    severity: Natural | None = None
