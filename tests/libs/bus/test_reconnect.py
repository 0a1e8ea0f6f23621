"""NATS is killed and comes back on its port: everything heals by itself."""

import asyncio
import os
import shutil
import signal
import time
from contextlib import suppress

import pytest

from libs.bus import Address, Bus, BusError, Options, Router, Unavailable
from libs.bus.embedded import NatsServer
from libs.bus.wire import RECONNECT_SECONDS_MAX
from libs.ocpp import v16
from tests.libs.bus.messages import Add, Painted, Sum, Waved, announce, painted, until


async def patiently_announced(bus, event):
    async with asyncio.timeout(15):
        while True:
            with suppress(BusError):
                await announce(bus, event)
                return
            await asyncio.sleep(0.05)


async def restart(server: NatsServer, *buses: Bus, store_lost: bool = False):
    await server.kill()
    await until(lambda: not any(bus.connected for bus in buses))
    if store_lost:
        shutil.rmtree(server.home / "jetstream")
    await server.start()


async def test_subscriptions_requests_and_stations_are_back_after_a_kill(own_nats: NatsServer):
    heard = []
    router = Router("sums")

    @router.answers(Add)
    async def add(app, ask):
        return Sum(ask.a + ask.b)

    @router.hears(Waved)
    async def wave(app, notice):
        heard.append(notice.station)

    async with Bus.open(own_nats.url, name="one") as one, Bus.open(own_nats.url, name="two") as two:
        restored = []
        one.on_restored(lambda: restored.append(one.connected))
        await one.serve(router, None)
        one.serve_station(
            "t", "CP1", lambda version, action, down, reply: reply.result(b'{"status":"Accepted"}')
        )
        gone = one.serve_station("t", "CP2", lambda *_: None)
        for _ in range(3):
            await restart(own_nats, one, two)
            assert await two.ask_patiently(Add(tenant="t", a=1, b=2), patience=15) == Sum(3)
            answer = await two.call(Address("t", "CP1"), v16.Reset(type="Soft"))
            assert answer.status == "Accepted"
            heard.clear()
            two.tell(Waved(tenant="t", station="x"))
            await until(lambda: heard == ["x"])
        assert restored == [True] * 3
        gone.unsubscribe()


async def test_what_is_unsubscribed_while_nats_is_away_stays_unsubscribed(own_nats: NatsServer):
    heard = []
    async with Bus.open(own_nats.url, name="one") as one, Bus.open(own_nats.url, name="two") as two:
        subscription = one.serve_station("t", "CP1", lambda *_: heard.append(1))
        await own_nats.kill()
        await until(lambda: not one.connected and not two.connected)
        subscription.unsubscribe()
        one.serve_station(
            "t", "CP2", lambda version, action, down, reply: reply.result(b'{"status":"Accepted"}')
        )
        await own_nats.start()
        await one.barrier()
        await two.barrier()
        with pytest.raises(BusError) as caught:
            await two.call(Address("t", "CP1"), v16.Reset(type="Soft"), timeout=1)
        assert caught.value.code == "Offline"
        answer = await two.call(Address("t", "CP2"), v16.Reset(type="Soft"))
        assert answer.status == "Accepted"
        assert heard == []


async def test_while_nats_is_away_requests_fail_at_once(own_nats: NatsServer):
    async with Bus.open(own_nats.url, name="one") as bus:
        await own_nats.kill()
        await until(lambda: not bus.connected)
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            await bus.ask(Add(tenant="t", a=1, b=2))
        with pytest.raises(Unavailable):
            await bus.up("t", "s", "v16", "Heartbeat", b"{}", timeout=30)
        with pytest.raises(Unavailable):
            await bus.call(Address("t", "s"), v16.Reset(type="Soft"))
        with pytest.raises(Unavailable):
            await announce(bus, painted("t"))
        assert time.monotonic() - begun < 1


async def test_a_request_on_its_way_when_nats_dies_fails_at_once(own_nats: NatsServer):
    async with Bus.open(own_nats.url, name="one") as one, Bus.open(own_nats.url, name="two") as two:
        started = asyncio.Event()
        router = Router("sums")

        @router.answers(Add)
        async def add(app, ask):
            started.set()
            await asyncio.sleep(0.2)
            return Sum(1)

        await one.serve(router, None)
        asked = asyncio.ensure_future(two.ask(Add(tenant="t", a=1, b=2), timeout=60))
        await started.wait()
        await own_nats.kill()
        with pytest.raises(Unavailable):
            await asyncio.wait_for(asked, 5)


async def test_a_call_to_a_station_survives_and_is_sent_once(own_nats: NatsServer):
    """It must not be sent twice, so an answer that comes after the outage still counts."""
    replies = []

    def on_call(version, action, down, reply):
        replies.append(reply)

    async with Bus.open(own_nats.url, name="one") as one, Bus.open(own_nats.url, name="two") as two:
        one.serve_station("t", "CP1", on_call)
        await one.barrier()
        called = asyncio.ensure_future(two.call(Address("t", "CP1"), v16.Reset(type="Soft")))
        await until(lambda: replies)
        await restart(own_nats, one, two)
        await one.barrier()
        await two.barrier()
        replies[0].result(b'{"status":"Accepted"}')
        assert (await called).status == "Accepted"
        assert len(replies) == 1


async def test_what_is_told_while_nats_is_away_arrives_afterwards(own_nats: NatsServer):
    heard = []
    router = Router("waves")

    @router.hears(Waved)
    async def wave(app, notice):
        heard.append(notice.station)

    async with Bus.open(own_nats.url, name="one") as one:
        await one.serve(router, None)
        await own_nats.kill()
        await until(lambda: not one.connected)
        for n in range(100):
            one.tell(Waved(tenant="t", station=str(n)))
        assert one.pending_bytes > 0
        await own_nats.start()
        await until(lambda: len(heard) == 100)
        assert heard == [str(n) for n in range(100)]


