"""What the platform asks of stations: once from several instances, and kept through outages."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from picows import WSMsgType, WSTransport

from tests import bare
from tests.system import System, eventually

TALKATIVE, MUTE = 250, 50
OPERATOR_SECONDS_MAX = 5
PART = {"generatedAt": "2026-11-22T12:00:00Z", "seqNo": 0, "tbc": False}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    folder = tmp_path_factory.mktemp("devices")
    async with System(folder, durable=True, instances=2, INVENTORY_AFTER_BOOT=True) as running:
        yield running


class Slow(bare.Socket):
    """Answers the CSMS when it is told to."""

    def on_text(self, transport: WSTransport, data: bytes) -> None:
        if not data.startswith(b"[2,"):
            super().on_text(transport, data)
            return
        _, self.number, action, payload = json.loads(data)
        self.calls.append((action, payload))

    def answer(self) -> None:
        assert self.transport is not None
        self.transport.send(WSMsgType.TEXT, f'[3,"{self.number}",{{"status":"Accepted"}}]'.encode())


async def come(system: System, number: int, kind: type[bare.Socket]) -> bare.Socket:
    url = system.ocpp_urls[number % 2]
    socket = await bare.connect(url, f"INV-{kind.__name__}-{number}", kind=kind)
    await socket.ask("BootNotification", bare.BOOTS["2.0.1"])
    return socket


async def report(socket: bare.Socket) -> None:
    """One part, as soon as it is asked for."""

    async def asked() -> Any:
        return next((sent for action, sent in socket.calls if action == "GetBaseReport"), None)

    found = await eventually(asked, seconds=90)
    await socket.ask("NotifyReport", {"requestId": found["requestId"], **PART})


@pytest.mark.timeout(180)
async def test_inventories_of_a_crowd_are_asked_once_and_hold_up_no_operator(
    system: System,
) -> None:
    """Mute stations among them: they time out by themselves."""
    mute = await asyncio.gather(*(come(system, n, Slow) for n in range(MUTE)))
    crowd = await asyncio.gather(*(come(system, n, bare.Socket) for n in range(TALKATIVE)))
    reporting = asyncio.gather(*(report(socket) for socket in crowd))
    loop = asyncio.get_running_loop()
    began = loop.time()
    got = await system.post("stations/INV-Socket-7/calls/ClearCache")
    assert (got["status"], loop.time() - began < OPERATOR_SECONDS_MAX) == ("answered", True)
    await reporting
    asked = [sum(action == "GetBaseReport" for action, _ in s.calls) for s in crowd]
    assert asked == [1] * TALKATIVE
    for number in (0, TALKATIVE - 1):
        kept = await system.all(f"stations/INV-Socket-{number}/requests")
        shown = [each["progress"] for each in kept if each["action"] == "GetBaseReport"]
        assert shown == ["complete"]
    for socket in (*mute, *crowd):
        socket.close()


@pytest.mark.timeout(120)
async def test_what_a_station_answers_while_the_database_is_dead_is_kept(system: System) -> None:
    """It answers once; its request shows that, and not that nobody knows."""
    socket = await bare.connect(system.ocpp_url, "ONCE", kind=Slow)
    await socket.ask("BootNotification", bare.BOOTS["2.0.1"])

    async def heard() -> bool:
        return any(action == "GetBaseReport" for action, _ in socket.calls)

    await eventually(heard)
    async with system.without_postgres():
        assert isinstance(socket, Slow)
        socket.answer()

    async def shown() -> str:
        [kept] = await system.all("stations/ONCE/requests")
        return kept["progress"]

    await eventually(shown, lambda progress: progress == "running")
    socket.close()
