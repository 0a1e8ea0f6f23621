"""Monitors of variables, and the events that stations tell (functional block N). The service
``devices`` owns them.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from libs.bus.message import Ask, Event
from libs.contracts.command import Outcome
from libs.contracts.devices import CallSent

MonitorType = Literal[
    "UpperThreshold", "LowerThreshold", "Delta", "Periodic", "PeriodicClockAligned",
    "TargetDelta", "TargetDeltaRelative",
]  # fmt: skip
"""The last two are of 2.1."""
MonitoringBase = Literal["All", "FactoryDefault", "HardWiredOnly"]
MonitoringCriterion = Literal["ThresholdMonitoring", "DeltaMonitoring", "PeriodicMonitoring"]
MonitorKind = Literal["HardWiredMonitor", "PreconfiguredMonitor", "CustomMonitor"]
EventKind = Literal[
    "HardWiredNotification", "HardWiredMonitor", "PreconfiguredMonitor", "CustomMonitor"
]
EventTrigger = Literal["Alerting", "Delta", "Periodic"]


# -- what is known -------------------------------------------------------------------------------


class MonitorView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A monitor of a station, as it was set or as the station last reported it."""

    id: int
    """Given by the station; may be another one after a boot."""
    component: str
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable: str
    variable_instance: str | None = None
    type: MonitorType
    value: float
    """A threshold, a change, or an interval in seconds, by ``type``."""
    severity: int
    """0, danger, to 9, debug."""
    transaction: bool = False
    """Only while a transaction runs."""
    kind: MonitorKind | None = None
    """``None``: 2.0.1 does not tell, and it was not set by us."""
    stream_interval_seconds: int | None = None
    """2.1: its values are sent as a periodic event stream."""
    stream_values: int | None = None
    active: bool = True
    """False after a SetMonitoringBase that switched it off."""
    source: Literal["set", "report"]
    changed_at: datetime


class MonitorPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[MonitorView]
    next: str | None = None


class ListMonitors(Ask[MonitorPage]):
    """In the order of their ids."""

    subject = "api.{tenant}.devices.monitors"

    tenant: str
    station: str
    component: str | None = None
    variable: str | None = None
    after: str | None = None
    limit: int = 50


class MonitoringView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a station monitors as a whole; ``None`` was never set by us."""

    station: str
    base: MonitoringBase | None = None
    base_set_at: datetime | None = None
    level: int | None = None
    """Events of this severity and graver are told."""
    level_set_at: datetime | None = None
    monitors: int = 0
    """How many are known."""
    reported_at: datetime | None = None
    """When the station reported all of them the last time."""


class GetMonitoring(Ask[MonitoringView]):
    subject = "api.{tenant}.devices.monitoring"

    tenant: str
    station: str


# -- asking a station ----------------------------------------------------------------------------


class Variable(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A variable by its names; without ``variable`` all of its component."""

    component: str
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable: str | None = None
    variable_instance: str | None = None


class MonitorSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A monitor to be set; with the ``id`` of one that exists it replaces that."""

    component: str
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable: str
    variable_instance: str | None = None
    type: MonitorType
    value: float
    severity: int
    id: int | None = None
    transaction: bool | None = None
    stream_interval_seconds: int | None = None
    stream_values: int | None = None


SetStatus = Literal[
    "Accepted", "UnknownComponent", "UnknownVariable", "UnsupportedMonitorType", "Rejected",
    "Duplicate", "Error", "NotAnswered", "NotSent",
]  # fmt: skip
"""As the station answered. ``Error``: it answered the whole message with a CALLERROR;
``NotAnswered``: no answer came, or this monitor was left out of it; ``NotSent``: an earlier message
was not answered, so it was not asked.
"""
ClearStatus = Literal["Accepted", "Rejected", "NotFound", "Error", "NotAnswered", "NotSent"]
Sum = Literal["answered", "partial", "error", "timeout", "offline"]
"""``partial``: only some messages were answered; else what became of the first."""


class Batch(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message to the station."""

    request: str
    items: int
    status: Outcome
    code: str | None = None


