"""OpenTelemetry over OTLP; imported only where a collector is configured."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from libs.runtime import trace
from libs.runtime.exposition import full_name
from libs.runtime.metrics import REGISTRY, Counter, Gauge, Histogram, Metric

EXPORT_MILLISECONDS = 15_000
REQUEST_SECONDS = 2.0
"""What a collector that is away may hold up the end of the process, for each of the two."""

MetricT = TypeVar("MetricT", bound=Metric)


class Exporting:
    """Metrics and traces on their way to a collector, until it is stopped."""

    def __init__(self, spans: TracerProvider, meters: MeterProvider) -> None:
        self._spans = spans
        self._meters = meters

    def stop(self) -> None:
        """Export what is left. Blocking."""
        trace.install(None, 0.0)
        REGISTRY.on_new = None
        self._spans.shutdown()
        self._meters.shutdown()


def start(service: str, endpoint: str, ratio: float) -> Exporting:
    """Export metrics, and the traces of ``ratio`` of what begins here, by OTLP over HTTP.

    ``endpoint`` is the base URL (``http://127.0.0.1:4318``).
    """
    base = endpoint.rstrip("/")
    resource = Resource.create({"service.name": service, "service.namespace": "voltbus"})
    spans = TracerProvider(resource=resource)
    spans.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(f"{base}/v1/traces", timeout=REQUEST_SECONDS))
    )
    reader = PeriodicExportingMetricReader(
        OTLPMetricExporter(f"{base}/v1/metrics", timeout=REQUEST_SECONDS), EXPORT_MILLISECONDS
    )
    meters = MeterProvider(metric_readers=[reader], resource=resource)
    observe(meters.get_meter("voltbus"))
    trace.install(spans.get_tracer("voltbus"), ratio)
    return Exporting(spans, meters)


def observe(meter: Meter) -> None:
    """Let a meter read all metrics, those of now and those to come."""
    known: set[str] = set()

    def watch(metric: Metric) -> None:
        if metric.name not in known:
            known.add(metric.name)
            _instrument(meter, metric)

    REGISTRY.on_new = watch
    for metric in REGISTRY:
        watch(metric)


def _instrument(meter: Meter, metric: Metric) -> None:
    name = full_name(metric).removesuffix("_total").replace("_", ".", 1)
    if isinstance(metric, Gauge):
        read = _reader(metric.name, Gauge, Gauge.now)
        meter.create_observable_gauge(name, [read], metric.unit, metric.help)
    elif isinstance(metric, Counter):
        read = _reader(metric.name, Counter, lambda each: each.value)
        meter.create_observable_counter(name, [read], metric.unit, metric.help)
    else:
        # There is no observable histogram: its parts are counters.
        total = _reader(metric.name, Histogram, lambda each: each.sum)
        meter.create_observable_counter(f"{name}.sum", [total], metric.unit, metric.help)
        count = _reader(metric.name, Histogram, lambda each: sum(each.counts))
        meter.create_observable_counter(f"{name}.count", [count], "", metric.help)


def _reader(
    name: str, kind: type[MetricT], value: Callable[[MetricT], float]
) -> Callable[[CallbackOptions], Iterable[Observation]]:
    """Reads all metrics of one name; each has its labels as attributes."""

    def read(_: CallbackOptions) -> Iterable[Observation]:
        return [
            Observation(value(each), dict(each.labels))
            for each in REGISTRY
            if isinstance(each, kind) and each.name == name
        ]

    return read
