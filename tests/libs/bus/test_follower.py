"""Durable followers: at least once, whatever happens to handler, process or consumer."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import json

from libs.bus import Bus, NotFound, Router, follower, pull, subject
from tests.libs.bus.messages import Painted, announce, painted, until

ROOT = Path(__file__).parents[3]


@pytest.fixture
def service(tenant):
    """A service name of the test's own: its durable consumer is nobody else's."""
    return f"walls-{tenant}"


def following(service, tenant, handle, **config):
    router = Router(service, **config)

    @router.follows(Painted)
    async def follow(app, event):
        if event.tenant == tenant:
            await handle(event)

    return router


async def test_each_event_is_seen_also_those_from_before_the_first_start(
    bus, peer, tenant, service
):
    seen = []

    async def handle(event):
        seen.append(event.colour)

    for n in range(50):
        await announce(peer, painted(tenant, str(n)))
    await bus.serve(following(service, tenant, handle), None)
    for n in range(50, 100):
        await announce(peer, painted(tenant, str(n)))
    await until(lambda: len(seen) >= 100)
    assert sorted(seen, key=int) == [str(n) for n in range(100)]


async def test_two_instances_share_the_work(nats, bus, peer, tenant, service):
    seen = []

    async def handle(event):
        seen.append(event.colour)

    async with Bus.open(nats.url, name="other") as other:
        await bus.serve(following(service, tenant, handle), None)
        await other.serve(following(service, tenant, handle), None)
        await asyncio.gather(*(announce(peer, painted(tenant, str(n))) for n in range(300)))
        await until(lambda: len(seen) >= 300)
    assert sorted(seen, key=int) == [str(n) for n in range(300)]


async def test_what_raised_comes_again(bus, peer, tenant, service, caplog):
    seen = []

    async def handle(event):
        seen.append(event.colour)
        if len(seen) < 3:
            raise NotFound("not yet")

    await bus.serve(following(service, tenant, handle), None)
    await announce(peer, painted(tenant, "red"))
    await until(lambda: len(seen) == 3)
    assert "Traceback" not in caplog.text


async def test_a_bug_is_logged_with_its_traceback_and_the_event_comes_again(
    bus, peer, tenant, service, caplog
):
    seen = []

    async def handle(event):
        seen.append(event.colour)
        if len(seen) == 1:
            raise ZeroDivisionError

    await bus.serve(following(service, tenant, handle), None)
    await announce(peer, painted(tenant, "red"))
    await until(lambda: len(seen) == 2)
    assert "ZeroDivisionError" in caplog.text


async def test_one_slow_event_does_not_block_others_and_not_too_many_run(
    bus, peer, tenant, service
):
    release, running, most, seen = asyncio.Event(), 0, 0, []

    async def handle(event):
        nonlocal running, most
        running += 1
        most = max(most, running)
        if event.colour == "0":
            await release.wait()
        await asyncio.sleep(0)
        running -= 1
        seen.append(event.colour)

    await bus.serve(following(service, tenant, handle, followed_in_flight_max=4), None)
    await asyncio.gather(*(announce(peer, painted(tenant, str(n))) for n in range(100)))
    await until(lambda: len(seen) == 99)
    release.set()
    await until(lambda: len(seen) == 100)
    assert most <= 4


async def test_what_is_being_handled_at_a_stop_is_finished_and_not_seen_again(
    nats, bus, peer, tenant, service
):
    started, release, seen = asyncio.Event(), asyncio.Event(), []

    async def handle(event):
        started.set()
        await release.wait()
        seen.append(event.colour)

    serving = await bus.serve(following(service, tenant, handle), None)
    await announce(peer, painted(tenant, "red"))
    await started.wait()
    stop = asyncio.ensure_future(serving.stop())
    release.set()
    await stop
    assert seen == ["red"]
    await announce(peer, painted(tenant, "blue"))
    await bus.serve(following(service, tenant, handle), None)
    await until(lambda: "blue" in seen)
    assert seen == ["red", "blue"]


async def test_a_deleted_consumer_is_made_again(bus, peer, tenant, service):
    seen = []

    async def handle(event):
        seen.append(event.colour)

    serving = await bus.serve(following(service, tenant, handle), None)
    (one,) = serving._followers
    await until(lambda: one._pull._done)
    await bus.barrier()
    deleted = await bus._streams.api(subject.consumer_delete("EVENTS", one.name), {})
    await announce(peer, painted(tenant, "red"))
    await until(lambda: seen)
    again = await bus._streams.api(f"$JS.API.CONSUMER.INFO.EVENTS.{one.name}", {})
    assert json.decode(deleted)["success"]
    assert seen == ["red"]
    assert json.decode(again)["name"] == one.name


async def test_a_request_to_a_consumer_that_is_not_there_is_given_up(bus, tenant, monkeypatch):
    """JetStream says nothing to it, not even "no responders"."""
    monkeypatch.setattr(pull, "SILENCE_SECONDS_MAX", 0.2)
    lost = pull.Pull(bus._wire, "EVENTS", f"nobody-{tenant}", lambda *_: None)
    assert await lost.request(10) == "broken"
    lost.close()


async def test_an_event_that_cannot_be_read_is_kept_for_later(bus, peer, tenant, service, caplog):
    seen = []

    async def handle(event):
        seen.append(event.colour)

    await bus.serve(following(service, tenant, handle), None)
    await peer.announce(painted(tenant).address(), b'{"data":{}}', f"junk-{tenant}")
    await announce(peer, painted(tenant, "red"))
    await until(lambda: seen == ["red"])
    assert "cannot read an event" in caplog.text


async def test_a_long_handler_keeps_its_event(bus, peer, tenant, service, monkeypatch):
    """Told that work goes on, the server does not give the event to another."""
    monkeypatch.setattr(follower, "ACK_WAIT_SECONDS", 1)
    monkeypatch.setattr(follower, "TOUCH_SECONDS", 0.3)
    seen = []

    async def handle(event):
        seen.append(event.colour)
        await asyncio.sleep(2.2)

    serving = await bus.serve(following(service, tenant, handle), None)
    await announce(peer, painted(tenant, "red"))
    await until(lambda: seen)
    await serving.stop()
    assert seen == ["red"]


async def test_the_events_of_a_killed_process_are_seen_by_the_next(
    nats, bus, peer, tenant, service, monkeypatch
):
    """A process takes an event and is killed at work; another gets it when its time is over."""
    monkeypatch.setattr(follower, "ACK_WAIT_SECONDS", 1)
    await announce(peer, painted(tenant, "red"))
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, nats.url, service, tenant],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        taken = await asyncio.to_thread(victim.stdout.readline)
    finally:
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
    assert taken == b"red\n"
    seen = []

    async def handle(event):
        seen.append(event.colour)

    await bus.serve(following(service, tenant, handle), None)
    await until(lambda: seen == ["red"])


VICTIM = """
import asyncio, sys
from libs.bus import Bus, Router, follower
from tests.libs.bus.messages import Painted

follower.ACK_WAIT_SECONDS = 1
router = Router(sys.argv[2])

@router.follows(Painted)
async def follow(app, event):
    if event.tenant == sys.argv[3]:
        print(event.colour, flush=True)
        await asyncio.Event().wait()

async def main():
    bus = await Bus.connect(sys.argv[1], name="victim")
    await bus.serve(router, None)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_the_pause_before_the_next_try_grows_and_has_an_end():
    assert all(0.2 <= follower.backoff(1) <= 0.4 for _ in range(100))
    assert all(30 <= follower.backoff(100) <= 60 for _ in range(100))
