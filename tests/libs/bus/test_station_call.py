"""Calls of stations to their owners, and calls of services to stations."""

import asyncio
import time

import pytest

from libs.bus import (
    Address,
    BusError,
    CallFailed,
    CallFault,
    InternalError,
    NoOwner,
    Offline,
    Router,
    TimedOut,
    Unavailable,
    ViolationInfo,
)
from libs.bus.trace import TRACEPARENT
from libs.ocpp import v16, v201
from tests.libs.bus.messages import NOON, Waved, up

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


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
