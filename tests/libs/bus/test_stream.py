"""The streams, storing events in them, and reading them."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import Raw, json
from msgspec.structs import replace

from libs.bus import (
    Bus,
    Invalid,
    Limits,
    LogError,
    LogRecord,
    StreamLimits,
    Unavailable,
    cloudevent,
    log,
    reading,
    stream,
    subject,
)
from libs.bus.embedded import NatsServer
from tests.libs.bus.messages import NOON, Painted, Waved, announce, painted, until


async def configuration_of(bus, name):
    return json.decode(await bus._streams.api(subject.stream_info(name), {}))["config"]


async def test_ensuring_streams_twice_is_one_and_new_limits_take_effect(own_nats: NatsServer):
    async with Bus.open(own_nats.url, name="one") as bus:
        await asyncio.gather(*(bus.ensure_streams() for _ in range(5)))
        events = await configuration_of(bus, "EVENTS")
        assert events["subjects"] == ["event.>"]
        assert (events["compression"], events["allow_direct"]) == ("s2", True)
        assert events["duplicate_window"] == 120 * 10**9
        assert (await configuration_of(bus, "OCPP_LOG"))["subjects"] == ["ocpp.*.*.log"]
        await announce(bus, painted("t"))
        limits = StreamLimits(
            events=Limits(age_days=1, bytes_max=1 << 20), log=Limits(age_days=2, bytes_max=1 << 21)
        )
        await bus.ensure_streams(limits)
        events, records = [await configuration_of(bus, name) for name in ("EVENTS", "OCPP_LOG")]
        assert (events["max_age"], events["max_bytes"]) == (86_400 * 10**9, 1 << 20)
        assert (records["max_age"], records["max_bytes"]) == (2 * 86_400 * 10**9, 1 << 21)
        assert (await bus._streams.info("EVENTS")).messages == 1


async def test_limits_that_an_operator_set_stay_when_a_service_starts(own_nats: NatsServer):
    """Replicas too: a start of any service must not make a cluster's stream a single one."""
    tight = StreamLimits(events=Limits(age_days=1, bytes_max=1 << 20))
    async with Bus.open(own_nats.url, name="operator") as bus:
        await bus.ensure_streams(tight)
    async with Bus.open(own_nats.url, name="service") as bus:
        await bus.ensure_streams()
        assert (await configuration_of(bus, "EVENTS"))["max_bytes"] == 1 << 20


async def test_limits_beyond_the_disk_are_told(own_nats: NatsServer, monkeypatch):
    monkeypatch.setattr(stream, "PATIENCE_SECONDS", 0.1)
    async with Bus.open(own_nats.url, name="one") as bus:
        with pytest.raises(Unavailable, match="EVENTS"):
            await bus.ensure_streams(StreamLimits(events=Limits(age_days=1, bytes_max=1 << 50)))


# -- announcing ----------------------------------------------------------------------------------


async def test_an_announced_event_is_stored_once_however_often(bus, tenant):
    for _ in range(5):
        await announce(bus, painted(tenant, "red"))
    await announce(bus, painted(tenant, "blue"))
    assert [event.colour for event in await stored(bus, tenant, 2)] == ["red", "blue"]


async def test_thousands_can_be_on_their_way(bus, tenant):
    before = (await bus._streams.info("EVENTS")).messages
    await asyncio.gather(*(announce(bus, painted(tenant, str(n))) for n in range(3000)))
    assert (await bus._streams.info("EVENTS")).messages == before + 3000


async def test_without_the_stream_it_is_unavailable_and_then_made(own_nats: NatsServer):
    async with Bus.open(own_nats.url, name="one") as bus:
        with pytest.raises(Unavailable):
            await announce(bus, painted("t"))
        async with asyncio.timeout(10):
            while True:
                try:
                    await announce(bus, painted("t"))
                    break
                except Unavailable:
                    await asyncio.sleep(0.01)
        assert (await bus._streams.info("EVENTS")).messages == 1


async def test_an_event_that_the_stream_refuses_is_unavailable(own_nats: NatsServer):
    async with Bus.open(own_nats.url, name="one") as bus:
        await bus.ensure_streams()
        full = {**await configuration_of(bus, "EVENTS"), "discard": "new", "max_bytes": 1000}
        await bus._streams.api(subject.stream_update("EVENTS"), full)
        with pytest.raises(Unavailable, match="not stored"):
            await announce(bus, painted("t", "x" * 5000))


# -- reading events ------------------------------------------------------------------------------


