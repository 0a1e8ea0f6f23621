"""A graceful stop loses nothing that was accepted, and who is patient does not notice it."""

import asyncio

import pytest

from libs.bus import Bus, Router, Unavailable
from libs.bus.embedded import NatsServer
from tests.libs.bus.messages import Add, Stock, Sum, Waved, until


def adder(seconds=0.002):
    router = Router("sums", in_flight_max=20)

    @router.answers(Add)
    async def add(app, ask):
        await asyncio.sleep(seconds)
        return Sum(ask.a)

    return router


async def load(peer, tenant, ask, stopping):
    """Callers that ask without a pause until they are told to stop; the answers."""
    answers = []

    async def caller(number):
        while not stopping.is_set():
            answers.append((await ask(peer, Add(tenant=tenant, a=number, b=0))).total == number)

    await asyncio.gather(*(caller(number) for number in range(50)))
    return answers


async def test_a_restart_of_one_of_two_instances_fails_no_request(nats, peer, tenant):
    stopping = asyncio.Event()
    async with Bus.open(nats.url, name="one") as one, Bus.open(nats.url, name="two") as two:
        router = adder()
        first, second = await one.serve(router, None), await two.serve(router, None)
        asking = asyncio.ensure_future(
            load(peer, tenant, lambda bus, request: bus.ask(request), stopping)
        )
        for _ in range(5):
            await first.stop()
            first = await one.serve(router, None)
            await second.stop()
            second = await two.serve(router, None)
        stopping.set()
        assert all(await asking)
        assert len(asking.result()) > 100


async def test_a_restart_of_the_only_instance_is_invisible_to_the_patient(nats, peer, tenant):
    stopping = asyncio.Event()

    def ask(bus, request):
        return bus.ask_patiently(request, patience=10)

    asking = asyncio.ensure_future(load(peer, tenant, ask, stopping))
    for _ in range(5):
        async with Bus.open(nats.url, name="one") as one:
            serving = await one.serve(adder(), None)
            answered = serving.identity.endpoints[0].requests
            await until(lambda: serving.identity.endpoints[0].requests > answered + 20)  # noqa: B023
    async with Bus.open(nats.url, name="last") as last:
        await last.serve(adder(), None)
        stopping.set()
        assert all(await asking)


async def test_what_was_accepted_is_answered_before_stop_returns(bus, peer, tenant):
    release = asyncio.Event()
    router = Router("sums", in_flight_max=2)

    @router.answers(Add)
    async def add(app, ask):
        await release.wait()
        return Sum(ask.a)

    serving = await bus.serve(router, None)
    asked = [asyncio.ensure_future(peer.ask(Add(tenant=tenant, a=n, b=0))) for n in range(30)]
    await until(lambda: serving.dispatcher.waiting == 28)
    stop = asyncio.ensure_future(serving.stop())
    await bus.barrier()
    assert not stop.done()
    release.set()
    await stop
    assert [answer.total for answer in await asyncio.gather(*asked)] == list(range(30))


async def test_closing_sends_what_is_pending(nats, bus, tenant):
    heard = []
    router = Router("waves")

    @router.hears(Waved)
    async def wave(app, notice):
        heard.append(notice.station)

    await bus.serve(router, None)
    async with Bus.open(nats.url, name="brief") as brief:
        for n in range(1000):
            brief.tell(Waved(tenant=tenant, station=str(n)))
    await until(lambda: len(heard) == 1000)
    assert heard == [str(n) for n in range(1000)]


async def test_a_handler_that_never_ends_does_not_hold_up_the_end_for_ever(bus, peer, tenant):
    router = Router("sums")
    started = asyncio.Event()

    @router.answers(Stock)
    async def stock(app, ask):
        started.set()
        await asyncio.Event().wait()
        return []

    serving = await bus.serve(router, None)
    asked = asyncio.ensure_future(peer.ask(Stock(tenant=tenant), timeout=60))
    await started.wait()
    await serving.stop(timeout=0.2)
    with pytest.raises(Unavailable):
        await asked


async def test_a_bus_closes_while_nats_is_away(own_nats: NatsServer):
    async with asyncio.timeout(10):
        async with Bus.open(own_nats.url, name="orphan") as bus:
            await bus.serve(adder(), None)
            await own_nats.kill()
            await until(lambda: not bus.connected)
    assert not bus.connected
