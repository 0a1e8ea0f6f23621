import pytest

from libs.runtime import exposition
from libs.runtime.metrics import SERIES_MAX, Counter, Gauge, Histogram, Registry


@pytest.fixture
def registry() -> Registry:
    return Registry()


def test_the_same_name_and_labels_are_the_same_counter(registry: Registry) -> None:
    one = registry.register(Counter, "edge_frames", "frames", "", {"a": "1", "b": "2"})
    same = registry.register(Counter, "edge_frames", "frames", "", {"b": "2", "a": "1"})
    other = registry.register(Counter, "edge_frames", "frames", "", {"a": "3"})
    assert one is same
    assert one is not other


def test_a_name_is_of_one_kind(registry: Registry) -> None:
    registry.register(Counter, "x", "", "", {})
    with pytest.raises(TypeError, match="x is a counter already, it cannot be a gauge too"):
        registry.register(Gauge, "x", "", "", {})


def test_labels_from_outside_do_not_fill_the_memory(registry: Registry) -> None:
    for number in range(SERIES_MAX + 100):
        registry.register(Counter, "x", "", "", {"n": str(number)}).value += 1
    assert len(list(registry)) == SERIES_MAX


def test_prometheus_reads_all_kinds(registry: Registry) -> None:
    registry.register(Counter, "edge_frames", "frames in\nall", "", {"kind": 'a"b\\c\n'}).value = 7
    registry.register(Counter, "edge_frames", "frames in\nall", "", {"kind": "d"}).value += 1
    gauge = registry.register(Gauge, "edge_connections", "open sockets", "", {})
    gauge.read = lambda: 3
    latency = registry.register(Histogram, "edge_answer", "time to answer", "seconds", {})
    for value in (0.001, 0.0011, 0.3, 60.0):
        latency.observe(value)
    lines = exposition.text(registry).splitlines()
    assert lines[:6] == [
        "# HELP voltbus_edge_frames_total frames in\\nall",
        "# TYPE voltbus_edge_frames_total counter",
        'voltbus_edge_frames_total{kind="a\\"b\\\\c\\n"} 7',
        'voltbus_edge_frames_total{kind="d"} 1',
        "# HELP voltbus_edge_connections open sockets",
        "# TYPE voltbus_edge_connections gauge",
    ]
    assert lines[6] == "voltbus_edge_connections 3"
    assert 'voltbus_edge_answer_seconds_bucket{le="0.001"} 1' in lines
    assert 'voltbus_edge_answer_seconds_bucket{le="0.0025"} 2' in lines
    assert 'voltbus_edge_answer_seconds_bucket{le="0.25"} 2' in lines
    assert 'voltbus_edge_answer_seconds_bucket{le="0.5"} 3' in lines
    assert 'voltbus_edge_answer_seconds_bucket{le="+Inf"} 4' in lines
    assert lines[-1] == "voltbus_edge_answer_seconds_count 4"


def test_a_gauge_that_cannot_be_read_does_not_hide_the_others(registry: Registry) -> None:
    def broken() -> float:
        raise OSError("gone")

    registry.register(Gauge, "x", "", "", {}).read = broken
    registry.register(Gauge, "y", "", "", {}).value = 0.5
    assert exposition.text(registry).splitlines()[2::3] == ["voltbus_x nan", "voltbus_y 0.5"]


def test_large_counts_are_written_in_full(registry: Registry) -> None:
    registry.register(Counter, "x", "", "", {}).value = 12_345_678_901
    registry.register(Gauge, "y", "", "bytes", {}).value = 12_345_678_901
    text = exposition.text(registry)
    assert "voltbus_x_total 12345678901" in text
    assert "voltbus_y_bytes 12345678901" in text