class MonitorResult(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one monitor that was to be set."""

    component: str
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable: str
    variable_instance: str | None = None
    type: MonitorType
    severity: int
    status: SetStatus
    id: int | None = None
    reason: str | None = None
    """The station's reasonCode, or the code of its CALLERROR."""
    info: str | None = None
    hint: str | None = None


class MonitorsSet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In the order that was asked for."""

    status: Sum
    items: list[MonitorResult]
    calls: list[Batch]


class SetMonitors(Ask[MonitorsSet]):
    """In as many messages as the station takes."""

    subject = "api.{tenant}.devices.set_monitors"

    tenant: str
    station: str
    monitors: list[MonitorSpec]
    by: str = "operator"
    timeout_seconds: float = 30


class ClearResult(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: int
    status: ClearStatus
    reason: str | None = None
    info: str | None = None
    hint: str | None = None


class MonitorsCleared(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In the order that was asked for."""

    status: Sum
    items: list[ClearResult]
    calls: list[Batch]


class ClearMonitors(Ask[MonitorsCleared]):
    """In as many messages as the station takes."""

    subject = "api.{tenant}.devices.clear_monitors"

    tenant: str
    station: str
    ids: list[int]
    by: str = "operator"
    timeout_seconds: float = 30


class MonitoringSet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of base and level; ``None`` was not asked for."""

    base: CallSent | None = None
    level: CallSent | None = None


class SetMonitoring(Ask[MonitoringSet]):
    subject = "api.{tenant}.devices.set_monitoring"

    tenant: str
    station: str
    base: MonitoringBase | None = None
    level: int | None = None
    by: str = "operator"
    timeout_seconds: float = 30


class ReportMonitors(Ask[CallSent]):
    """Have a station report its monitors: those that meet the criteria, at these variables, or
    all.
    """

    subject = "api.{tenant}.devices.report_monitors"

    tenant: str
    station: str
    criteria: list[MonitoringCriterion] | None = None
    variables: list[Variable] | None = None
    by: str = "operator"
    timeout_seconds: float = 30


# -- events of the device model ------------------------------------------------------------------


class DeviceEventView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event of a NotifyEvent."""

    id: int
    event: int
    """The station's own number (eventId)."""
    at: datetime
    """When it happened, by the station's clock."""
    received_at: datetime
    trigger: EventTrigger
    component: str
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable: str
    variable_instance: str | None = None
    value: str
    cleared: bool | None = None
    cause: int | None = None
    """The ``event`` that led to this one."""
    tech_code: str | None = None
    tech_info: str | None = None
    transaction: str | None = None
    monitor: int | None = None
    kind: EventKind
    severity: int | None = None
    """0, danger, to 9, debug; of 2.0.1 that of its monitor, where it is known."""


class DeviceEventPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: list[DeviceEventView]
    next: str | None = None


class ListDeviceEvents(Ask[DeviceEventPage]):
    """Newest first. Names compare without regard to case; ``severity`` and graver."""

    subject = "api.{tenant}.devices.device_events"

    tenant: str
    station: str
    component: str | None = None
    variable: str | None = None
    trigger: EventTrigger | None = None
    cleared: bool | None = None
    severity: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: str | None = None
    limit: int = 50


class DeviceEvent(Event):
    """A station told an event of its device model (N07, N08)."""

    subject = "event.{tenant}.device.reported.{station}"

    station: str
    event: int
    trigger: EventTrigger
    component: str
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable: str
    variable_instance: str | None = None
    value: str
    cleared: bool | None = None
    tech_code: str | None = None
    tech_info: str | None = None
    transaction: str | None = None
    monitor: int | None = None
    kind: EventKind
    severity: int | None = None
    received_at: datetime

    def key(self) -> str:
        return event_key(self)


class DeviceAlert(Event):
    """An event says that something is wrong, or, ``cleared``, that it is not any more."""

    subject = "event.{tenant}.device.alerted.{station}"

    station: str
    event: int
    cleared: bool
    code: str
    """Of the catalogue of faults."""
    title: str
    hint: str
    component: str
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    variable: str
    variable_instance: str | None = None
    value: str
    severity: int | None = None

    def key(self) -> str:
        return event_key(self)


def event_key(event: DeviceEvent | DeviceAlert) -> str:
    """A station counts its events anew after a boot, so their time belongs to it."""
    variable = f"{event.component}/{event.evse}/{event.connector}/{event.variable}"
    return f"{event.station}/{event.event}/{event.at.timestamp()}/{variable}"
