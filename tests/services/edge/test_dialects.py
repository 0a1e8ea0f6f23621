"""Dialects at the edge: what is expected is no news, and stations are spoken to as they need it."""

import asyncio
import json
from datetime import datetime
from typing import Any

import pytest

from libs.bus import Bus, TimedOut
from libs.contracts.dialects import DialectDecided
from libs.contracts.stations import Admission
from libs.ocpp.dialect import Speech, Times
from services.edge.edge import Edge
from tests.services.edge.conftest import Connect
from tests.services.edge.log import Log
from tests.services.edge.messages import BOOTS
from tests.services.edge.platform import TENANT, Platform
from tests.services.edge.wire import Wire

ODD = {"connectorId": "1", "errorCode": "NoError", "status": "Available"}
WHOLE = Speech(times=Times(fraction=False))


async def station(
    edge: Edge, platform: Platform, connect: Connect, speech: Speech | None, **admission: Any
) -> Wire:
    known = {"boot_status": "Accepted", **admission}
    platform.admissions["CP1"] = Admission(admitted=True, speech=speech, **known)
    wire = await connect(edge, "CP1", "v16")
    await platform.until(lambda: platform.connected)
    return wire


@pytest.mark.parametrize(
    ("speech", "news"),
    [
        (None, ["text as number $.connectorId"]),
        (Speech(expects=frozenset({"time"})), ["text as number $.connectorId"]),
        (Speech(expects=frozenset({"text as number"})), []),
    ],
)
async def test_an_expected_quirk_is_mended_and_no_news(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus, speech: Speech, news: list[str]
) -> None:
    log = await Log.of(bus, "CP1")
    wire = await station(edge, platform, connect, speech)
    assert (await wire.call("StatusNotification", ODD))[0] == 3
    record = await log.next()
    told, call = platform.calls[-1]
    assert (told.quirks, call.connector_id, record.quirks or []) == (news, 1, news)


@pytest.mark.parametrize(
    ("expects", "kind"), [(frozenset[str](), 4), (frozenset({"text as number"}), 3)]
)
async def test_a_strict_station_may_be_as_its_dialect_says_and_no_worse(
    edge: Edge, platform: Platform, connect: Connect, expects: frozenset[str], kind: int
) -> None:
    wire = await station(edge, platform, connect, Speech(expects=expects), strict=True)
    assert (await wire.call("StatusNotification", ODD))[0] == kind
    assert (await wire.call("StatusNotification", {**ODD, "more": 1}))[0] == 4


@pytest.mark.parametrize("speech", [None, WHOLE])
async def test_times_are_written_as_it_can_read_them(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus, speech: Speech | None
) -> None:
    """In answers of the edge, in those of the owners and in CALLs."""
    wire = await station(edge, platform, connect, speech)
    platform.handlers["BootNotification"] = times
    beat = (await wire.call("Heartbeat"))[2]["currentTime"]
    boot = (await wire.call("BootNotification", BOOTS["v16"]))[2]["currentTime"]
    body = json.dumps({"connectorId": 1, "expiryDate": EXACT, "idTag": "A", "reservationId": 1})
    asked = asyncio.create_task(
        bus.call_raw("default", "CP1", "v16", "ReserveNow", body.encode(), timeout=5)
    )
    _, number, _, payload = await wire.message()
    wire.text(json.dumps([3, number, {"status": "Accepted"}]))
    await asked
    exact = speech is None
    assert ["." in time for time in (beat, boot, payload["expiryDate"])] == [exact] * 3
    assert datetime.fromisoformat(beat).tzinfo is not None
    assert boot == (EXACT if exact else "2026-01-31T12:00:00Z")


EXACT = "2026-01-31T12:00:00.250Z"


async def times(*_: object) -> dict[str, Any]:
    return {"currentTime": EXACT, "interval": 300, "status": "Accepted"}


async def test_a_dialect_that_a_boot_decides_holds_for_its_answer(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    """The registry tells it before it answers, on the same way."""
    wire = await station(edge, platform, connect, None)

    async def decide(*_: object) -> dict[str, Any]:
        platform.bus.tell(DialectDecided(tenant=TENANT, station="CP1", speech=WHOLE))
        return await times()

    platform.handlers["BootNotification"] = decide
    for _ in range(20):
        answer = await wire.call("BootNotification", BOOTS["v16"])
        assert answer[2]["currentTime"] == "2026-01-31T12:00:00Z"


async def test_a_slow_station_is_asked_the_next_thing_when_it_is_done(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus
) -> None:
    """The first caller learns that it took too long; the second CALL waits for the late answer."""
    wire = await station(edge, platform, connect, Speech(answer_seconds=20))

    def ask(seconds: float) -> "asyncio.Task[bytes]":
        call = bus.call_raw("default", "CP1", "v16", "ClearCache", b"{}", timeout=seconds)
        return asyncio.create_task(call)

    first = ask(0.2)
    _, number, *_ = await wire.message()
    second = ask(5)
    with pytest.raises(TimedOut):
        await first
    await wire.silent()
    wire.text(json.dumps([3, number, {"status": "Rejected"}]))
    _, number, *_ = await wire.message()
    wire.text(json.dumps([3, number, {"status": "Accepted"}]))
    assert json.loads(await second) == {"status": "Accepted"}


async def test_a_slow_station_has_its_time_and_no_more(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus
) -> None:
    wire = await station(edge, platform, connect, Speech(answer_seconds=0.4))
    calls = [
        asyncio.create_task(
            bus.call_raw("default", "CP1", "v16", "ClearCache", b"{}", timeout=seconds)
        )
        for seconds in (0.1, 5)
    ]
    await wire.message()
    with pytest.raises(TimedOut):
        await calls[0]
    _, number, *_ = await wire.message()
    wire.text(json.dumps([3, number, {"status": "Accepted"}]))
    assert json.loads(await calls[1]) == {"status": "Accepted"}


@pytest.mark.parametrize("early", [True, False])
async def test_a_status_before_the_boot_is_taken_from_who_is_known_for_it(
    edge: Edge, platform: Platform, connect: Connect, *, early: bool
) -> None:
    wire = await station(edge, platform, connect, Speech(early_status=early), boot_status=None)
    status = {**ODD, "connectorId": 1}
    assert (await wire.call("StatusNotification", status))[0] == (3 if early else 4)
    assert (await wire.call("Authorize", {"idTag": "A"}))[0] == 4
