"""Monitors and events of the device model."""

from datetime import timedelta

from msgspec import Struct

from libs.contracts.monitoring import (
    Batch,
    ClearResult,
    DeviceEventPage,
    DeviceEventView,
    MonitoringView,
    MonitorPage,
    MonitorResult,
    MonitorsCleared,
    MonitorsSet,
    MonitorView,
)
from services.api.answers import CallAnswer, MonitoringAnswer
from services.api.examples.spine import ACCEPTED, ID, NOON

MONITOR = MonitorView(
    id=7,
    component="EVSE",
    evse=1,
    variable="Power",
    type="UpperThreshold",
    value=11_000,
    severity=6,
    kind="CustomMonitor",
    source="set",
    changed_at=NOON,
)
RESULT = MonitorResult(
    component="EVSE",
    evse=1,
    variable="Power",
    type="UpperThreshold",
    severity=6,
    status="Accepted",
    id=7,
)
CLEARED = ClearResult(id=8, status="NotFound")
BATCH = Batch(request=ID, items=1, status="answered")
EVENT = DeviceEventView(
    id=4711,
    event=93,
    at=NOON,
    received_at=NOON + timedelta(seconds=1),
    trigger="Alerting",
    component="ConnectorPlugRetentionLock",
    evse=1,
    connector=1,
    variable="Problem",
    value="true",
    tech_code="CX001",
    kind="HardWiredMonitor",
    severity=3,
)

EXAMPLES: tuple[Struct, ...] = (
    MONITOR,
    MonitorPage(items=[MONITOR], next="Nw=="),
    RESULT,
    BATCH,
    MonitorsSet(status="answered", items=[RESULT], calls=[BATCH]),
    CLEARED,
    MonitorsCleared(status="answered", items=[CLEARED], calls=[BATCH]),
    MonitoringView(
        station="CP-1", base="All", base_set_at=NOON, level=4, level_set_at=NOON, monitors=12
    ),
    MonitoringAnswer(base=CallAnswer(status="answered", request=ID, payload=ACCEPTED)),
    EVENT,
    DeviceEventPage(items=[EVENT]),
)
