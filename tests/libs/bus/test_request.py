"""Requests between services, and calls of and to stations."""

import asyncio
import time

import pytest

from libs.bus import (
    Address,
    BusError,
    CallFailed,
    CallFault,
    Forbidden,
    InternalError,
    Invalid,
    NoOwner,
    NotFound,
    Offline,
    Router,
    TimedOut,
    Unavailable,
    ViolationInfo,
)
from libs.bus.trace import TRACEPARENT
from libs.ocpp import v16, v201
from tests.libs.bus.messages import NOON, Add, Stock, Sum, Waved, up

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


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


# -- calls of stations ---------------------------------------------------------------------------


async def test_a_stations_call_reaches_its_typed_handler(bus, peer, tenant):
    seen = []
    router = Router("authorization")

    @router.on(v16.Authorize)
    async def authorize(app, station, call):
        seen.append((station, call))
        return v16.AuthorizeResponse(id_tag_info=v16.IdTagInfo(status="Accepted"))

    await bus.serve(router, None)
    body = up(b'{"idTag":"AA11"}', quirks=["spaces"])
    answer = await peer.up(tenant, "CP 1.*", "v16", "Authorize", body, timeout=5)
    assert answer == b'{"idTagInfo":{"status":"Accepted"}}'
    ((station, call),) = seen
    assert call == v16.Authorize(id_tag="AA11")
    assert station.address == Address(tenant, "CP 1.*")
    assert (station.version, station.message_id, station.edge, station.epoch) == (
        "v16",
        "1",
        "edge-1",
        7,
    )
    assert (station.received_at, station.quirks, station.violation) == (NOON, ["spaces"], None)
    assert station.raw == b'{"idTag":"AA11"}'


async def call_up(peer, tenant, payload=b"{}", action="Heartbeat", **more):
    return await peer.up(tenant, "CP1", "v16", action, up(payload, **more), timeout=5)


async def test_a_call_fault_names_the_callerror_for_the_station(bus, peer, tenant):
    router = Router("stations")

    @router.on(v16.Heartbeat)
    async def heartbeat(app, station, call):
        raise CallFault("NotSupported", "not today", {"why": 1})

    await bus.serve(router, None)
    with pytest.raises(CallFault) as caught:
        await call_up(peer, tenant)
    assert caught.value.fault == "NotSupported"
    assert (caught.value.description, caught.value.details) == ("not today", {"why": 1})


async def test_an_unknown_error_of_an_owner_is_an_internal_error(bus, peer, tenant):
    router = Router("stations")

    @router.on(v16.Heartbeat)
    async def heartbeat(app, station, call):
        raise BusError("odd", code="Odd")

    await bus.serve(router, None)
    with pytest.raises(InternalError):
        await call_up(peer, tenant)


async def test_a_payload_that_does_not_fit_is_answered_with_its_code(bus, peer, tenant):
    router = Router("authorization")

    @router.on(v16.Authorize)
    async def authorize(app, station, call):
        raise AssertionError("not reached")

    await bus.serve(router, None)
    with pytest.raises(CallFault) as caught:
        await call_up(peer, tenant, b'{"idTag":["A"]}', "Authorize")
    assert caught.value.fault == "TypeConstraintViolation"


VIOLATION = ViolationInfo(code="ProtocolError", description="$.idTag is missing")


async def test_a_nonconforming_payload_goes_to_quarantine_only(bus, peer, tenant):
    seen = []
    router = Router("authorization")

    @router.on(v16.Authorize)
    async def authorize(app, station, call):
        raise AssertionError("not reached")

    @router.quarantines(v16.Authorize)
    async def keep(app, station, kind):
        seen.append((station.violation, station.raw, kind))
        return v16.AuthorizeResponse(id_tag_info=v16.IdTagInfo(status="Invalid"))

    await bus.serve(router, None)
    answer = await call_up(peer, tenant, b"{}", "Authorize", violation=VIOLATION)
    assert answer == b'{"idTagInfo":{"status":"Invalid"}}'
    assert seen == [(VIOLATION, b"{}", v16.Authorize)]


async def test_without_a_quarantine_the_violation_is_the_answer(bus, peer, tenant):
    router = Router("stations")

    @router.on(v16.Heartbeat)
    async def heartbeat(app, station, call):
        raise AssertionError("not reached")

    await bus.serve(router, None)
    with pytest.raises(CallFault) as caught:
        await call_up(peer, tenant, violation=VIOLATION)
    assert (caught.value.fault, caught.value.description) == (
        "ProtocolError",
        "$.idTag is missing",
    )


