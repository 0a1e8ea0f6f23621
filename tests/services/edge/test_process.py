"""The edge as a process among others: a bus that goes away, a shared port, its own restart."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from libs.bus import Bus
from libs.bus.embedded import NatsServer
from services.edge.edge import Place, running
from services.edge.limits import Limits
from tests.services.edge.conftest import QUICK
from tests.services.edge.platform import Platform
from tests.services.edge.wire import Wire, request
from tests.system import free_port

ROOT = Path(__file__).parents[3]


async def test_a_bus_that_restarts_is_not_noticed_by_a_station(tmp_path: Path) -> None:
    """Heartbeats are answered, a CALL is held, and calls down work again."""
    server = NatsServer(tmp_path, port=free_port())
    await server.start()
    limits = Limits(**QUICK)
    async with (
        Bus.open(server.url, name="test") as bus,
        Platform(bus) as platform,
        Bus.open(server.url, name="edge") as own,
        running(own, Place(host="127.0.0.1", port=0), limits) as edge,
    ):
        wire = await Wire.open(edge.port)
        await server.stop()
        while own.connected:
            await asyncio.sleep(0.01)
        assert (await wire.call("Heartbeat"))[0] == 3
        wire.start("DataTransfer", {"vendorId": "held"})
        await wire.silent()
        await server.start()
        assert (await wire.message())[:2] == [3, "m2"]
        asked = asyncio.create_task(bus.call_raw("default", "CP1", "v16", "ClearCache", b"{}"))
        _, number, *_ = await wire.message()
        wire.text(f'[3,"{number}",{{"status":"Accepted"}}]')
        await asked
        assert len(platform.calls) == 1
        wire.cut()
    await server.stop()


async def test_edges_of_one_machine_share_a_port(nats: Any, platform: Platform) -> None:
    port = free_port()
    place = Place(host="127.0.0.1", port=port, reuse_port=True)
    limits = Limits(**QUICK)
    async with (
        Bus.open(nats.url, name="edge") as bus,
        running(bus, place, limits) as one,
        running(bus, place, limits) as two,
    ):
        wires = [await Wire.open(port, f"/CP{number}") for number in range(30)]
        counts = len(one.app.roster), len(two.app.roster)
        assert sum(counts) == 30
        assert min(counts) > 0
        for wire in wires:
            wire.cut()


async def test_a_process_serves_leaves_in_order_and_starts_again_on_its_port(
    nats: Any, platform: Platform
) -> None:
    port, health = free_port(), free_port()
    environment = {
        **os.environ,
        "VOLTBUS_NATS_URL": nats.url,
        "VOLTBUS_OCPP_PORT": str(port),
        "VOLTBUS_HEALTH_PORT": str(health),
    }
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-m", "services.edge"],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
        )
        try:
            await listening(port)
            wire = await Wire.open(port)
            assert (await wire.call("DataTransfer", {"vendorId": "me"}))[0] == 3
            process.send_signal(signal.SIGTERM)
            assert (await wire.closing()).code == 1012
            _, errors = await asyncio.to_thread(process.communicate, timeout=20)
        finally:
            process.kill()
        assert process.returncode == 0, errors
        assert b"Traceback" not in errors, errors.decode()
    await platform.until(lambda: platform.alive[-1].leaving)


async def listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            await asyncio.sleep(0.05)


async def test_a_flapping_station_costs_its_neighbours_nothing(
    nats: Any, platform: Platform
) -> None:
    """As a device that reconnects every 20 ms does; the long version is in tests/chaos."""
    limits = Limits(**QUICK)
    async with (
        Bus.open(nats.url, name="edge") as bus,
        running(bus, Place(host="127.0.0.1", port=0), limits) as edge,
    ):
        neighbour = await Wire.open(edge.port, "/NEIGHBOUR")
        statuses: list[int] = []
        delays: list[float] = []
        clock = asyncio.get_running_loop().time
        for _ in range(100):
            wire = await Wire.connect(edge.port)
            statuses.append((await wire.handshake(request("/FLAPPER"))).status)
            wire.cut()
            began = clock()
            assert (await neighbour.call("DataTransfer", {"vendorId": "me"}))[0] == 3
            delays.append(clock() - began)
        assert statuses[:30] == [101] * 30
        assert set(statuses[30:]) <= {429, 101}
        assert statuses.count(429) > 60
        assert len([admit for admit in platform.admits if admit.station == "FLAPPER"]) < 40
        assert sorted(delays)[90] < 0.1
        neighbour.cut()
