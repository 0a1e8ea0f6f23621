"""CALLs to stations: one at a time, each with its deadline; the caller learns how it ended."""

import asyncio
import json
from typing import Any

import pytest

from libs.bus import Bus, BusError, CallFailed, Offline, TimedOut
from libs.contracts.stations import Admission
from services.edge.edge import Edge
from tests.services.edge.conftest import Connect, StartEdge
from tests.services.edge.platform import Platform
from tests.services.edge.test_calls_up import Log
from tests.services.edge.wire import Wire

RESET: dict[str, Any] = {
    "v16": {"type": "Hard"},
    "v201": {"type": "Immediate"},
    "v21": {"type": "Immediate"},
}
ACCEPTED = {"status": "Accepted"}


def ask(
    bus: Bus, version: Any, action: str = "Reset", payload: Any = None, timeout: float = 5
) -> "asyncio.Task[bytes]":
    body = json.dumps(RESET[version] if payload is None else payload).encode()
    return asyncio.create_task(
        bus.call_raw("default", "CP1", version, action, body, timeout=timeout)
    )


async def failure(task: "asyncio.Task[bytes]") -> BusError:
    with pytest.raises(BusError) as caught:
        await task
    return caught.value


async def open_station(edge: Edge, platform: Platform, connect: Connect, version: str) -> Wire:
    wire = await connect(edge, "CP1", version)
    await platform.until(lambda: platform.connected)
    return wire


async def test_the_caller_gets_what_the_station_answered(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus, version: str
) -> None:
    wire = await open_station(edge, platform, connect, version)
    asked = ask(bus, version)
    kind, number, action, payload = await wire.message()
    assert (kind, action, payload) == (2, "Reset", RESET[version])
    wire.text(f'[3,"{number}",{{"status":  "Accepted"}}]')
    assert await asked == b'{"status":  "Accepted"}'


async def test_ids_are_never_used_again(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus
) -> None:
    seen: set[str] = set()
    for _ in range(2):
        wire = await connect(edge)
        await platform.until(lambda: platform.connected)
        for _ in range(3):
            asked = ask(bus, "v16")
            _, number, *_ = await wire.message()
            wire.text(json.dumps([3, number, ACCEPTED]))
            await asked
            seen.add(number)
        wire.cut()
        await platform.until(lambda: platform.disconnected)
        platform.connected.clear()
        platform.disconnected.clear()
    assert len(seen) == 6
    assert max(len(number) for number in seen) <= 36


async def test_a_callerror_is_told_with_its_code_and_details(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus, version: str
) -> None:
    """Stations mix spellings: any code is passed on."""
    wire = await open_station(edge, platform, connect, version)
    asked = ask(bus, version)
    _, number, *_ = await wire.message()
    wire.text(json.dumps([4, number, "FormationViolation", "no", {"why": 1}]))
    error = await failure(asked)
    assert isinstance(error, CallFailed)
    assert (error.code, error.description, error.details) == (
        "FormationViolation",
        "no",
        {"why": 1},
    )


async def test_a_station_that_does_not_answer_is_timed_out_and_its_slot_is_free(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus
) -> None:
    wire = await open_station(edge, platform, connect, "v16")
    asked = ask(bus, "v16", timeout=0.2)
    _, late, *_ = await wire.message()
    assert isinstance(await failure(asked), TimedOut)
    again = ask(bus, "v16")
    _, number, *_ = await wire.message()
    wire.text(json.dumps([3, late, {"status": "Rejected"}]))
    wire.text(json.dumps([3, number, ACCEPTED]))
    assert json.loads(await again) == ACCEPTED


async def test_one_call_is_under_way_at_a_time_and_the_others_wait_in_order(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus
) -> None:
    wire = await open_station(edge, platform, connect, "v201")
    asked = [ask(bus, "v201", "ClearCache", {}) for _ in range(5)]
    for task in asked:
        _, number, *_ = await wire.message()
        await wire.silent(0.05)
        assert not task.done()
        wire.text(json.dumps([3, number, ACCEPTED]))
        assert json.loads(await task) == ACCEPTED