async def test_an_action_without_an_owner_is_told_at_once(peer, tenant):
    with pytest.raises(NoOwner):
        await call_up(peer, tenant, action="NoSuchAction")


async def test_a_sampled_trace_travels_with_the_call_and_only_then(bus, peer, tenant):
    seen = []
    router = Router("stations")

    @router.on(v16.Heartbeat)
    async def heartbeat(app, station, call):
        seen.append(TRACEPARENT.get())
        return v16.HeartbeatResponse(current_time=NOON)

    await bus.serve(router, None)
    mark = TRACEPARENT.set(TRACE)
    await call_up(peer, tenant)
    TRACEPARENT.reset(mark)
    await call_up(peer, tenant)
    assert seen == [TRACE, None]


# -- calls to stations ---------------------------------------------------------------------------


async def test_a_call_reaches_the_edge_that_serves_the_station(bus, peer, tenant):
    seen = []

    def on_call(version, action, down, reply):
        seen.append((version, action, down.timeout_seconds, bytes(down.payload)))
        reply.result(b'{"status":"Accepted"}')

    bus.serve_station(tenant, "CP 1", on_call)
    await bus.barrier()
    answer = await peer.call(Address(tenant, "CP 1"), v201.Reset(type="Immediate"), timeout=7)
    assert answer == v201.ResetResponse(status="Accepted")
    assert seen == [("v201", "Reset", 7, b'{"type":"Immediate"}')]


async def test_a_station_that_nobody_serves_is_offline_at_once(peer, tenant):
    begun = time.monotonic()
    with pytest.raises(Offline):
        await peer.call(Address(tenant, "CP1"), v16.Reset(type="Soft"))
    assert time.monotonic() - begun < 1


async def test_watching_the_bus_does_not_make_stations_look_online(bus, peer, tenant):
    watched = bus.tail()
    waiting = asyncio.ensure_future(anext(watched))
    while not waiting.done():
        peer.tell(Waved(tenant=tenant, station="CP1"))
        await asyncio.sleep(0)
    with pytest.raises(Offline):
        await peer.call(Address(tenant, "CP1"), v16.Reset(type="Soft"), timeout=1)


@pytest.mark.parametrize("code", ["FormationViolation", "InternalError", "TimedOut"])
async def test_the_stations_callerror_is_the_callers(bus, peer, tenant, code):
    """Also where the station spells it like an error of ours."""

    def on_call(version, action, down, reply):
        reply.error(code, "what?", {"at": "$.type"})

    bus.serve_station(tenant, "CP1", on_call)
    await bus.barrier()
    with pytest.raises(CallFailed) as caught:
        await peer.call(Address(tenant, "CP1"), v16.Reset(type="Soft"))
    error = caught.value
    assert (error.code, error.description, error.details) == (code, "what?", {"at": "$.type"})


@pytest.mark.parametrize("kind", [TimedOut, Offline, Unavailable])
async def test_what_the_edge_says_of_a_call_is_raised_at_the_caller(bus, peer, tenant, kind):
    def on_call(version, action, down, reply):
        reply.fail(kind("told by the edge"))

    bus.serve_station(tenant, "CP1", on_call)
    await bus.barrier()
    with pytest.raises(kind, match="told by the edge"):
        await peer.call(Address(tenant, "CP1"), v16.Reset(type="Soft"))


async def test_an_answer_that_does_not_fit_fails_the_call(bus, peer, tenant):
    def on_call(version, action, down, reply):
        reply.result(b'{"status":"Perhaps"}')

    bus.serve_station(tenant, "CP1", on_call)
    await bus.barrier()
    with pytest.raises(CallFailed) as caught:
        await peer.call(Address(tenant, "CP1"), v16.Reset(type="Soft"))
    assert "$.status" in caught.value.description


async def test_an_answer_may_be_given_later(bus, peer, tenant):
    loop = asyncio.get_running_loop()

    def on_call(version, action, down, reply):
        loop.call_later(0.05, reply.result, b'{"status":"Rejected"}')

    bus.serve_station(tenant, "CP1", on_call)
    await bus.barrier()
    answer = await peer.call(Address(tenant, "CP1"), v16.Reset(type="Soft"))
    assert answer == v16.ResetResponse(status="Rejected")
