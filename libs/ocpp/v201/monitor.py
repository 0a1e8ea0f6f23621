from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Int, OneOrMore, Str36, Str50, Str500, Str2500, Time
from libs.ocpp.v201.device_model import Component, Variable
from libs.ocpp.v201.status import StatusInfo

Monitor = Literal["UpperThreshold", "LowerThreshold", "Delta", "Periodic", "PeriodicClockAligned"]


class VariableMonitoring(Extensible):
    id: Int
    transaction: bool
    value: float
    """A threshold, a change, or an interval in seconds, by ``type``."""
    type: Monitor
    severity: Int
    """From 0, danger, to 9, debug."""


class MonitoringData(Extensible):
    component: Component
    variable: Variable
    variable_monitoring: OneOrMore[VariableMonitoring]


class SetMonitoringData(Extensible):
    id: Int | None = None
    transaction: bool | None = None
    value: float
    """A threshold, a change, or an interval in seconds, by ``type``."""
    type: Monitor
    severity: Int
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
    id: Int | None = None
    status_info: StatusInfo | None = None
    status: SetMonitoringStatus
    type: Monitor
    component: Component
    variable: Variable
    severity: Int


ClearMonitoringStatus = Literal["Accepted", "Rejected", "NotFound"]


class ClearMonitoringResult(Extensible):
    status: ClearMonitoringStatus
    id: Int
    status_info: StatusInfo | None = None


EventTrigger = Literal["Alerting", "Delta", "Periodic"]

EventNotification = Literal[
    "HardWiredNotification", "HardWiredMonitor", "PreconfiguredMonitor", "CustomMonitor"
]


class EventData(Extensible):
    event_id: Int
    timestamp: Time
    trigger: EventTrigger
    cause: Int | None = None
    """The ``event_id`` of the event that led to this one."""
    actual_value: Str2500
    tech_code: Str50 | None = None
    tech_info: Str500 | None = None
    cleared: bool | None = None
    transaction_id: Str36 | None = None
    component: Component
    variable_monitoring_id: Int | None = None
    event_notification_type: EventNotification
    variable: Variable
