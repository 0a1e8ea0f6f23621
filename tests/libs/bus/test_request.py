"""Requests between services."""

import asyncio
import time

import pytest

from libs.bus import (
    Forbidden,
    InternalError,
    Invalid,
    NoOwner,
    NotFound,
    Router,
    TimedOut,
    Unavailable,
)
from tests.libs.bus.messages import Add, Stock, Sum


async def answering(bus, handler, kind=Add, **config):
    router = Router("sums", **config)
    router.answers(kind)(handler)
    return await bus.serve(router, None)


async def test_a_request_is_answered_with_its_reply_type(bus, peer, tenant):
    async def add(app, ask):
        return Sum(ask.a + ask.b)

    await answering(bus, add)
    assert await peer.ask(Add(tenant=tenant, a=1, b=2)) == Sum(3)


async def test_the_handler_gets_the_app(bus, peer, tenant):
    async def stock(app, ask):
        return app

    router = Router("sums")
    router.answers(Stock)(stock)
    await bus.serve(router, ["apple", "nut"])
    assert await peer.ask(Stock(tenant=tenant)) == ["apple", "nut"]


async def test_without_an_owner_the_caller_knows_at_once(bus, tenant):
    begun = time.monotonic()
    with pytest.raises(NoOwner):
        await bus.ask(Add(tenant=tenant, a=1, b=2), timeout=10)
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("kind", [NotFound, Forbidden, Invalid, Unavailable])
async def test_an_error_of_the_owner_is_raised_at_the_caller(bus, peer, tenant, kind):
    async def add(app, ask):
        raise kind("not that one: ü", field="a", value=[1])

    await answering(bus, add)
    with pytest.raises(kind) as caught:
        await peer.ask(Add(tenant=tenant, a=1, b=2))
    assert caught.value.description == "not that one: ü"
    assert caught.value.details == {"field": "a", "value": [1]}


async def test_a_broken_handler_tells_no_secrets(bus, peer, tenant, caplog):
    async def add(app, ask):
        raise RuntimeError("the password is 1234")

    await answering(bus, add)
    with pytest.raises(InternalError) as caught:
        await peer.ask(Add(tenant=tenant, a=1, b=2))
    assert "1234" not in str(caught.value)
    assert "1234" in caplog.text


async def test_a_passing_fault_is_unavailable(bus, peer, tenant):
    async def add(app, ask):
        raise ConnectionResetError("database")

    await answering(bus, add, transient=lambda error: isinstance(error, ConnectionError))
    with pytest.raises(Unavailable):
        await peer.ask(Add(tenant=tenant, a=1, b=2))


async def test_a_slow_owner_times_out_and_its_late_answer_hurts_nobody(bus, peer, tenant):
    late = asyncio.Event()

    async def add(app, ask):
        if ask.a == 0:
            await late.wait()
        return Sum(ask.a)

    await answering(bus, add)
    with pytest.raises(TimedOut):
        await peer.ask(Add(tenant=tenant, a=0, b=0), timeout=0.1)
    late.set()
    assert await peer.ask(Add(tenant=tenant, a=5, b=0)) == Sum(5)


async def test_one_slow_handler_does_not_block_others(bus, peer, tenant):
    """nats-py runs one callback at a time for a subscription."""
    release = asyncio.Event()

    async def add(app, ask):
        if ask.a == 0:
            await release.wait()
        return Sum(ask.a)

    await answering(bus, add)
    slow = asyncio.ensure_future(peer.ask(Add(tenant=tenant, a=0, b=0)))
    quick = await asyncio.gather(*(peer.ask(Add(tenant=tenant, a=n, b=0)) for n in range(1, 50)))
    assert [answer.total for answer in quick] == list(range(1, 50))
    assert not slow.done()
    release.set()
    assert await slow == Sum(0)


async def test_the_body_must_not_speak_for_another_tenant_than_the_subject(bus, peer):
    async def add(app, ask):
        return Sum(1)

    await answering(bus, add)

    class Forged(Add):
        def address(self):
            return Add(tenant="mine", a=0, b=0).address()

    Forged.reply = Add.reply
    with pytest.raises(Forbidden):
        await peer.ask(Forged(tenant="theirs", a=1, b=2))


async def test_a_body_that_does_not_fit_is_invalid(bus, peer, tenant):
    async def add(app, ask):
        return Sum(1)

    await answering(bus, add)
    with pytest.raises(Invalid) as caught:
        await peer.ask(Add(tenant=tenant, a="one", b=2))
    assert "$.a" in caught.value.description


async def test_a_request_too_large_for_the_bus_is_invalid(bus, tenant):
    with pytest.raises(Invalid):
        await bus.ask(Add(tenant=tenant, a="x" * 9_000_000, b=2))


async def test_a_name_too_long_for_a_subject_is_invalid_and_the_connection_lives(bus):
    with pytest.raises(Invalid):
        await bus.ask(Add(tenant="x" * 5000, a=1, b=2))
    await bus.barrier(timeout=1)
    assert bus.connected


async def test_patience_outlasts_an_owner_that_is_away(bus, peer, tenant):
    async def add(app, ask):
        return Sum(ask.a + ask.b)

    asked = asyncio.ensure_future(peer.ask_patiently(Add(tenant=tenant, a=1, b=2), patience=10))
    with pytest.raises(NoOwner):
        await peer.ask(Add(tenant=tenant, a=1, b=2))
    await answering(bus, add)
    assert await asked == Sum(3)


async def test_patience_ends_with_the_error_that_remained(peer, tenant):
    begun = time.monotonic()
    with pytest.raises(NoOwner):
        await peer.ask_patiently(Add(tenant=tenant, a=1, b=2), patience=0.3)
    assert time.monotonic() - begun < 2


async def test_patience_is_not_for_what_will_not_pass(bus, peer, tenant):
    asked = []

    async def add(app, ask):
        asked.append(ask)
        raise NotFound("no")

    await answering(bus, add)
    with pytest.raises(NotFound):
        await peer.ask_patiently(Add(tenant=tenant, a=1, b=2), patience=5)
    assert len(asked) == 1
