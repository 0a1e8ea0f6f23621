"""The records of a session told in any order to several instances: one line of corrections."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest_asyncio

from libs.bus.embedded import NatsServer
from libs.contracts.transactions import CdrView
from services.transactions.app import App
from tests.services.transactions import traces
from tests.services.transactions.conftest import Desk, ledger
from tests.services.transactions.traces import Plan

STATIONS = 12


@pytest_asyncio.fixture
async def pair(nats: NatsServer, database: str) -> AsyncIterator[list[App]]:
    async with ledger(nats, database) as one, ledger(nats, database) as two:
        yield [one, two]


async def charge(desk: Desk, station: str, seed: int) -> traces.Trace:
    """A session told twice, all at once and in any order."""
    dice = random.Random(seed)
    trace = traces.make(
        Plan(
            version=traces.VERSIONS[seed % 3],
            transaction=f"T{seed}",
            stop_token="TAG2",
            reset_at=dice.choice([-1, 2]),
            updates=6,
        )
    )
    if trace.plan.version == "v16":
        answer = await desk.say(station, trace.messages[0])
        trace = traces.renumbered(trace, answer.transaction_id)
    messages = trace.messages * 2
    dice.shuffle(messages)
    await asyncio.gather(*(desk.say(station, message) for message in messages))
    return trace


async def test_each_record_corrects_the_one_before_and_the_last_is_the_session(
    pair: list[App], desk: Desk
) -> None:
    told = await asyncio.gather(*(charge(desk, f"CP{n}", n) for n in range(STATIONS)))
    wanted: dict[tuple[str, int], Decimal | None] = {}
    for number, trace in enumerate(told):
        session = await desk.session(f"CP{number}")
        assert (session.energy_wh, session.events) == (trace.energy_wh, 8)
        records = sorted(await desk.cdrs(f"CP{number}"), key=lambda each: each.revision)
        assert [each.corrects for each in records] == [None, *(each.id for each in records[:-1])]
        last = records[-1]
        assert (session.cdr, session.energy_wh, session.ended_at) == (
            last.id,
            last.energy_wh,
            last.ended_at,
        )
        assert (last.complete, last.token) == (True, "TAG1")
        # A correction says something else than what it corrects.
        bills = [bill_of(each) for each in records]
        assert all(one != other for one, other in pairwise(bills))
        wanted |= {(each.transaction_id, each.revision): each.energy_wh for each in records}
    await ended_events_say(desk, wanted)


def bill_of(record: CdrView) -> CdrView:
    same = {"id": "", "revision": 0, "corrects": None, "created_at": record.ended_at}
    return msgspec.structs.replace(record, **same)


async def ended_events_say(desk: Desk, wanted: dict[tuple[str, int], Decimal | None]) -> None:
    """Each record was announced with the end of the same revision, with the same energy."""
    begin = datetime.now(UTC) - timedelta(hours=1)
    left = dict(wanted)
    async with asyncio.timeout(20):
        async for _, body in desk.bus.read_events(desk.tenant, start_time=begin):
            event = msgspec.json.decode(body)
            data = event["data"]
            if event["type"] != "transaction.ended":
                continue
            said = data.get("energy_wh")
            key = (data["id"], data.get("revision", 1))
            if key in left:
                assert left.pop(key) == (None if said is None else Decimal(said))
            if not left:
                return
