from collections.abc import Iterator

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.bus.trace import TRACEPARENT
from libs.runtime import metrics, telemetry, trace
from libs.runtime.metrics import REGISTRY

REMOTE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.install(provider.get_tracer("test"), 1.0)
    yield exporter
    trace.install(None, 0.0)


def test_nothing_is_traced_unless_tracing_is_installed() -> None:
    assert not trace.sampled()
    with trace.span("work") as span, trace.joined("work", REMOTE) as joined:
        assert (span, joined) == (None, None)
        assert trace.traceparent() is None


def test_outside_a_sampled_trace_there_are_no_spans(spans: InMemorySpanExporter) -> None:
    with trace.span("work") as span:
        assert span is None
    assert spans.get_finished_spans() == ()


def test_a_trace_begins_where_the_coin_says_so(spans: InMemorySpanExporter) -> None:
    assert trace.sampled()
    with trace.root("receive", station="CP1"), trace.span("decide"):
        pass
    inner, outer = spans.get_finished_spans()
    assert (inner.name, outer.name) == ("decide", "receive")
    assert outer.parent is None
    assert inner.parent is not None
    assert inner.parent.span_id == outer.context.span_id
    assert outer.attributes == {"station": "CP1"}


def test_the_coin_falls_in_the_given_ratio(spans: InMemorySpanExporter) -> None:
    trace.install(trace.SAMPLING.tracer, 0.25)
    assert 300 < sum(trace.sampled() for _ in range(2_000)) < 700


def test_a_trace_goes_on_from_a_header(spans: InMemorySpanExporter) -> None:
    with trace.joined("answer", REMOTE):
        sent_on = trace.traceparent()
    (span,) = spans.get_finished_spans()
    assert f"{span.context.trace_id:032x}" == REMOTE.split("-")[1]
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == REMOTE.split("-")[2]
    assert sent_on == f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"


def test_the_bus_carries_the_trace(spans: InMemorySpanExporter) -> None:
    """libs.bus sends what stands in its variable, and sets it from the header it receives."""
    with trace.root("receive"):
        assert TRACEPARENT.get() == trace.traceparent() is not None
    token = TRACEPARENT.set(REMOTE)
    with trace.span("decide"):
        pass
    TRACEPARENT.reset(token)
    (_, span) = spans.get_finished_spans()
    assert f"{span.context.trace_id:032x}" == REMOTE.split("-")[1]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "garbage",
        REMOTE[:-1] + "0",
        REMOTE.replace("-", "_"),
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
        f"ff{REMOTE[2:]}",
        "x" * 10_000,
    ],
)
def test_a_header_that_is_not_sampled_or_not_one_is_ignored(
    spans: InMemorySpanExporter, header: str | None
) -> None:
    with trace.joined("answer", header) as span:
        assert span is None


def test_an_error_is_recorded_and_goes_on(spans: InMemorySpanExporter) -> None:
    with pytest.raises(KeyError), trace.root("receive"):
        raise KeyError("seq_no")
    (span,) = spans.get_finished_spans()
    assert [event.name for event in span.events] == ["exception"]
    assert trace.traceparent() is None


def test_opentelemetry_reads_the_plain_numbers() -> None:
    reader = InMemoryMetricReader()
    meters = MeterProvider(metric_readers=[reader])
    metrics.counter("trace_test_before", "", kind="a").value = 2
    metrics.counter("trace_test_before", "", kind="b").value = 3
    try:
        telemetry.observe(meters.get_meter("test"))
        metrics.gauge("trace_test_after", "", "bytes").value = 7
        metrics.histogram("trace_test_latency", "").observe(0.25)
        data = reader.get_metrics_data()
    finally:
        REGISTRY.on_new = None
        meters.shutdown()
    assert data is not None
    found = {
        metric.name: {
            tuple((point.attributes or {}).items()): getattr(point, "value", None)
            for point in metric.data.data_points
        }
        for metric in data.resource_metrics[0].scope_metrics[0].metrics
        if "trace_test" in metric.name
    }
    assert found == {
        "voltbus.trace_test_before": {(("kind", "a"),): 2, (("kind", "b"),): 3},
        "voltbus.trace_test_after_bytes": {(): 7},
        "voltbus.trace_test_latency_seconds.sum": {(): 0.25},
        "voltbus.trace_test_latency_seconds.count": {(): 1},
    }
