"""CALLs of stations: asked of their owner, answered once, in order."""

import asyncio
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.bus import Bus, Unavailable
from services.edge.edge import Edge
from tests.services.edge.conftest import Connect, StartEdge
from tests.services.edge.log import Log
from tests.services.edge.messages import (
    AUTHORIZE,
    AUTHORIZED,
    TRANSACTION,
    authorizes,
)
from tests.services.edge.platform import Platform, raises, waits

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
