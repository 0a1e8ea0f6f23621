import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from libs.runtime import health
from libs.runtime.life import Life
from libs.runtime.service import live

PROGRAM = """
import asyncio, sys
from msgspec import Struct
from libs.runtime import ConfigError, Life, run

class Config(Struct, frozen=True, kw_only=True):
    nats_url: str
    health_port: int = 0
    mode: str = "serve"

async def serve(config: Config, life: Life) -> None:
    if config.mode == "fail":
        raise ValueError("no such stream")
    if config.mode == "misconfigured":
        async with asyncio.TaskGroup():
            raise ConfigError(["Cannot listen on there:1 (taken); set VOLTBUS_IT."])
    if config.mode == "both":
        raise ExceptionGroup("two", [ConfigError(["a"]), ValueError("b")])
    if config.mode == "exit":
        sys.exit(7)
    if config.mode == "end":
        return
    if config.mode == "starting":
        print("starting", flush=True)
        await asyncio.sleep(60)
    life.ready()
    print("ready", type(asyncio.get_running_loop()).__module__, flush=True)
    await life.stopping.wait()
    print("draining", flush=True)
    if config.mode == "slow":
        await asyncio.sleep(60)
    print("drained", flush=True)

run("probe", Config, serve)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@asynccontextmanager
async def process(**variables: str) -> AsyncIterator[asyncio.subprocess.Process]:
    settings = {"VOLTBUS_NATS_URL": "nats://x", **variables}
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def said(started: asyncio.subprocess.Process) -> str:
    assert started.stdout is not None
    return (await asyncio.wait_for(started.stdout.readline(), 20)).decode().strip()


async def events(started: asyncio.subprocess.Process) -> list[dict[str, Any]]:
    _, err = await asyncio.wait_for(started.communicate(), 20)
    return [json.loads(line) for line in err.decode().splitlines()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_service_that_is_told_to_stop_finishes_its_work(number: signal.Signals) -> None:
    async with process() as started:
        assert await said(started) == "ready uvloop"
        started.send_signal(number)
        assert await said(started) == "draining"
        assert await said(started) == "drained"
        logged = [line["event"] for line in await events(started)]
        assert logged == ["service is ready", "told to stop", "service has stopped"]
        assert started.returncode == 0


async def test_a_second_signal_ends_it_at_once() -> None:
    async with process(VOLTBUS_MODE="slow") as started:
        await said(started)
        started.terminate()
        assert await said(started) == "draining"
        started.terminate()
        assert await asyncio.wait_for(started.wait(), 10) == 130


async def test_a_service_that_still_starts_is_not_waited_for() -> None:
    async with process(VOLTBUS_MODE="starting") as started:
        assert await said(started) == "starting"
        started.terminate()
        assert await asyncio.wait_for(started.wait(), 10) == 0


async def test_a_failure_is_logged_and_seen_in_the_exit_code() -> None:
    async with process(VOLTBUS_MODE="fail") as started:
        (line,) = await events(started)
        assert line["event"] == "service failed"
        assert line["traceback"].endswith("ValueError: no such stream")
        assert started.returncode == 1


async def test_a_service_may_choose_its_exit_code() -> None:
    async with process(VOLTBUS_MODE="exit") as started:
        assert await asyncio.wait_for(started.wait(), 20) == 7


async def test_a_service_that_ends_by_itself_has_succeeded() -> None:
    async with process(VOLTBUS_MODE="end") as started:
        assert await asyncio.wait_for(started.wait(), 20) == 0


async def test_a_wrong_configuration_is_told_in_sentences() -> None:
    async with process(VOLTBUS_NATS_URL="", VOLTBUS_LOG_LEVEL="info") as started:
        _, err = await started.communicate()
        assert err.decode() == (
            "voltbus probe cannot start:\nVOLTBUS_NATS_URL is not set; set it to a text, "
            "for example VOLTBUS_NATS_URL=nats://127.0.0.1:4222.\n"
        )
        assert started.returncode == 2


async def test_what_only_the_start_finds_out_to_be_misconfigured_is_a_sentence_too() -> None:
    async with process(VOLTBUS_MODE="misconfigured") as started:
        _, err = await started.communicate()
        assert err.decode() == (
            "voltbus probe cannot start:\nCannot listen on there:1 (taken); set VOLTBUS_IT.\n"
        )
        assert started.returncode == 2


async def test_beside_a_fault_of_ours_a_sentence_hides_nothing() -> None:
    async with process(VOLTBUS_MODE="both") as started:
        (line,) = await events(started)
        assert line["event"] == "service failed"
        assert "ValueError: b" in line["traceback"]
        assert started.returncode == 1


async def test_a_health_port_that_is_taken_is_named_with_its_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with process(VOLTBUS_HEALTH_PORT=str(port)) as started:
            _, err = await started.communicate()
    assert err.decode() == (
        f"voltbus probe cannot start:\nCannot listen on 127.0.0.1:{port} (Address already in use); "
        "set VOLTBUS_HEALTH_PORT to a free port.\n"
    )


async def test_its_health_can_be_asked() -> None:
    port = free_port()
    async with process(VOLTBUS_HEALTH_PORT=str(port)) as started:
        await said(started)
        assert await asyncio.to_thread(health.ask, port) == (
            200,
            '{"status": "ready", "missing": {"probe": []}}',
        )
        _, body = await asyncio.to_thread(health.ask, port, "/metrics")
        assert "voltbus_process_resident_memory_bytes" in body
        started.terminate()
        await started.wait()


async def test_the_failure_of_a_service_reaches_who_awaits_it() -> None:
    async def serve() -> None:
        raise ValueError("no such stream")

    with pytest.raises(ValueError, match="no such stream"):
        await live(Life("probe"), serve())


async def test_who_awaits_a_service_and_is_cancelled_takes_it_along() -> None:
    gone = asyncio.Event()

    async def serve() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            gone.set()

    task = asyncio.create_task(live(Life("probe"), serve()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(gone.wait(), 5)
