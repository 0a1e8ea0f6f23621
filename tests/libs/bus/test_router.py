"""Registration, bounded dispatch, hearing and sharing."""

import asyncio
from datetime import UTC, datetime

import pytest

from libs.bus import Address, AlreadyRegistered, Router, Unavailable
from libs.bus.dispatch import Dispatcher
from libs.ocpp import v16, v201
from tests.libs.bus.messages import Add, Painted, Sum, Waved, announce, painted, until
from tests.services.service import up


async def nothing(*_):
    """A handler."""


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("on", v16.Heartbeat),
        ("quarantines", v16.Heartbeat),
        ("answers", Add),
        ("follows", Painted),
        ("hears", Waved),
        ("shares", Waved),
    ],
)
def test_a_second_handler_for_the_same_thing_is_found_at_import(method, kind):
    router = Router("walls")
    getattr(router, method)(kind)(nothing)
    with pytest.raises(AlreadyRegistered):
        getattr(router, method)(kind)(nothing)


def test_a_decorated_handler_stays_what_it_is():
    assert Router("walls").on(v16.Heartbeat, v201.Heartbeat)(nothing) is nothing


def test_the_router_knows_which_calls_it_answers():
    router = Router("walls")
    router.on(v16.Heartbeat, v201.Heartbeat)(nothing)
    assert [(kind.version, kind.action) for kind in router.calls] == [
        ("v16", "Heartbeat"),
        ("v201", "Heartbeat"),
    ]


async def test_no_more_handlers_run_at_a_time_than_allowed_and_none_is_lost(bus, peer, tenant):
    running, most, order = 0, 0, []
    router = Router("sums", in_flight_max=5)

    @router.answers(Add)
    async def add(app, ask):
        nonlocal running, most
        order.append(ask.a)
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return Sum(ask.a)

    await bus.serve(router, None)
    answers = await asyncio.gather(*(peer.ask(Add(tenant=tenant, a=n, b=0)) for n in range(200)))
    assert [answer.total for answer in answers] == list(range(200))
    assert most == 5
    assert order == list(range(200))


async def test_what_is_too_much_is_refused_as_a_passing_fault(bus, peer, tenant):
    release = asyncio.Event()
    router = Router("sums", in_flight_max=1, waiting_max=2)

    @router.answers(Add)
    async def add(app, ask):
        await release.wait()
        return Sum(ask.a)

    serving = await bus.serve(router, None)
    asked = [asyncio.ensure_future(peer.ask(Add(tenant=tenant, a=n, b=0))) for n in range(3)]
    await until(lambda: serving.dispatcher.waiting == 2)
    with pytest.raises(Unavailable):
        await peer.ask(Add(tenant=tenant, a=3, b=0))
    release.set()
    assert [answer.total for answer in await asyncio.gather(*asked)] == [0, 1, 2]


async def test_what_stations_say_does_not_wait_for_what_others_ask(bus, peer, tenant):
    """Those who ask may wait minutes for a silent station, and fleets of them are asked at once."""
    release = asyncio.Event()
    router = Router("sums", in_flight_max=1)

    @router.answers(Add)
    async def add(app, ask):
        await release.wait()
        return Sum(ask.a)

    @router.on(v201.Heartbeat)
    async def heartbeat(app, station, call):
        return v201.HeartbeatResponse(current_time=datetime(2026, 1, 1, tzinfo=UTC))

    serving = await bus.serve(router, None)
    asked = [asyncio.ensure_future(peer.ask(Add(tenant=tenant, a=n, b=0))) for n in range(3)]
    await until(lambda: serving.dispatcher.waiting == 2)
    await up(peer, Address(tenant, "CP1"), v201.Heartbeat())
    release.set()
    assert [answer.total for answer in await asyncio.gather(*asked)] == [0, 1, 2]


async def test_each_instance_hears_and_one_shares(bus, peer, tenant):
    heard, shared = [], []
    router = Router("waves")

    @router.hears(Waved)
    async def hear(app, notice):
        heard.append((app, notice.station))

    @router.shares(Waved)
    async def share(app, notice):
        shared.append(notice.station)

    await bus.serve(router, "one")
    await peer.serve(router, "two")
    stations = [str(n) for n in range(50)]
    for station in stations:
        peer.tell(Waved(tenant=tenant, station=station))
    await until(lambda: len(heard) == 100 and len(shared) == 50)
    assert sorted(heard) == sorted((app, station) for app in ("one", "two") for station in stations)
    assert sorted(shared) == sorted(stations)


async def test_an_event_can_be_heard_when_it_is_announced(bus, peer, tenant):
    heard = []
    router = Router("walls")

    @router.hears(Painted)
    async def hear(app, event):
        heard.append(event)

    await bus.serve(router, None)
    await announce(peer, painted(tenant))
    await until(lambda: heard)
    assert heard == [painted(tenant)]


async def test_a_broken_listener_hears_the_next_notice(bus, peer, tenant, caplog):
    heard = []
    router = Router("waves")

    @router.hears(Waved)
    async def hear(app, notice):
        heard.append(notice.station)
        if notice.station == "bad":
            raise RuntimeError("broken")

    await bus.serve(router, None)
    peer.tell(Waved(tenant=tenant, station="bad"))
    peer.tell(Waved(tenant=tenant, station="good"))
    await until(lambda: len(heard) == 2)
    assert heard == ["bad", "good"]
    assert "broken" in caplog.text


async def test_idle_waits_for_what_waits():
    done = []
    dispatcher = Dispatcher(in_flight_max=2, waiting_max=10)

    async def work(n):
        await asyncio.sleep(0)
        done.append(n)

    accepted = [dispatcher.submit(work, n) for n in range(13)]
    assert accepted == [True] * 12 + [False]
    await dispatcher.idle()
    assert sorted(done) == list(range(12))
    await dispatcher.idle()


async def test_cancelled_work_stops_and_what_waits_never_starts():
    started = []
    dispatcher = Dispatcher(in_flight_max=1, waiting_max=10)

    async def work(n):
        started.append(n)
        await asyncio.Event().wait()

    for n in range(3):
        dispatcher.submit(work, n)
    await until(lambda: started)
    dispatcher.cancel()
    await dispatcher.idle()
    assert started == [0]