async def stored(bus, tenant, count, **start):
    reader = bus.read_events(tenant, **(start or {"after_sequence": 0}))
    async with asyncio.timeout(15):
        items = [await anext(reader) for _ in range(count)]
    await reader.aclose()
    return [cloudevent.decode(Painted, body)[1] for _, body in items]


async def test_events_are_read_in_order_from_a_sequence_on(bus, tenant):
    for n in range(500):
        announce(bus, painted(tenant, str(n)))
    reader = bus.read_events(tenant, after_sequence=0)
    items = [await anext(reader) for _ in range(500)]
    await reader.aclose()
    colours = [cloudevent.decode(Painted, body)[1].colour for _, body in items]
    assert colours == [str(n) for n in range(500)]
    again = await stored(bus, tenant, 100, after_sequence=items[399][0])
    assert [event.colour for event in again] == [str(n) for n in range(400, 500)]


async def test_other_tenants_and_types_are_not_read(bus, tenant):
    await announce(bus, painted("other"))
    await announce(bus, painted(tenant))
    reader = bus.read_events(tenant, after_sequence=0, types=["wall.painted", "wall.torn"])
    meta, _ = cloudevent.decode(Painted, (await anext(reader))[1])
    assert meta.tenant == tenant
    await reader.aclose()
    none = bus.read_events(tenant, after_sequence=0, types=["wall.torn"])
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(none), 0.2)


async def test_types_may_cover_each_other(bus, tenant):
    await announce(bus, painted(tenant))
    reader = bus.read_events(
        tenant, after_sequence=0, types=["wall.painted", "wall.*", "wall.*", "roof.torn"]
    )
    assert cloudevent.decode(Painted, (await anext(reader))[1])[1] == painted(tenant)
    await reader.aclose()


@pytest.mark.parametrize("wrong", ["wall", "wall..torn", "*.*", "wall.>", "wall.torn.x", ""])
async def test_what_is_no_type_is_told(bus, tenant, wrong):
    with pytest.raises(Invalid):
        bus.read_events(tenant, after_sequence=0, types=["wall.painted", wrong])


async def test_what_jetstream_will_never_do_is_told(bus):
    start = reading.start_of(0, None)
    both = ["event.*.wall.*.*", "event.*.wall.torn.*"]
    with pytest.raises(stream.ApiError, match="overlap"):
        await anext(reading.EventReader(bus._wire, bus._streams, both, start).items())


async def test_reading_from_now_on_sees_what_comes_next(bus, peer, tenant):
    await announce(bus, painted(tenant, "old"))
    reader = bus.read_events(tenant)
    first = asyncio.ensure_future(anext(reader))
    number = 0
    while not first.done():
        number += 1
        await announce(peer, painted(tenant, f"new{number}"))
    assert cloudevent.decode(Painted, (await first)[1])[1].colour.startswith("new")
    await reader.aclose()


async def test_reading_from_a_time_on(bus, tenant):
    await announce(bus, painted(tenant, "red"))
    past = datetime.now(UTC) - timedelta(minutes=1)
    assert [event.colour for event in await stored(bus, tenant, 1, start_time=past)] == ["red"]


async def test_a_closed_reader_leaves_no_consumer_behind(own_nats: NatsServer):
    async with Bus.open(own_nats.url, name="one") as bus:
        await bus.ensure_streams()
        await announce(bus, painted("t"))
        listening = len(bus._wire._subs)
        reader = bus.read_events("t", after_sequence=0)
        await anext(reader)
        await reader.aclose()
        await bus.barrier()
        assert len(bus._wire._subs) == listening
        async with asyncio.timeout(10):
            while await consumers(bus):
                await asyncio.sleep(0.005)


async def consumers(bus):
    info = json.decode(await bus._streams.api(subject.stream_info("EVENTS"), {}))
    return info["state"]["consumer_count"]


# -- the log of a station ------------------------------------------------------------------------


def record(tenant, station, number):
    return LogRecord(
        tenant=tenant,
        station=station,
        version="v16",
        epoch=1,
        edge="edge-1",
        direction="up",
        id=str(number),
        action="Heartbeat",
        request=Raw(b"{}"),
        outcome="answered",
        requested_at=NOON,
    )


def publish(bus, tenant, station, number):
    bus.publish_log(tenant, station, log.encode(record(tenant, station, number)))


