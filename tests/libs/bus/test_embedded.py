"""The nats-server of ``voltbus run``: loopback only, keeps its data, dies with its parent."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from libs.bus import Bus
from libs.bus.embedded import NatsNotStarted, NatsServer
from tests.libs.bus.messages import announce, painted, until

ROOT = Path(__file__).parents[3]

PARENT = """
import asyncio, sys
from pathlib import Path
from libs.bus.embedded import NatsServer

async def main():
    server = NatsServer(Path(sys.argv[1]))
    await server.start()
    print(server.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_it_listens_on_loopback_only(own_nats: NatsServer):
    connections = psutil.Process(own_nats.pid).net_connections("tcp")
    listening = {c.laddr for c in connections if c.status == psutil.CONN_LISTEN}
    assert {(address.ip, address.port) for address in listening} == {("127.0.0.1", own_nats.port)}


async def test_a_second_start_finds_yesterdays_data_on_the_same_port(own_nats: NatsServer):
    port = own_nats.port
    async with Bus.open(own_nats.url, name="one") as bus:
        await bus.ensure_streams()
        await announce(bus, painted("t"))
    await own_nats.stop()
    await own_nats.start()
    assert own_nats.port == port
    async with Bus.open(own_nats.url, name="one") as bus:
        assert (await bus._streams.info("EVENTS")).messages == 1


async def test_it_dies_with_its_parent_however_that_ends(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "nats")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    pid = int(await asyncio.to_thread(parent.stdout.readline))
    assert psutil.pid_exists(pid)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    await until(
        lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    )


async def test_a_port_that_is_taken_is_told_with_the_servers_words(own_nats, tmp_path):
    other = NatsServer(tmp_path / "other", port=own_nats.port)
    with pytest.raises(NatsNotStarted, match="address already in use"):
        await other.start()


async def test_stopping_twice_is_stopping(tmp_path):
    server = NatsServer(tmp_path / "nats")
    await server.start()
    await server.stop()
    await server.stop()
    assert server.pid is None
