"""The service as a process runs it: start, serve, stop."""

import asyncio
import socket
import time
from contextlib import suppress

import httpx
import pytest

from libs.bus.embedded import NatsServer
from libs.runtime.configuration import ConfigError
from libs.runtime.life import Life
from services.api.__main__ import NAME, Config, serve
from services.api.server import listen
from tests.services.api.peer import Peer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def config(nats: NatsServer, database: str) -> Config:
    return Config(nats_url=nats.url, postgres_dsn=database, http_port=free_port(), open_api=True)


async def test_it_serves_until_it_is_told_to_stop(config: Config, peer: Peer, tenant: str) -> None:
    """A reader of events and a request under way do not hold it up."""
    life = Life(NAME)
    serving = asyncio.create_task(serve(config, life))
    await asyncio.wait_for(life.until_ready(), 20)
    assert life.missing() == []
    peer.add(tenant, "CP-1")
    url = f"http://127.0.0.1:{config.http_port}/api/v1"
    async with httpx.AsyncClient() as client, client.stream("GET", f"{url}/events") as stream:
        answer = await client.get(f"{url}/stations?tenant={tenant}")
        assert [item["id"] for item in answer.json()["items"]] == ["CP-1"]
        peer.slow = asyncio.Event()
        slow = asyncio.create_task(client.post(f"{url}/stations/CP-1/reset"))
        while not any(type(ask).__name__ == "ResetStation" for ask in peer.asked):
            await asyncio.sleep(0.01)
        began = time.monotonic()
        life.stop()
        asyncio.get_running_loop().call_later(0.2, peer.slow.set)
        assert (await slow).json()["status"] == "answered"
        await asyncio.wait_for(serving, 5)
        assert time.monotonic() - began < 4
        async with asyncio.timeout(5):
            with suppress(httpx.RemoteProtocolError):
                assert [line async for line in stream.aiter_lines() if line.startswith("id")] == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", config.http_port)) != 0


async def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"127.0.0.1:{port} .*VOLTBUS_HTTP_PORT"):
            listen("127.0.0.1", port)
