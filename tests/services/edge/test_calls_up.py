"""CALLs of stations: checked, asked of their owner, answered once, in order."""

import asyncio
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.bus import Bus, CallFault, Unavailable
from libs.bus import subject as subjects
from libs.bus.trace import TRACEPARENT
from libs.contracts.stations import Admission
from libs.runtime import trace
from services.edge.edge import Edge
from tests.services.edge.conftest import Connect, StartEdge
from tests.services.edge.platform import BOOT, Platform, raises, waits
from tests.services.edge.wire import Closed

BOOTS: dict[str, Any] = {
    "v16": {"chargePointVendor": "Bare", "chargePointModel": "One"},
    "v201": {"reason": "PowerUp", "chargingStation": {"vendorName": "Bare", "model": "One"}},
}
BOOTS["v21"] = BOOTS["v201"]
AUTHORIZE: dict[str, Any] = {
    "v16": {"idTag": "AA11"},
    "v201": {"idToken": {"idToken": "AA11", "type": "ISO14443"}},
}
AUTHORIZE["v21"] = AUTHORIZE["v201"]
AUTHORIZED: dict[str, Any] = {
    "v16": {"idTagInfo": {"status": "Accepted"}},
    "v201": {"idTokenInfo": {"status": "Accepted"}},
}
AUTHORIZED["v21"] = AUTHORIZED["v201"]
EVENT: dict[str, Any] = {
    "eventType": "Updated",
    "timestamp": "2026-01-31T12:00:00Z",
    "triggerReason": "MeterValuePeriodic",
    "seqNo": 1,
    "transactionInfo": {"transactionId": "t1"},
}
START: dict[str, Any] = {
    "connectorId": 1,
    "idTag": "AA11",
    "meterStart": 0,
    "timestamp": "2026-01-31T12:00:00Z",
}
TRANSACTION: dict[str, tuple[str, Any]] = {
    "v16": ("StartTransaction", START),
    "v201": ("TransactionEvent", EVENT),
    "v21": ("TransactionEvent", EVENT),
}


def authorizes(platform: Platform, version: str) -> None:
    async def answer(*_: object) -> Any:
        return AUTHORIZED[version]

    platform.handlers["Authorize"] = answer


# -- the way up and back ---------------------------------------------------------------------------


async def test_a_call_reaches_its_owner_and_the_answer_the_station(
    edge: Edge, platform: Platform, connect: Connect, version: str
) -> None:
    authorizes(platform, version)
    wire = await connect(edge, "CP1", version)
    began = datetime.now(UTC)
    assert await wire.call("Authorize", AUTHORIZE[version]) == [3, "m1", AUTHORIZED[version]]
    [(station, call)] = platform.calls
    assert (station.tenant, station.id, station.version) == ("default", "CP1", version)
    assert (station.message_id, station.edge, station.epoch) == ("m1", edge.app.name, 1)
    assert abs(station.received_at - began) < timedelta(seconds=5)
    assert (station.quirks, station.violation) == ([], None)
    assert json.loads(station.raw) == AUTHORIZE[version]
    assert type(call).version == version