async def test_a_call_whose_turn_does_not_come_is_timed_out(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus
) -> None:
    wire = await open_station(edge, platform, connect, "v16")
    first = ask(bus, "v16")
    _, number, *_ = await wire.message()
    second = ask(bus, "v16", timeout=0.2)
    error = await failure(second)
    assert (type(error), error.description) == (TimedOut, "its turn did not come in time")
    wire.text(json.dumps([3, number, ACCEPTED]))
    await first
    await wire.silent(0.1)


async def test_only_so_many_calls_wait(
    start_edge: StartEdge, platform: Platform, connect: Connect, bus: Bus
) -> None:
    edge = await start_edge(calls_down_waiting_max=2)
    wire = await open_station(edge, platform, connect, "v16")
    first = ask(bus, "v16")
    _, number, *_ = await wire.message()
    waiting = [ask(bus, "v16") for _ in range(2)]
    await bus.barrier()
    refused = await failure(ask(bus, "v16"))
    assert (refused.code, refused.passing) == ("Unavailable", True)
    for task in (first, *waiting):
        wire.text(json.dumps([3, number, ACCEPTED]))
        await task
        if task is not waiting[-1]:
            _, number, *_ = await wire.message()


async def test_calls_cross(edge: Edge, platform: Platform, connect: Connect, bus: Bus) -> None:
    """Both directions have a slot of their own."""
    wire = await open_station(edge, platform, connect, "v16")
    asked = ask(bus, "v16")
    _, number, *_ = await wire.message()
    assert (await wire.call("DataTransfer", {"vendorId": "me"}))[0] == 3
    wire.text(json.dumps([3, number, ACCEPTED]))
    assert json.loads(await asked) == ACCEPTED


async def test_a_station_that_is_not_here_is_offline_at_once(
    edge: Edge, platform: Platform, bus: Bus
) -> None:
    assert isinstance(await failure(ask(bus, "v16")), Offline)


async def test_calls_of_a_socket_that_closes_are_offline(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus
) -> None:
    wire = await open_station(edge, platform, connect, "v16")
    tasks = [ask(bus, "v16", timeout=30) for _ in range(3)]
    await wire.message()
    wire.cut()
    assert [type(await failure(task)) for task in tasks] == [Offline] * 3


async def test_a_call_in_another_version_is_refused(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus
) -> None:
    wire = await open_station(edge, platform, connect, "v16")
    error = await failure(ask(bus, "v201"))
    assert (error.code, error.description) == ("Conflict", "the station speaks OCPP 1.6")
    await wire.silent(0.1)


# -- answers that are not what they should be ------------------------------------------------------


async def test_an_answer_that_fits_no_schema_fails_the_call(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus, version: str
) -> None:
    """2.1 part 4, 4.2.4: the station is told with CALLRESULTERROR."""
    wire = await open_station(edge, platform, connect, version)
    asked = ask(bus, version)
    _, number, *_ = await wire.message()
    wire.text(json.dumps([3, number, {"status": "Maybe"}]))
    error = await failure(asked)
    assert isinstance(error, CallFailed)
    assert error.code == "PropertyConstraintViolation"
    assert "$.status" in error.description
    if version == "v21":
        kind, told, code, *_ = await wire.message()
        assert (kind, told, code) == (5, number, "PropertyConstraintViolation")
    await wire.silent(0.1)


@pytest.mark.parametrize("strict", [True, False])
async def test_a_sloppy_answer_is_mended_for_a_tolerant_station(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus, strict: bool
) -> None:
    platform.admissions["CP1"] = Admission(admitted=True, boot_status="Accepted", strict=strict)
    wire = await open_station(edge, platform, connect, "v16")
    asked = ask(bus, "v16")
    _, number, *_ = await wire.message()
    wire.text(json.dumps([3, number, {"status": "accepted"}]))
    if strict:
        assert isinstance(await failure(asked), CallFailed)
    else:
        assert json.loads(await asked) == ACCEPTED


@pytest.mark.parametrize("strict", [True, False])
async def test_nul_is_taken_out_of_an_answer(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus, strict: bool
) -> None:
    platform.admissions["CP1"] = Admission(admitted=True, boot_status="Accepted", strict=strict)
    wire = await open_station(edge, platform, connect, "v16")
    asked = ask(bus, "v16", "DataTransfer", {"vendorId": "me"})
    _, number, *_ = await wire.message()
    wire.text(json.dumps([3, number, {"status": "Accepted", "data": "a\0b"}]))
    if strict:
        assert isinstance(await failure(asked), CallFailed)
    else:
        assert json.loads(await asked) == {"status": "Accepted", "data": "ab"}


