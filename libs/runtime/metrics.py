"""Metrics as plain numbers: the hot path adds to an integer, whoever wants to know reads it.

Names are ``service_noun_verb`` without prefix, unit or suffix; the exposition adds those.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import TypeVar

PREFIX = "voltbus_"
SERIES_MAX = 10_000
LATENCY_SECONDS = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
)


class Metric:
    """What all kinds have: name, help text, unit (``seconds``, ``bytes`` or none) and labels."""

    __slots__ = ("help", "labels", "name", "unit")
    kind = ""

    def __init__(self, name: str, help: str, unit: str, labels: dict[str, str]) -> None:
        self.name = name
        self.help = help
        self.unit = unit
        self.labels = labels


class Counter(Metric):
    """Only grows: ``counter.value += 1``."""

    __slots__ = ("value",)
    kind = "counter"

    def __init__(self, name: str, help: str, unit: str, labels: dict[str, str]) -> None:
        super().__init__(name, help, unit, labels)
        self.value = 0


class Gauge(Metric):
    """Goes up and down: set ``value``, or give ``read``, which is asked when somebody looks."""

    __slots__ = ("read", "value")
    kind = "gauge"

    def __init__(self, name: str, help: str, unit: str, labels: dict[str, str]) -> None:
        super().__init__(name, help, unit, labels)
        self.value: float = 0
        self.read: Callable[[], float] | None = None

    def now(self) -> float:
        """The value at this moment; not a number when it cannot be told."""
        try:
            return self.value if self.read is None else self.read()
        except Exception:
            # One thing that cannot be measured must not hide all the others.
            return math.nan


class Histogram(Metric):
    """How values are distributed over buckets with the upper limits ``bounds``."""

    __slots__ = ("bounds", "counts", "sum")
    kind = "histogram"

    def __init__(self, name: str, help: str, unit: str, labels: dict[str, str]) -> None:
        super().__init__(name, help, unit, labels)
        self.bounds: tuple[float, ...] = LATENCY_SECONDS
        self.counts = [0] * (len(self.bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


MetricT = TypeVar("MetricT", bound=Metric)


class Registry:
    """All metrics of the process, by name and labels."""

    def __init__(self) -> None:
        self._metrics: dict[tuple[str, tuple[tuple[str, str], ...]], Metric] = {}
        self.on_new: Callable[[Metric], None] | None = None

    def register(
        self, kind: type[MetricT], name: str, help: str, unit: str, labels: dict[str, str]
    ) -> MetricT:
        """The metric of that name and those labels, made at first sight."""
        key = (name, tuple(sorted(labels.items())))
        known = self._metrics.get(key)
        if known is None:
            made = kind(name, help, unit, labels)
            if len(self._metrics) >= SERIES_MAX:
                # Labels that come from outside must not fill the memory: counted, but not shown.
                return made
            self._metrics[key] = made
            if self.on_new is not None:
                self.on_new(made)
            return made
        if not isinstance(known, kind):
            raise TypeError(f"{name} is a {known.kind} already, it cannot be a {kind.kind} too.")
        return known

    def __iter__(self) -> Iterator[Metric]:
        return iter(list(self._metrics.values()))


REGISTRY = Registry()


def counter(name: str, help: str, unit: str = "", **labels: str) -> Counter:
    """A counter; the same name and labels give the same counter."""
    return REGISTRY.register(Counter, name, help, unit, labels)


def gauge(
    name: str, help: str, unit: str = "", read: Callable[[], float] | None = None, **labels: str
) -> Gauge:
    """A gauge, read by ``read`` if that is given; who registers last is read."""
    made = REGISTRY.register(Gauge, name, help, unit, labels)
    if read is not None:
        made.read = read
    return made


def histogram(name: str, help: str, unit: str = "seconds", **labels: str) -> Histogram:
    """A histogram with buckets for latencies from 1 ms to 30 s."""
    return REGISTRY.register(Histogram, name, help, unit, labels)