async def test_a_good_payload_goes_up_byte_for_byte(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    authorizes(platform, "v16")
    wire = await connect(edge)
    wire.text('[2,"1","Authorize",{ "idTag" :  "AA11" }]')
    await wire.message()
    assert platform.calls[0][0].raw == b'{ "idTag" :  "AA11" }'


async def test_heartbeat_is_answered_at_the_edge(
    edge: Edge, platform: Platform, connect: Connect, version: str
) -> None:
    await platform.stop("owners")
    wire = await connect(edge, "CP1", version)
    kind, number, payload = await wire.call("Heartbeat")
    assert (kind, number) == (3, "m1")
    assert abs(datetime.fromisoformat(payload["currentTime"]) - datetime.now(UTC)) < timedelta(
        seconds=5
    )
    assert len(payload["currentTime"]) == len("2026-01-31T12:00:00.000Z")


async def test_a_heartbeat_does_not_wait_for_the_call_before_it(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    gate = asyncio.Event()
    platform.handlers["Authorize"] = waits(gate, AUTHORIZED["v16"])
    wire = await connect(edge)
    wire.start("Authorize", AUTHORIZE["v16"])
    assert (await wire.call("Heartbeat"))[:2] == [3, "m2"]
    gate.set()
    assert (await wire.message())[:2] == [3, "m1"]


@pytest.mark.parametrize("version", ["v201", "v21"])
async def test_a_signed_call_is_answered_like_its_content(
    edge: Edge, platform: Platform, connect: Connect, version: str
) -> None:
    authorizes(platform, version)
    inner = json.dumps(AUTHORIZE[version]).encode()
    jws = {"payload": urlsafe_b64encode(inner).decode().rstrip("="), "signatures": []}
    wire = await connect(edge, "CP1", version)
    assert await wire.call("Authorize-Signed", jws) == [3, "m1", AUTHORIZED[version]]
    assert platform.calls[0][0].raw == inner


async def test_a_send_goes_up_and_is_never_answered(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    """2.1 part 4: SEND may come while a CALL is pending; nothing ever comes back."""
    wire = await connect(edge, "CP1", "v21")
    stream = {
        "id": 1,
        "pending": 0,
        "basetime": "2026-01-31T12:00:00Z",
        "data": [{"t": 0, "v": "1"}],
    }
    wire.text(json.dumps([6, "s1", "NotifyPeriodicEventStream", stream]))
    wire.text(json.dumps([6, "s2", "NotifyPeriodicEventStream", {"id": "wrong"}]))
    wire.text(json.dumps([6, "s3", "Authorize", AUTHORIZE["v21"]]))
    await platform.until(lambda: platform.calls)
    assert (await wire.call("Heartbeat"))[0] == 3
    await wire.silent()
    assert [station.message_id for station, _ in platform.calls] == ["s1"]


# -- what is wrong is answered at once -------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "action", "payload", "code"),
    [
        ("v16", "NoSuchAction", {}, "NotImplemented"),
        ("v201", "StartTransaction", START, "NotImplemented"),
        ("v16", "Reset", {"type": "Hard"}, "NotSupported"),
        ("v201", "Reset", {"type": "Immediate"}, "NotSupported"),
        ("v16", "Authorize", {}, "ProtocolError"),
        ("v201", "Authorize", {}, "OccurrenceConstraintViolation"),
        ("v16", "Authorize", {"idTag": {}}, "TypeConstraintViolation"),
        ("v201", "Authorize", {"idToken": 7}, "TypeConstraintViolation"),
        ("v16", "Authorize", {"idTag": "x" * 21}, "PropertyConstraintViolation"),
        ("v21", "DataTransfer", {"vendorId": "x" * 256}, "PropertyConstraintViolation"),
    ],
)
async def test_a_violation_is_answered_with_its_code_and_a_hint(
    edge: Edge,
    platform: Platform,
    connect: Connect,
    version: str,
    action: str,
    payload: Any,
    code: str,
) -> None:
    wire = await connect(edge, "CP1", version)
    kind, number, said, description, details = await wire.call(action, payload)
    assert (kind, number, said, details) == (4, "m1", code, {})
    assert 0 < len(description) <= 255
    assert platform.calls == []


async def test_1_6_spells_two_codes_in_its_own_way(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    platform.admissions["CP1"] = Admission(admitted=True, boot_status="Accepted", strict=True)
    wire = await connect(edge)
    assert (await wire.call("Authorize", {"idTag": "AA11", "extra": 1}))[2] == "FormationViolation"


@pytest.mark.parametrize(
    ("version", "text", "answer"),
    [
        ("v16", "not JSON", None),
        ("v201", "not JSON", ("-1", "RpcFrameworkError")),
        ("v21", "not JSON", ("-1", "RpcFrameworkError")),
        ("v16", '[2,"1","Authorize"]', ("1", "FormationViolation")),
        ("v201", '[2,"1","Authorize"]', ("1", "RpcFrameworkError")),
        ("v16", '[2,"1","Authorize",[]]', ("1", "FormationViolation")),
        ("v16", f'[2,"{"x" * 37}","Authorize",{{}}]', ("x" * 37, "FormationViolation")),
        ("v16", '[7,"1","Authorize",{}]', None),
        ("v201", '[7,"1","Authorize",{}]', ("1", "MessageTypeNotSupported")),
        ("v21", '[7,"1","Authorize",{}]', None),
        ("v16", '[5,"1","GenericError","",{}]', None),
        ("v201", '[6,"1","NotifyEvent",{}]', ("1", "MessageTypeNotSupported")),
        ("v16", '[3,"nobody asked",{}]', None),
        ("v16", '[4,"nobody asked","GenericError","",{}]', None),
        ("v21", '[5,"nobody asked","GenericError","",{}]', None),
    ],
)
async def test_a_broken_frame_is_answered_where_its_version_says_so(
    edge: Edge, platform: Platform, connect: Connect, version: str, text: str, answer: Any
) -> None:
    wire = await connect(edge, "CP1", version)
    wire.text(text)
    if answer is not None:
        kind, number, code, *_ = await wire.message()
        assert (kind, (number, code)) == (4, answer)
    assert (await wire.call("Heartbeat"))[0] == 3


async def test_a_quirk_is_mended_named_and_counted(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    authorizes(platform, "v16")
    wire = await connect(edge)
    assert (await wire.call("Authorize", {"idTag": "AA11", "extra": None, "more": 1}))[0] == 3
    station, _ = platform.calls[0]
    assert station.raw == b'{"idTag":"AA11"}'
    assert station.quirks == ["unknown property $.extra", "unknown property $.more"]
    held = edge.app.roster.find("default", "CP1")
    assert held is not None
    assert held.quirks == {"unknown property": 2}


@pytest.mark.parametrize("strict", [True, False])
async def test_a_transaction_message_that_fits_no_schema(
    edge: Edge, platform: Platform, connect: Connect, version: str, strict: bool
) -> None:
    """A tolerant station's is kept and answered normally; a strict one's is refused."""
    platform.admissions["CP1"] = Admission(admitted=True, boot_status="Accepted", strict=strict)
    action, payload = TRANSACTION[version]
    wire = await connect(edge, "CP1", version)
    answer = await wire.call(action, {**payload, "timestamp": "yesterday"})
    assert answer[0] == (4 if strict else 3)
    assert [(station.violation is not None, name) for station, name in platform.odd] == (
        [] if strict else [(True, action)]
    )


async def test_strictness_follows_the_registry_while_connected(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    held = await connect(edge)
    authorizes(platform, "v16")
    sloppy = {"idTag": "AA11", "extra": 1}
    assert (await held.call("Authorize", sloppy))[0] == 3
    await platform.change("CP1", strict=True)
    connection = edge.app.roster.find("default", "CP1")
    assert connection is not None
    while not connection.strict:
        await asyncio.sleep(0.01)
    assert (await held.call("Authorize", sloppy))[0] == 4


async def test_a_fault_of_the_owner_is_spelled_in_the_versions_dialect(
    edge: Edge, platform: Platform, connect: Connect, version: str
) -> None:
    fault = CallFault("OccurrenceConstraintViolation", "too many", {"most": 3})
    platform.handlers["Authorize"] = raises(fault)
    wire = await connect(edge, "CP1", version)
    spelled = (
        "OccurenceConstraintViolation" if version == "v16" else "OccurrenceConstraintViolation"
    )
    assert await wire.call("Authorize", AUTHORIZE[version]) == [
        4,
        "m1",
        spelled,
        "too many",
        {"most": 3},
    ]


# -- owners that are away or broken ----------------------------------------------------------------


async def test_a_call_is_held_while_its_owner_restarts(
    edge: Edge, platform: Platform, connect: Connect, version: str
) -> None:
    action, payload = TRANSACTION[version]
    await platform.stop("owners")
    wire = await connect(edge, "CP1", version)
    wire.start(action, payload)
    await wire.silent()
    await platform.start("owners")
    assert (await wire.message())[:2] == [3, "m1"]
    assert len(platform.calls) == 1


async def test_a_passing_fault_is_tried_again(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    tries: list[int] = []

    async def sometimes(*_: object) -> Any:
        tries.append(1)
        if len(tries) < 3:
            raise Unavailable("the database is away")
        return AUTHORIZED["v16"]

    platform.handlers["Authorize"] = sometimes
    wire = await connect(edge)
    assert (await wire.call("Authorize", AUTHORIZE["v16"]))[0] == 3
    assert len(tries) == 3


async def test_an_owner_that_does_not_answer_is_asked_again(
    start_edge: StartEdge, platform: Platform, connect: Connect
) -> None:
    edge = await start_edge(attempt_seconds=0.2)
    tries: list[int] = []

    async def lost_once(*_: object) -> Any:
        tries.append(1)
        if len(tries) == 1:
            await asyncio.sleep(1)
        return AUTHORIZED["v16"]

    platform.handlers["Authorize"] = lost_once
    wire = await connect(edge)
    assert (await wire.call("Authorize", AUTHORIZE["v16"]))[0] == 3
    assert len(tries) == 2


async def test_after_the_hold_time_there_is_silence_and_the_slot_is_free(
    start_edge: StartEdge, platform: Platform, connect: Connect, bus: Bus, version: str
) -> None:
    edge = await start_edge(hold_seconds=0.3)
    await platform.stop("owners")
    wire = await connect(edge, "CP1", version)
    log = await Log.of(bus, "CP1")
    wire.start(*TRANSACTION[version])
    wire.start("Authorize", AUTHORIZE[version])
    first, second = await log.next(), await log.next()
    assert [first.outcome, second.outcome] == ["unanswered", "unanswered"]
    assert first.error["code"] == "NoOwner"
    await wire.silent()
    await platform.start("owners")
    authorizes(platform, version)
    assert (await wire.call("Authorize", AUTHORIZE[version], id="m2"))[:2] == [3, "m2"]


async def test_a_broken_owner_is_silence_for_a_transaction_message_only(
    edge: Edge, platform: Platform, connect: Connect, version: str
) -> None:
    action, payload = TRANSACTION[version]
    platform.handlers[action] = platform.handlers["Authorize"] = raises(RuntimeError("on purpose"))
    wire = await connect(edge, "CP1", version)
    wire.start(action, payload)
    wire.start("Authorize", AUTHORIZE[version])
    kind, number, code, *_ = await wire.message()
    assert (kind, number, code) == (4, "m2", "InternalError")


# -- one at a time, and the same again -------------------------------------------------------------


async def test_calls_that_come_too_early_are_answered_in_order(
    edge: Edge, platform: Platform, connect: Connect, version: str
) -> None:
    authorizes(platform, version)
    running: list[int] = []
    most: list[int] = []

    async def slowly(*_: object) -> Any:
        running.append(1)
        most.append(len(running))
        await asyncio.sleep(0.02)
        running.pop()
        return AUTHORIZED[version]

    platform.handlers["Authorize"] = slowly
    wire = await connect(edge, "CP1", version)
    sent = [wire.start("Authorize", AUTHORIZE[version]) for _ in range(6)]
    assert [(await wire.message())[1] for _ in sent] == sent
    assert max(most) == 1
    assert platform.calls[3][0].quirks == ["CALL before the answer to the last"]


async def test_too_many_calls_before_an_answer_close_the_socket(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    platform.handlers["Authorize"] = waits(asyncio.Event(), {})
    wire = await connect(edge)
    for _ in range(10):
        wire.start("Authorize", AUTHORIZE["v16"])
    closed = await wire.closing()
    assert (closed.code, closed.reason) == (1008, "too many CALLs before an answer")


async def test_a_call_that_comes_again_is_answered_from_memory(
    edge: Edge, platform: Platform, connect: Connect, version: str
) -> None:
    authorizes(platform, version)
    wire = await connect(edge, "CP1", version)
    answers = [await wire.call("Authorize", AUTHORIZE[version], id="same") for _ in range(3)]
    assert answers == [[3, "same", AUTHORIZED[version]]] * 3
    assert len(platform.calls) == 1


async def test_a_call_that_comes_again_while_it_is_handled_is_answered_once(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    gate = asyncio.Event()
    platform.handlers["Authorize"] = waits(gate, AUTHORIZED["v16"])
    wire = await connect(edge)
    for _ in range(3):
        wire.start("Authorize", AUTHORIZE["v16"], id="same")
    await platform.until(lambda: platform.calls)
    gate.set()
    assert (await wire.message())[1] == "same"
    assert (await wire.call("Heartbeat"))[1] == "m4"
    assert len(platform.calls) == 1


async def test_another_call_under_an_old_id_is_a_new_one(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    authorizes(platform, "v16")
    wire = await connect(edge)
    await wire.call("Authorize", {"idTag": "AA11"}, id="same")
    await wire.call("Authorize", {"idTag": "BB22"}, id="same")
    assert [call.id_tag for _, call in platform.calls] == ["AA11", "BB22"]
    assert platform.calls[1][0].quirks == ["message id used again"]


async def test_only_so_many_answers_are_remembered(
    start_edge: StartEdge, platform: Platform, connect: Connect
) -> None:
    edge = await start_edge(answers_remembered_max=2)
    authorizes(platform, "v16")
    wire = await connect(edge)
    for number in ("1", "2", "3", "1"):
        await wire.call("Authorize", AUTHORIZE["v16"], id=number)
    assert [station.message_id for station, _ in platform.calls] == ["1", "2", "3", "1"]


# -- boot ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["Pending", "Rejected", None])
async def test_before_the_boot_is_accepted_other_calls_are_refused(
    edge: Edge, platform: Platform, connect: Connect, version: str, status: Any
) -> None:
    """2.x B01.FR.10 and B02.FR.09; 1.6 errata."""
    platform.admissions["CP1"] = Admission(admitted=True, boot_status=status)
    authorizes(platform, version)
    wire = await connect(edge, "CP1", version)
    assert (await wire.call("Authorize", AUTHORIZE[version]))[2] == "SecurityError"
    assert (await wire.call("Heartbeat"))[2] == "SecurityError"
    action, payload = TRANSACTION[version]
    assert (await wire.call(action, payload))[0] == (3 if status is None else 4)
    assert (await wire.call("BootNotification", BOOTS[version]))[2]["status"] == "Accepted"
    assert (await wire.call("Authorize", AUTHORIZE[version]))[0] == 3


async def test_the_answer_to_a_boot_closes_the_gate_too(
    edge: Edge, platform: Platform, connect: Connect, version: str
) -> None:
    async def pending(*_: object) -> Any:
        return {**BOOT, "status": "Pending"}

    platform.handlers["BootNotification"] = pending
    wire = await connect(edge, "CP1", version)
    assert (await wire.call("Heartbeat"))[0] == 3
    await wire.call("BootNotification", BOOTS[version])
    assert (await wire.call("Heartbeat"))[2] == "SecurityError"


async def test_calls_sent_behind_a_boot_wait_for_its_answer(
    edge: Edge, platform: Platform, connect: Connect, version: str
) -> None:
    platform.admissions["CP1"] = Admission(admitted=True, boot_status=None)
    gate = asyncio.Event()
    platform.handlers["BootNotification"] = waits(gate, BOOT)
    wire = await connect(edge, "CP1", version)
    wire.start("BootNotification", BOOTS[version])
    wire.start("Heartbeat")
    await platform.until(lambda: platform.calls)
    gate.set()
    assert [(await wire.message())[:2] for _ in range(2)] == [[3, "m1"], [3, "m2"]]


# -- the message log -------------------------------------------------------------------------------


class Record(dict[str, Any]):
    """A log record as any reader of the bus sees it."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name)


class Log:
    """The records of one station, as they come."""

    def __init__(self, bus: Bus, station: str) -> None:
        self.records = bus.tail(subjects.log("default", station))

    @classmethod
    async def of(cls, bus: Bus, station: str) -> "Log":
        log = cls(bus, station)
        log.first = asyncio.ensure_future(anext(log.records))
        await asyncio.sleep(0)
        await bus.barrier()
        return log

    async def next(self) -> Record:
        _, body = await asyncio.wait_for(self.first, 10)
        self.first = asyncio.ensure_future(anext(self.records))
        return Record(json.loads(body))


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
