"""Monitors as operators describe them."""

from typing import Annotated, TypeAlias

from msgspec import Meta

from libs.contracts.monitoring import MonitoringBase, MonitoringCriterion, MonitorType
from services.api.bodies.base import Body, EvseId, Number

Component: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50)]
Severity: TypeAlias = Annotated[int, Meta(ge=0, le=9)]
MONITORS_MAX = 1000


class VariableBody(Body, frozen=True, kw_only=True):
    """A variable by its names; without `variable` all of its component."""

    example = {"component": "EVSE", "evse": 1, "variable": "Power"}

    component: Component
    instance: Component | None = None
    evse: EvseId | None = None
    connector: EvseId | None = None
    variable: Component | None = None
    variable_instance: Component | None = None


class MonitorBody(Body, frozen=True, kw_only=True):
    """A monitor of a variable; with the `id` of one that exists it replaces that."""

    example = {
        "component": "EVSE",
        "evse": 1,
        "variable": "AvailabilityState",
        "type": "Delta",
        "value": 1,
        "severity": 8,
    }

    component: Component
    instance: Component | None = None
    evse: EvseId | None = None
    connector: EvseId | None = None
    variable: Component
    variable_instance: Component | None = None
    type: MonitorType
    value: float
    """A threshold, a change, or an interval in seconds, by `type`; 1 for a Delta of no number."""
    severity: Severity
    """0 danger, 1 hardware failure, 2 system failure, 3 critical, 4 error, 5 alert, 6 warning,
    7 notice, 8 informational, 9 debug."""
    id: Number | None = None
    transaction: bool | None = None
    """Only while a transaction runs."""
    stream_interval_seconds: Number | None = None
    """2.1: send its values as a periodic event stream, at least so often."""
    stream_values: Number | None = None
    """2.1: so many values together."""


class MonitorsPost(Body, frozen=True, kw_only=True):
    """Monitors to be set, in as many messages as the station takes."""

    example = {"monitors": [MonitorBody.example]}

    monitors: Annotated[list[MonitorBody], Meta(min_length=1, max_length=MONITORS_MAX)]


class MonitorsClear(Body, frozen=True, kw_only=True):
    """Monitors to be cleared, in as many messages as the station takes."""

    example = {"ids": [1, 2, 3]}

    ids: Annotated[list[Number], Meta(min_length=1, max_length=MONITORS_MAX)]


class MonitoringPut(Body, frozen=True, kw_only=True):
    """Which monitors are active, and from which severity on events are told; one or both."""

    example = {"base": "All", "level": 4}

    base: MonitoringBase | None = None
    level: Number | None = None
    """0 to 9: events of this severity and graver. Passed on as it is; a station refuses others."""


class MonitoringReport(Body, frozen=True, kw_only=True):
    """Which monitors are to be reported; without a filter all."""

    example = {"criteria": ["ThresholdMonitoring"], "variables": [VariableBody.example]}

    criteria: Annotated[list[MonitoringCriterion], Meta(min_length=1, max_length=3)] | None = None
    variables: Annotated[list[VariableBody], Meta(min_length=1, max_length=MONITORS_MAX)] | None = (
        None
    )