def test_a_record_comes_back_out_of_its_bytes():
    full = LogRecord(
        tenant="t",
        station="s",
        version="v21",
        epoch=2,
        edge="e",
        direction="down",
        id="7",
        action="Reset",
        request=Raw(b'{"type":"Immediate"}'),
        error=LogError(code="NotSupported", description="no", details={"a": 1}),
        outcome="error",
        requested_at=NOON,
        answered_at=NOON,
        quirks=["spaces"],
    )
    again = log.decode(log.encode(full))
    assert bytes(again.request) == b'{"type":"Immediate"}'
    assert (again.error, bytes(again.response), again.quirks) == (full.error, b"null", ["spaces"])


def test_an_answer_comes_back_as_it_was():
    answered = replace(record("t", "s", 1), response=Raw(b'{"status": "Accepted"}'))
    again = log.decode(log.encode(answered))
    assert bytes(again.response) == b'{"status": "Accepted"}'


async def logged(bus, tenant, station, count):
    """Wait until the stream has so many records of the station."""
    async with asyncio.timeout(10):
        while len(await bus.read_log(tenant, station, limit=count)) < count:
            await asyncio.sleep(0.01)


async def test_the_exchanges_of_a_station_are_read_newest_first(bus, tenant):
    for number in range(300):
        publish(bus, tenant, f"CP{number % 3}", number)
    await logged(bus, tenant, "CP1", 100)
    ids = [int(entry.id) for _, entry in await bus.read_log(tenant, "CP1", limit=500)]
    assert ids == list(range(298, 0, -3))


async def test_paging_backwards_sees_each_exchange_once(bus, tenant):
    for number in range(500):
        publish(bus, tenant, "quiet" if number % 50 == 7 else "busy", number)
    await logged(bus, tenant, "quiet", 10)
    seen, before = [], None
    while page := await bus.read_log(tenant, "quiet", before, limit=3):
        assert len(page) <= 3
        seen += [int(entry.id) for _, entry in page]
        before = page[-1][0]
    assert seen == [457, 407, 357, 307, 257, 207, 157, 107, 57, 7]


async def test_a_station_without_exchanges_has_an_empty_log(bus, tenant):
    publish(bus, tenant, "CP1", 1)
    await logged(bus, tenant, "CP1", 1)
    assert await bus.read_log(tenant, "CP2") == []


async def test_pages_of_any_size_of_any_mixture_are_what_was_said(bus, tenant):
    luck = random.Random(4711)
    said = {f"CP{n}": [] for n in range(12)}
    for number in range(4000):
        station = f"CP{min(int(luck.expovariate(0.4)), 11)}" if number % 1000 > 300 else "CP0"
        said[station].append(number)
        publish(bus, tenant, station, number)
    await logged(bus, tenant, "CP0", len(said["CP0"]))
    for station, numbers in said.items():
        pages, before = [], None
        while page := await bus.read_log(tenant, station, before, limit=luck.randint(1, 300)):
            pages += [int(entry.id) for _, entry in page]
            before = page[-1][0]
        assert pages == numbers[::-1]


async def test_something_else_on_the_subject_of_a_log_is_left_out(bus, tenant):
    publish(bus, tenant, "CP1", 1)
    bus.publish_log(tenant, "CP1", b"no record")
    publish(bus, tenant, "CP1", 2)
    await logged(bus, tenant, "CP1", 2)
    assert [entry.id for _, entry in await bus.read_log(tenant, "CP1")] == ["2", "1"]


async def test_a_log_of_many_exchanges_in_a_row_is_read_too(bus, tenant):
    for number in range(3000):
        publish(bus, tenant, "CP1", number)
    for number in range(1000):
        publish(bus, tenant, "CP2", number)
    await logged(bus, tenant, "CP2", 1000)
    ids = [int(entry.id) for _, entry in await bus.read_log(tenant, "CP1", limit=1000)]
    assert ids == list(range(2999, 1999, -1))


# -- watching ------------------------------------------------------------------------------------


async def test_watching_sees_logs_events_and_presence_of_a_tenant(bus, peer, tenant):
    seen = []

    async def watch():
        async for address, body in bus.tail(*subject.watched(tenant)):
            seen.append((address, body))

    watching = asyncio.ensure_future(watch())
    while not seen:
        peer.tell(Waved(tenant=tenant, station="CP1"))
        await asyncio.sleep(0)
    await peer.barrier()
    await bus.barrier()
    seen.clear()
    publish(peer, "other", "CP1", 1)
    publish(peer, tenant, "CP1", 2)
    await announce(peer, painted(tenant))
    peer.tell(Waved(tenant=tenant, station="CP1"))
    await until(lambda: len(seen) == 3)
    assert [address for address, _ in seen] == [
        subject.log(tenant, "CP1"),
        painted(tenant).address(),
        Waved(tenant=tenant, station="CP1").address(),
    ]
    watching.cancel()
