"""Every exchange is in the log; what a socket left behind is not."""

import asyncio
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.bus import Bus
from libs.bus.trace import TRACEPARENT
from libs.runtime import trace
from services.edge.edge import Edge
from tests.services.edge.conftest import Connect
from tests.services.edge.log import Log
from tests.services.edge.messages import (
    AUTHORIZE,
    AUTHORIZED,
    authorizes,
)
from tests.services.edge.platform import Platform, waits
from tests.services.edge.wire import Closed


async def test_every_exchange_is_in_the_log(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus, version: str
) -> None:
    authorizes(platform, version)
    log = await Log.of(bus, "CP1")
    wire = await connect(edge, "CP1", version)
    await wire.call("Heartbeat")
    beat = await log.next()
    assert (beat.action, beat.outcome, beat.request) == ("Heartbeat", "answered", {})
    await wire.call("Authorize", {**AUTHORIZE[version], "extra": 1})
    mended = await log.next()
    assert (mended.direction, mended.id, mended.action) == ("up", "m2", "Authorize")
    assert (mended.station, mended.version, mended.edge) == ("CP1", version, edge.app.name)
    assert mended.request == {**AUTHORIZE[version], "extra": 1}
    assert mended.response == AUTHORIZED[version]
    assert mended.quirks == ["unknown property $.extra"]
    assert mended.answered_at > mended.requested_at
    await wire.call("Authorize", {})
    failed = await log.next()
    assert (failed.outcome, failed.response) == ("error", None)
    assert failed.error["description"].startswith("$.idT")
    wire.text('{"no": "frame"}')
    broken = await log.next()
    assert (broken.action, broken.outcome) == ("?", "error")
    assert broken.request == '{"no": "frame"}'


async def test_a_disputed_answer_is_in_the_log(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus
) -> None:
    """2.1 part 4, 4.2.4: CALLRESULTERROR."""
    log = await Log.of(bus, "CP1")
    wire = await connect(edge, "CP1", "v21")
    wire.text('[5,"m1","FormatViolation","no time zone",{}]')
    record = await log.next()
    assert (record.id, record.outcome) == ("m1", "error")
    assert record.error == {"code": "FormatViolation", "description": "no time zone"}


async def test_a_sampled_call_carries_its_trace_to_the_owner(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    seen: list[str | None] = []

    async def look(*_: object) -> Any:
        seen.append(TRACEPARENT.get())
        return {"status": "Accepted"}

    platform.handlers["DataTransfer"] = look
    wire = await connect(edge)
    await wire.call("DataTransfer", {"vendorId": "untraced"})
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.install(provider.get_tracer("test"), 1.0)
    try:
        await wire.call("DataTransfer", {"vendorId": "traced"})
    finally:
        trace.install(None, 0.0)
    await wire.call("DataTransfer", {"vendorId": "untraced"})
    [span] = spans.get_finished_spans()
    assert span.context is not None
    assert seen == [None, f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01", None]
    assert span.attributes == {"action": "DataTransfer", "station": "CP1"}


async def test_what_a_socket_left_behind_is_not_handled(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    gate = asyncio.Event()
    platform.handlers["Authorize"] = waits(gate, AUTHORIZED["v16"])
    wire = await connect(edge)
    for _ in range(3):
        wire.start("Authorize", AUTHORIZE["v16"])
    await platform.until(lambda: platform.calls)
    wire.cut()
    await platform.until(lambda: platform.disconnected)
    gate.set()
    again = await connect(edge)
    with pytest.raises((TimeoutError, Closed)):
        await again.receive(0.2)
    assert len(platform.calls) == 1