async def test_the_buffer_has_an_end_and_what_is_too_much_is_counted(own_nats: NatsServer):
    options = Options(buffer_bytes_max=10_000)
    async with Bus.open(own_nats.url, name="one", options=options) as bus:
        await own_nats.kill()
        await until(lambda: not bus.connected)
        while bus.pending_bytes <= 10_000:
            bus.publish_log("t", "s", b"x" * 100)
        with pytest.raises(Unavailable):
            bus.publish_log("t", "s", b"x" * 100)
        assert bus.refused == 1
        assert 10_000 <= bus.pending_bytes < 11_000
        await own_nats.start()
        await bus.barrier()
        assert bus.pending_bytes == 0


async def test_a_bus_waits_for_a_server_that_is_not_there_yet(tmp_path, own_nats: NatsServer):
    await own_nats.stop()
    connecting = asyncio.ensure_future(Bus.connect(own_nats.url, name="early"))
    await asyncio.sleep(0.05)
    assert not connecting.done()
    await own_nats.start()
    bus = await asyncio.wait_for(connecting, 10)
    assert bus.connected
    await bus.close()


async def test_disconnects_are_told_in_lines_without_tracebacks(own_nats: NatsServer, caplog):
    async with Bus.open(own_nats.url, name="one") as bus:
        await restart(own_nats, bus)
        await bus.barrier()
    assert "Traceback" not in caplog.text
    assert "nats connection lost" in caplog.text
    assert len(caplog.records) < 10


@pytest.mark.parametrize("store_lost", [False, True])
async def test_followers_go_on_after_a_kill_also_without_their_store(
    own_nats: NatsServer, store_lost
):
    seen = []
    router = Router("walls")

    @router.follows(Painted)
    async def follow(app, event):
        seen.append(event.colour)

    async with Bus.open(own_nats.url, name="one") as one, Bus.open(own_nats.url, name="two") as two:
        await one.ensure_streams()
        await one.serve(router, None)
        await announce(two, painted("t", "before"))
        await until(lambda: seen == ["before"])
        await restart(own_nats, one, two, store_lost=store_lost)
        await patiently_announced(two, painted("t", "after"))
        await until(lambda: "after" in seen)
        assert seen.count("after") == 1


async def test_reading_events_goes_on_after_a_kill(own_nats: NatsServer):
    async with Bus.open(own_nats.url, name="one") as one:
        await one.ensure_streams()
        for n in range(3):
            await announce(one, painted("t", str(n)))
        reader = one.read_events("t", after_sequence=0)
        assert [(await anext(reader))[0] for _ in range(3)] == [1, 2, 3]
        await restart(own_nats, one)
        await patiently_announced(one, painted("t", "more"))
        assert (await asyncio.wait_for(anext(reader), 15))[0] == 4
        await reader.aclose()


async def test_a_server_that_hangs_is_noticed_by_its_silence(own_nats: NatsServer):
    """The socket stays open: only missing pongs tell (nats-py would ping every two minutes)."""
    options = Options(ping_seconds=cast_seconds(0.1))
    async with Bus.open(own_nats.url, name="one", options=options) as bus:
        os.kill(own_nats.pid, signal.SIGSTOP)
        await until(lambda: not bus.connected)
        os.kill(own_nats.pid, signal.SIGCONT)
        await bus.barrier()
        assert bus.connected


async def test_while_the_server_reads_nothing_messages_wait_here_and_then_arrive(
    own_nats: NatsServer,
):
    heard = 0
    router = Router("waves")

    @router.hears(Waved)
    async def wave(app, notice):
        nonlocal heard
        heard += 1

    async with Bus.open(own_nats.url, name="one") as one, Bus.open(own_nats.url, name="two") as two:
        await two.serve(router, None)
        os.kill(own_nats.pid, signal.SIGSTOP)
        for _ in range(200):
            one.tell(Waved(tenant="t", station="x", text="x" * 100_000))
            await asyncio.sleep(0)
        assert one.pending_bytes > 1_000_000
        os.kill(own_nats.pid, signal.SIGCONT)
        await until(lambda: heard == 200)
        assert one.pending_bytes == 0


async def test_an_error_that_closes_the_connection_does_not_end_it(own_nats: NatsServer, caplog):
    """nats-py closes for good at any error of the server but a stale connection."""
    async with Bus.open(own_nats.url, name="one") as bus:
        bus._wire._enqueue(b"NONSENSE\r\n")
        await until(lambda: not bus.connected)
        await bus.barrier()
        assert bus.connected
    assert "unknown protocol operation" in caplog.text


async def test_a_line_that_is_not_understood_does_not_end_it_either(own_nats: NatsServer):
    async with Bus.open(own_nats.url, name="one") as bus:
        bus._wire._stream.socket.data_received(b"MSG what is this\r\n")
        await until(lambda: not bus.connected)
        await bus.barrier()
        assert bus.connected


def cast_seconds(seconds: float) -> int:
    """Shorter than an operator would choose."""
    return seconds  # type: ignore[return-value]


async def test_an_outage_of_hours_wears_nothing_out(bus):
    """The wait grows to its limit and stays there, however often it was in vain."""
    waits = [bus._wire.next_server(["here"], {})[1] for _ in range(5_000)]
    assert max(waits) <= RECONNECT_SECONDS_MAX
    assert max(waits[-100:]) > RECONNECT_SECONDS_MAX / 2
