import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from libs.runtime import metrics, telemetry, trace


class Collector(ThreadingHTTPServer):
    """Takes OTLP over HTTP and keeps it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receive)
        self.received: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Receive(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received[self.path] = self.server.received.get(self.path, b"") + body
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_traces_and_metrics_go_to_the_collector(collector: Collector) -> None:
    metrics.counter("telemetry_test", "of this test").value = 5
    exporting = telemetry.start("probe", collector.url, 1.0)
    assert trace.sampled()
    with trace.root("receive a frame", station="CP1"):
        pass
    exporting.stop()
    assert not trace.sampled()
    assert set(collector.received) == {"/v1/traces", "/v1/metrics"}
    assert b"receive a frame" in collector.received["/v1/traces"]
    assert b"voltbus.telemetry_test" in collector.received["/v1/metrics"]
    assert all(b"probe" in body for body in collector.received.values())


def test_a_collector_that_is_away_does_not_keep_the_process() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        exporting = telemetry.start("probe", f"http://127.0.0.1:{nobody.getsockname()[1]}", 1.0)
        with trace.root("receive a frame"):
            pass
        begun = time.monotonic()
        exporting.stop()
    assert time.monotonic() - begun < 10
