"""Which session a message belongs to where its station does not say, or says it twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import structs

from libs.ocpp import v16
from services.transactions.app import App
from tests.services.transactions import traces
from tests.services.transactions.conftest import Desk
from tests.services.transactions.traces import Plan

AT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def start(desk: Desk, connector: int, tag: str, wh: int, minutes: int = 0) -> int:
    """A 1.6 session; its number."""
    call = v16.StartTransaction(
        connector_id=connector,
        id_tag=tag,
        meter_start=wh,
        timestamp=AT + minutes * MINUTE,
    )
    return (await desk.say("CP1", call)).transaction_id


def stop(number: int, wh: int, minutes: int, tag: str | None = None) -> v16.StopTransaction:
    return v16.StopTransaction(
        transaction_id=number,
        meter_stop=wh,
        timestamp=AT + minutes * MINUTE,
        id_tag=tag,
    )


def sample(connector: int, wh: int, minutes: int, number: int | None = None) -> v16.MeterValues:
    said: dict[str, Any] = {
        "connectorId": connector,
        "meterValue": [
            {
                "timestamp": traces.stamp(AT + minutes * MINUTE),
                "sampledValue": [{"value": str(wh)}],
            }
        ],
    }
    return msgspec.convert(
        said | ({} if number is None else {"transactionId": number}), v16.MeterValues
    )


async def told(desk: Desk) -> dict[int | None, tuple[str, Any]]:
    """Status and energy by connector."""
    return {each.evse: (each.status, each.energy_wh) for each in await desk.sessions("CP1")}


@pytest.mark.parametrize("number", [-1, 0])
async def test_a_stop_without_a_number_ends_the_session_of_its_token(
    app: App, desk: Desk, number: int
) -> None:
    await start(desk, 1, "A", 1000)
    await start(desk, 2, "B", 500, minutes=5)
    for _ in range(2):
        await desk.say("CP1", stop(number, 9000, 30, tag="a"))
    assert await told(desk) == {1: ("ended", 8000), 2: ("active", 0)}


@pytest.mark.parametrize("number", [-1, 0])
async def test_a_stop_without_a_number_ends_what_its_register_can_end(
    app: App, desk: Desk, number: int
) -> None:
    await start(desk, 1, "A", 1000)
    await start(desk, 2, "B", 500_000, minutes=5)
    await desk.say("CP1", stop(number, 9000, 30))
    assert await told(desk) == {1: ("ended", 8000), 2: ("active", 0)}


async def test_a_stop_that_may_end_several_sessions_ends_none(app: App, desk: Desk) -> None:
    """A wrong guess would bill two cars wrongly; their own ends come, or the rules close them."""
    await start(desk, 1, "A", 1000)
    await start(desk, 2, "B", 500, minutes=5)
    await desk.say("CP1", stop(-1, 9000, 30))
    assert await told(desk) == {
        1: ("active", 0),
        2: ("active", 0),
        None: ("ended", None),
    }


async def test_each_stop_with_number_0_is_a_stop_of_its_own(app: App, desk: Desk) -> None:
    """Some stations say 0 where others say -1: their sessions are not one."""
    for minutes, wh in ((0, 1000), (60, 7000)):
        await start(desk, 1, "A", wh, minutes)
        await desk.say("CP1", stop(0, wh + 4000, minutes + 30))
    sessions = await desk.sessions("CP1")
    assert [(each.status, each.energy_wh) for each in sessions] == [("ended", 4000)] * 2
    assert len(await desk.cdrs("CP1")) == 2


@pytest.mark.parametrize("number", [None, 0, -1])
async def test_values_without_a_number_are_of_the_session_at_their_connector(
    app: App, desk: Desk, number: int | None
) -> None:
    """1.6: transactionId is optional, and a session whose end is lost has nothing else."""
    known = await start(desk, 1, "A", 1000)
    await start(desk, 2, "B", 500)
    for message in (
        sample(1, 900, -5, number),
        sample(1, 3000, 5, number),
        sample(0, 700_000, 6, number),
        sample(1, 6000, 10, number),
        sample(1, 6000, 10, number),
    ):
        await desk.say("CP1", message)
    assert await told(desk) == {1: ("active", 5000), 2: ("active", 0)}
    await desk.say("CP1", sample(1, 9000, 40, number))
    await desk.say("CP1", stop(known, 7000, 30))
    assert await told(desk) == {1: ("ended", 6000), 2: ("active", 0)}
    await desk.say("CP1", sample(1, 9500, 50, number))
    ended = next(each for each in await desk.sessions("CP1") if each.evse == 1)
    assert (ended.energy_wh, ended.events) == (6000, 5)


async def test_a_name_of_another_protocol_is_another_session(app: App, desk: Desk) -> None:
    """A station that was upgraded from 1.6 to 2.0.1 and counts its transactions."""
    number = await start(desk, 1, "A", 1000)
    await desk.say("CP1", stop(number, 3000, 10))
    trace = traces.make(Plan(version="v201", transaction=str(number)))
    for message in trace.messages:
        await desk.say("CP1", message)
    await desk.say("CP1", structs.replace(trace.messages[-1]))
    sessions = await desk.sessions("CP1")
    assert sorted((each.version, each.energy_wh, each.events) for each in sessions) == [
        ("v16", 2000, 2),
        ("v201", 400, 7),
    ]
    assert len(await desk.cdrs("CP1")) == 2


async def test_a_name_that_a_station_gives_again_is_another_session(app: App, desk: Desk) -> None:
    """2.x: unique for ever (E01); not so at a station that counts and lost its count."""
    for day in range(3):
        trace = traces.make(Plan(version="v201", begin=AT + timedelta(days=day)))
        for message in (*trace.messages, *trace.messages[:1], trace.messages[-1]):
            await desk.say("CP1", message)
    sessions = await desk.sessions("CP1")
    assert [(each.energy_wh, each.events, each.flags) for each in sessions] == [(400, 7, [])] * 3
    assert sessions[0].transaction == "T-1"
    assert len(await desk.cdrs("CP1")) == 3
