"""Monitors in messages and out of them; how many go into one message. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from msgspec import Struct, json

from libs.contracts.monitoring import MonitorResult, MonitorSpec, Variable
from services.devices.text import cleaned

Names = tuple[str, str | None, int | None, int | None, str, str | None]
"""Component, its instance, EVSE, connector, variable, its instance."""
Key = tuple[Any, ...]
"""Names of component and variable without case, type and severity: there is one monitor of it."""


class Monitor(NamedTuple):
    """As it is kept."""

    id: int
    component: str
    instance: str | None
    evse: int | None
    connector: int | None
    variable: str
    variable_instance: str | None
    type: str
    value: float
    severity: int
    transaction: bool
    kind: str | None
    stream_interval: int | None
    stream_values: int | None


def names(component: Any, variable: Any) -> Names:
    """Of messages of any version."""
    evse = component.evse
    return (
        component.name,
        component.instance,
        evse.id if evse else None,
        evse.connector_id if evse else None,
        variable.name,
        variable.instance,
    )


def folded(*parts: Any) -> Key:
    return tuple(part.lower() if isinstance(part, str) else part for part in parts)


def key_of(item: Any) -> Key:
    """Of a SetMonitoringData or a SetMonitoringResult."""
    return folded(*names(item.component, item.variable), item.type, item.severity)


def key_of_spec(spec: MonitorSpec | MonitorResult) -> Key:
    return folded(
        spec.component,
        spec.instance,
        spec.evse,
        spec.connector,
        spec.variable,
        spec.variable_instance,
        spec.type,
        spec.severity,
    )


def match(asked: Sequence[Key], results: Iterable[tuple[Key, Any]]) -> list[Any | None]:
    """The result of each that was asked, by what it is about and not by its place; of several of
    the same, in their order. None for those that were left out.
    """
    by_key: dict[Key, list[Any]] = {}
    for key, result in results:
        by_key.setdefault(key, []).append(result)
    return [found.pop(0) if (found := by_key.get(key)) else None for key in asked]


def accepted(call: Any, answer: Any) -> Iterator[Monitor]:
    """The monitors that a station has since it answered a SetVariableMonitoring."""
    asked = call.set_monitoring_data
    pairs = ((key_of(result), result) for result in answer.set_monitoring_result)
    for data, result in zip(asked, match([key_of(d) for d in asked], pairs), strict=True):
        if result is None or result.status != "Accepted":
            continue
        number = data.id if result.id is None else result.id
        if number is None:
            continue
        stream = getattr(data, "periodic_event_stream", None)
        found = Monitor(
            number,
            *names(data.component, data.variable),
            data.type,
            data.value,
            data.severity,
            bool(data.transaction),
            "CustomMonitor",
            stream.interval if stream else None,
            stream.values if stream else None,
        )
        yield cleaned(found)


def reported(call: Any) -> Iterator[Monitor]:
    """The monitors in a part of a report."""
    listed: list[Any] = call.monitor or []
    for data in listed:
        for monitor in data.variable_monitoring:
            found = Monitor(
                monitor.id,
                *names(data.component, data.variable),
                monitor.type,
                monitor.value,
                monitor.severity,
                monitor.transaction,
                # 2.0.1 does not tell what kind it is.
                getattr(monitor, "event_notification_type", None),
                None,
                None,
            )
            yield cleaned(found)


def wire(spec: MonitorSpec) -> dict[str, Any]:
    """A SetMonitoringData by its wire names."""
    variable = Variable(
        component=spec.component,
        instance=spec.instance,
        evse=spec.evse,
        connector=spec.connector,
        variable=spec.variable,
        variable_instance=spec.variable_instance,
    )
    stream = present(interval=spec.stream_interval_seconds, values=spec.stream_values)
    return {
        **place(variable),
        **present(id=spec.id, transaction=spec.transaction),
        **({"periodicEventStream": stream} if stream else {}),
        "type": spec.type,
        "value": spec.value,
        "severity": spec.severity,
    }


def place(variable: Variable) -> dict[str, Any]:
    """``component`` and, where there is one, ``variable`` by their wire names."""
    evse = present(id=variable.evse, connectorId=variable.connector)
    component = present(name=variable.component, instance=variable.instance)
    found: dict[str, Any] = {"component": {**component, **({"evse": evse} if evse else {})}}
    if variable.variable is not None:
        found["variable"] = present(name=variable.variable, instance=variable.variable_instance)
    return found


def present(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


class Limits(Struct, frozen=True):
    """What a station takes in one message."""

    items: int
    bytes: int


def batches(items: Sequence[Any], limits: Limits, overhead: int) -> Iterator[list[Any]]:
    """Items in messages as large as the station takes; one that is too large goes alone, and the
    station says so. ``overhead``: bytes of a message without items.
    """
    batch: list[Any] = []
    size = overhead
    for item in items:
        more = len(json.encode(item)) + 1
        if batch and (len(batch) >= limits.items or size + more > limits.bytes):
            yield batch
            batch, size = [], overhead
        batch.append(item)
        size += more
    if batch:
        yield batch
