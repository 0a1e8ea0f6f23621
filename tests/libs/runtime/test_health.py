import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from libs.runtime import health, metrics
from libs.runtime.health import HealthServer
from libs.runtime.life import Life


@pytest.fixture
def life() -> Life:
    return Life("edge")


@pytest.fixture
async def server(life: Life) -> AsyncIterator[HealthServer]:
    server = HealthServer([life, ready("stations")], port=0)
    await server.start()
    yield server
    await server.stop()


def ready(name: str) -> Life:
    life = Life(name)
    life.ready()
    return life


async def ask(server: HealthServer, path: str) -> tuple[int, str]:
    return await asyncio.to_thread(health.ask, server.port, path)


async def raw(server: HealthServer, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


async def test_a_process_that_answers_is_alive(server: HealthServer) -> None:
    status, body = await ask(server, "/healthz")
    assert status == 200
    assert json.loads(body)["status"] == "alive"


async def test_a_process_is_ready_when_all_its_services_are(
    server: HealthServer, life: Life
) -> None:
    assert await ask(server, "/readyz") == (
        503,
        '{"status": "not ready", "missing": {"edge": ["starting"], "stations": []}}',
    )
    life.ready()
    assert (await ask(server, "/readyz"))[0] == 200
    assert await asyncio.to_thread(health.check, server.port)


async def test_a_service_without_its_bus_is_not_ready(server: HealthServer, life: Life) -> None:
    connected = False
    life.ready()
    life.check("nats", lambda: connected)
    status, body = await ask(server, "/readyz")
    assert (status, json.loads(body)["missing"]["edge"]) == (503, ["nats"])
    connected = True
    assert (await ask(server, "/readyz"))[0] == 200


async def test_a_service_that_stops_gets_no_more_work(server: HealthServer, life: Life) -> None:
    life.ready()
    life.stop()
    assert (await ask(server, "/readyz"))[0] == 503
    assert not await asyncio.to_thread(health.check, server.port)


async def test_metrics_are_there_for_prometheus(server: HealthServer) -> None:
    metrics.counter("health_test", "of this test").value = 42
    status, body = await ask(server, "/metrics")
    assert status == 200
    assert "\nvoltbus_health_test_total 42\n" in body


async def test_other_paths_and_methods_are_refused(server: HealthServer) -> None:
    assert (await ask(server, "/"))[0] == 404
    assert (await raw(server, b"POST /healthz HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 405 ")


async def test_head_has_no_body(server: HealthServer) -> None:
    answer = await raw(server, b"HEAD /healthz HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n")


async def test_a_request_that_never_ends_is_dropped(server: HealthServer) -> None:
    assert await raw(server, b"GET /" + b"x" * 100_000) == b""


async def test_where_nobody_listens_nothing_is_healthy(server: HealthServer) -> None:
    await server.stop()
    assert not await asyncio.to_thread(health.check, server.port)


def test_asking_for_health_is_cheap() -> None:
    """A container asks every few seconds: not with the whole platform in its hands."""
    program = "import sys, libs.runtime.health; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    assert {"nats", "asyncpg", "opentelemetry", "litestar"} & set(loaded) == set()
