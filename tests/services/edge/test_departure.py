"""A rolling update: stations are sent away, and no answer is lost."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from libs.bus import Bus, Offline, Unavailable
from services.edge.edge import Edge, Place, running
from services.edge.limits import Limits
from tests.services.edge.conftest import QUICK, Connect
from tests.services.edge.platform import Platform, waits
from tests.services.edge.wire import Wire, request

RESTART = (1012, "the edge restarts; connect again")


class Leaving:
    """An edge that is told to stop."""

    def __init__(self, stack: AsyncExitStack, edge: Edge) -> None:
        self.stack = stack
        self.edge = edge

    @classmethod
    async def of(cls, nats: Any, **limits: Any) -> "Leaving":
        stack = AsyncExitStack()
        bus = await stack.enter_async_context(Bus.open(nats.url, name="edge"))
        limit = Limits(**{**QUICK, **limits})
        edge = await stack.enter_async_context(running(bus, Place(host="127.0.0.1", port=0), limit))
        return cls(stack, edge)

    def stop(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self.stack.aclose())


async def test_all_sockets_are_closed_with_1012_and_the_lease_is_returned(
    nats: Any, platform: Platform, connect: Connect
) -> None:
    leaving = await Leaving.of(nats)
    wires = [await connect(leaving.edge, f"CP{number}") for number in range(20)]
    stopping = leaving.stop()
    closed = await asyncio.gather(*(wire.closing() for wire in wires))
    assert {(frame.code, frame.reason) for frame in closed} == {RESTART}
    await stopping
    assert platform.alive[-1].leaving
    assert platform.alive[-1].connections == 0
    await platform.until(lambda: len(platform.disconnected) == 20)


async def test_an_answer_under_way_is_given_before_the_socket_closes(
    nats: Any, platform: Platform, connect: Connect
) -> None:
    gate = asyncio.Event()
    platform.handlers["DataTransfer"] = waits(gate, {"status": "Accepted"})
    leaving = await Leaving.of(nats, finish_seconds=10)
    wire = await connect(leaving.edge)
    wire.start("DataTransfer", {"vendorId": "committed"})
    await platform.until(lambda: platform.calls)
    stopping = leaving.stop()
    await asyncio.sleep(0.1)
    wire.start("DataTransfer", {"vendorId": "too late"})
    gate.set()
    assert await wire.message() == [3, "m1", {"status": "Accepted"}]
    assert (await wire.closing()).code == 1012
    await stopping
    assert len(platform.calls) == 1


async def test_a_call_down_under_way_is_finished_too(
    nats: Any, platform: Platform, connect: Connect, bus: Bus
) -> None:
    leaving = await Leaving.of(nats, finish_seconds=10)
    wire = await connect(leaving.edge)
    await platform.until(lambda: platform.connected)
    asked = asyncio.create_task(bus.call_raw("default", "CP1", "v16", "ClearCache", b"{}"))
    _, number, *_ = await wire.message()
    stopping = leaving.stop()
    await asyncio.sleep(0.1)
    with pytest.raises(Unavailable):
        await bus.call_raw("default", "CP1", "v16", "ClearCache", b"{}")
    wire.text(f'[3,"{number}",{{"status":"Accepted"}}]')
    assert await asked == b'{"status":"Accepted"}'
    assert (await wire.closing()).code == 1012
    await stopping


async def test_what_does_not_finish_in_time_is_given_up(
    nats: Any, platform: Platform, connect: Connect, bus: Bus
) -> None:
    platform.handlers["DataTransfer"] = waits(asyncio.Event(), {})
    leaving = await Leaving.of(nats, finish_seconds=0.2)
    wire = await connect(leaving.edge)
    wire.start("DataTransfer", {"vendorId": "stuck"})
    await platform.until(lambda: platform.calls)
    asked = asyncio.create_task(bus.call_raw("default", "CP1", "v16", "ClearCache", b"{}"))
    await wire.message()
    stopping = leaving.stop()
    assert (await wire.closing()).code == 1012
    await stopping
    try:
        await asked
    except Offline:
        pass
    else:
        raise AssertionError("the caller was not told")


async def test_who_connects_meanwhile_is_sent_elsewhere(
    nats: Any, platform: Platform, connect: Connect
) -> None:
    await platform.stop("stations")
    leaving = await Leaving.of(nats)
    wire = await Wire.connect(leaving.edge.port)
    answering = asyncio.create_task(wire.handshake(request("/CP1")))
    await asyncio.sleep(0.1)
    stopping = leaving.stop()
    answer = await answering
    assert (answer.status, answer.body) == (503, "this edge is going down\n")
    assert 5 <= int(answer.headers["retry-after"]) <= 15
    await wire.gone()
    await platform.start("stations")
    await stopping


async def test_sockets_leave_one_after_the_other(
    nats: Any, platform: Platform, connect: Connect
) -> None:
    leaving = await Leaving.of(nats, closes_per_second_min=20, drain_seconds=1)
    wires = [await connect(leaving.edge, f"CP{number}") for number in range(10)]
    clock = asyncio.get_running_loop().time
    times: list[float] = []

    async def watch(wire: Wire) -> None:
        await wire.closing()
        times.append(clock())

    stopping = leaving.stop()
    await asyncio.gather(*(watch(wire) for wire in wires))
    await stopping
    assert 0.3 < max(times) - min(times) < 5
