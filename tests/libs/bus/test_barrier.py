"""``flush`` of nats-py may overtake the subscription it waits for; ``barrier`` must not."""

import asyncio

import pytest

from libs.bus import Bus, NoOwner, Router, TimedOut
from libs.bus.embedded import NatsServer
from tests.libs.bus.messages import Add, Sum, Waved, until

LOOPS = 300


async def test_after_serve_the_very_next_request_of_another_connection_is_answered(bus, peer):
    router = Router("sums")

    @router.answers(Add)
    async def add(app, ask):
        return Sum(ask.a + ask.b)

    for n in range(LOOPS):
        serving = await bus.serve(router, None)
        assert await peer.ask(Add(tenant="t", a=n, b=1)) == Sum(n + 1)
        await serving.stop()
        with pytest.raises(NoOwner):
            await peer.ask(Add(tenant="t", a=n, b=1))


async def test_what_was_published_before_a_barrier_was_heard_after_the_hearers(bus, peer, tenant):
    heard = []
    router = Router("waves")

    @router.hears(Waved)
    async def wave(app, notice):
        heard.append(notice.station)

    await bus.serve(router, None)
    for n in range(LOOPS):
        peer.tell(Waved(tenant=tenant, station=str(n)))
        await peer.barrier()
        await bus.barrier()
    await until(lambda: len(heard) == LOOPS)
    assert heard == [str(n) for n in range(LOOPS)]


async def test_barriers_at_the_same_time_each_get_their_own_answer(bus):
    async with asyncio.timeout(10):
        answers = await asyncio.gather(*(bus.barrier() for _ in range(100)))
    assert len(answers) == 100
    assert bus.connected


async def test_a_barrier_that_was_given_up_does_not_end_the_connection(bus):
    """In nats-py the pong of a cancelled flush stops the read loop."""
    for _ in range(20):
        task = asyncio.ensure_future(bus.barrier())
        await asyncio.sleep(0)
        task.cancel()
    await bus.barrier()
    assert bus.connected


async def test_a_barrier_without_a_server_times_out(own_nats: NatsServer):
    async with Bus.open(own_nats.url, name="test") as bus:
        await own_nats.kill()
        with pytest.raises(TimedOut):
            await bus.barrier(timeout=0.2)
