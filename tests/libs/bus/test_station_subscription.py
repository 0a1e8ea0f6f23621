"""What an edge holds per connected station is small, and gone when the station is."""

import asyncio
import gc
import select
import tracemalloc

import pytest

from libs.bus import Address, Offline
from libs.ocpp import v16

STATIONS = 5_000
BYTES_MAX = 1_000


def accept(version, action, down, reply):
    reply.result(b'{"status":"Accepted"}')


async def test_five_thousand_subscriptions_are_cheap_and_all_work(bus, peer, tenant):
    tasks = len(asyncio.all_tasks())
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    held = [bus.serve_station(tenant, f"CP{n}", accept) for n in range(STATIONS)]
    await bus.barrier()
    gc.collect()
    each = (tracemalloc.get_traced_memory()[0] - before) / STATIONS
    tracemalloc.stop()
    print(f"{each:.0f} bytes for each of {STATIONS} subscriptions")
    assert each < BYTES_MAX
    assert len(asyncio.all_tasks()) == tasks

    async def reset(n):
        answer = await peer.call(Address(tenant, f"CP{n}"), v16.Reset(type="Soft"))
        return answer.status

    answers = await asyncio.gather(*(reset(n) for n in range(0, STATIONS, 10)))
    assert set(answers) == {"Accepted"}
    for subscription in held:
        subscription.unsubscribe()


async def test_unsubscribing_frees_all_and_the_station_is_offline(bus, peer, tenant):
    known = len(bus._wire._subs)
    held = [bus.serve_station(tenant, f"CP{n}", accept) for n in range(1000)]
    await bus.barrier()
    for subscription in held:
        subscription.unsubscribe()
        subscription.unsubscribe()
    await bus.barrier()
    assert len(bus._wire._subs) == known
    assert bus._wire._left == {}
    with pytest.raises(Offline):
        await peer.call(Address(tenant, "CP5"), v16.Reset(type="Soft"))
    del subscription, held
    gc.collect()
    kept = [o for o in gc.get_objects() if type(o).__name__ == "StationSubscription"]
    assert [o for o in kept if tenant in o.subject] == []


async def test_a_call_that_is_on_its_way_to_a_station_that_has_gone_is_told_so(bus, peer, tenant):
    """It was routed before the server knew: without an answer it would wait for its time-out."""
    subscription = bus.serve_station(tenant, "CP1", accept)
    await bus.barrier()
    wire = bus._wire._stream.transport.get_extra_info("socket")
    calling = asyncio.create_task(peer.call(Address(tenant, "CP1"), v16.Reset(type="Soft"), 30))
    for _ in range(3):
        await asyncio.sleep(0)  # the call is written; nothing is read in between
    readable, _, _ = select.select([wire.fileno()], [], [], 10)
    assert readable
    subscription.close()
    with pytest.raises(Offline, match="socket closed"):
        await asyncio.wait_for(calling, 5)
    with pytest.raises(Offline, match="not connected"):
        await peer.call(Address(tenant, "CP1"), v16.Reset(type="Soft"))


async def test_a_reconnect_cycle_of_one_station_leaves_nothing_behind(bus, peer, tenant):
    known = len(bus._wire._subs)
    for _ in range(200):
        subscription = bus.serve_station(tenant, "CP1", accept)
        subscription.unsubscribe()
    last = bus.serve_station(tenant, "CP1", accept)
    await bus.barrier()
    answer = await peer.call(Address(tenant, "CP1"), v16.Reset(type="Soft"))
    assert answer.status == "Accepted"
    assert len(bus._wire._subs) == known + 1
    last.unsubscribe()


async def test_a_broken_answerer_does_not_end_the_connection(bus, peer, tenant, caplog):
    def broken(version, action, down, reply):
        raise RuntimeError("edge")

    bus.serve_station(tenant, "CP1", broken)
    bus.serve_station(tenant, "CP2", accept)
    await bus.barrier()
    lost = asyncio.ensure_future(
        peer.call(Address(tenant, "CP1"), v16.Reset(type="Soft"), timeout=60)
    )
    answer = await peer.call(Address(tenant, "CP2"), v16.Reset(type="Soft"))
    assert answer.status == "Accepted"
    assert "was not understood" in caplog.text
    lost.cancel()