async def test_a_broken_frame_under_the_id_of_our_call_fails_it(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus, version: str
) -> None:
    wire = await open_station(edge, platform, connect, version)
    asked = ask(bus, version)
    _, number, *_ = await wire.message()
    wire.text(json.dumps([3, number]))
    assert isinstance(await failure(asked), CallFailed)


# -- boot ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "payload", "sent", "message"),
    [
        (
            "TriggerMessage",
            {"requestedMessage": "StatusNotification"},
            "StatusNotification",
            {
                "timestamp": "2026-01-31T12:00:00Z",
                "connectorStatus": "Available",
                "evseId": 1,
                "connectorId": 1,
            },
        ),
        (
            "GetBaseReport",
            {"requestId": 1, "reportBase": "FullInventory"},
            "NotifyReport",
            {"requestId": 1, "generatedAt": "2026-01-31T12:00:00Z", "seqNo": 0},
        ),
    ],
)
async def test_a_pending_station_may_send_what_it_was_asked_for(
    edge: Edge,
    platform: Platform,
    connect: Connect,
    bus: Bus,
    action: str,
    payload: Any,
    sent: str,
    message: Any,
) -> None:
    """B02.FR.02, F06: the station is Pending, and yet."""
    platform.admissions["CP1"] = Admission(admitted=True, boot_status="Pending")
    wire = await open_station(edge, platform, connect, "v201")
    assert (await wire.call(sent, message))[2] == "SecurityError"
    asked = ask(bus, "v201", action, payload)
    _, number, *_ = await wire.message()
    wire.text(json.dumps([3, number, ACCEPTED]))
    await asked
    assert (await wire.call(sent, message, id="asked"))[0] == 3
    assert (await wire.call("Heartbeat"))[2] == "SecurityError"


async def test_a_rejected_station_is_not_called(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus, version: str
) -> None:
    """B03.FR.04: nothing is sent to a station whose boot was rejected."""
    platform.admissions["CP1"] = Admission(admitted=True, boot_status="Rejected")
    wire = await open_station(edge, platform, connect, version)
    assert (await failure(ask(bus, version))).code == "Conflict"
    await wire.silent(0.1)


# -- the message log -------------------------------------------------------------------------------


async def test_every_call_down_is_in_the_log(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus
) -> None:
    log = await Log.of(bus, "CP1")
    wire = await open_station(edge, platform, connect, "v16")
    asked = ask(bus, "v16")
    _, number, *_ = await wire.message()
    wire.text(json.dumps([3, number, ACCEPTED]))
    await asked
    answered = await log.next()
    assert (answered.direction, answered.id, answered.action) == ("down", number, "Reset")
    assert (answered.outcome, answered.request, answered.response) == (
        "answered",
        RESET["v16"],
        ACCEPTED,
    )
    asked = ask(bus, "v16")
    _, number, *_ = await wire.message()
    wire.text(json.dumps([4, number, "NotSupported", "no", {}]))
    await failure(asked)
    failed = await log.next()
    assert (failed.outcome, failed.error) == (
        "error",
        {"code": "NotSupported", "description": "no"},
    )
    await failure(ask(bus, "v16", timeout=0.1))
    assert (await log.next()).outcome == "timeout"
    asked = ask(bus, "v16")
    await wire.message()
    await wire.message()
    wire.cut()
    await failure(asked)
    assert (await log.next()).outcome == "unanswered"


async def test_a_new_password_is_not_in_the_log(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus
) -> None:
    """A01: the station gets it, whoever reads the log does not."""
    log = await Log.of(bus, "CP1")
    wire = await open_station(edge, platform, connect, "v16")
    change = {"key": "AuthorizationKey", "value": "6d61646575706d6164657570"}
    asked = ask(bus, "v16", "ChangeConfiguration", change)
    _, number, _, sent = await wire.message()
    wire.text(json.dumps([3, number, ACCEPTED]))
    await asked
    logged = await log.next()
    assert (sent, logged.request) == (change, {"key": "AuthorizationKey", "value": "***"})
