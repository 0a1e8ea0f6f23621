"""How to go on: asked of ``devices`` where there is something to explain, and never waited for."""

import asyncio
from typing import Any

import pytest

from libs.bus import Bus, Router
from libs.contracts.command import CommandResult
from libs.contracts.faults import Explain, Explanation
from libs.contracts.firmware import FirmwareSent
from libs.contracts.local_lists import ListSent, PartSent
from libs.contracts.logs import LogSent
from libs.contracts.reservations import Reserved
from libs.contracts.transactions import RemoteStarted
from services.api import hints
from services.api.examples.reservations import RESERVATION
from services.api.examples.spine import NOON
from services.api.hints import hinted

OFFLINE = CommandResult(status="offline")
REFUSED = CommandResult(status="answered", action="Reset", payload={"status": "Rejected"})
GRANTED = CommandResult(status="answered", action="Reset", payload={"status": "Accepted"})


class Expert:
    """Stands in for ``devices``."""

    def __init__(self) -> None:
        self.asked: list[Explain] = []
        self.free = asyncio.Event()
        self.free.set()


router = Router("expert")


@router.answers(Explain)
async def explain(expert: Expert, ask: Explain) -> Explanation:
    expert.asked.append(ask)
    await expert.free.wait()
    return Explanation(hint="Try again.")


@pytest.mark.parametrize(
    "answer",
    [
        REFUSED,
        OFFLINE,
        CommandResult(status="timeout"),
        CommandResult(status="error", code="InternalError"),
        RemoteStarted(result=REFUSED),
        Reserved(result=REFUSED, reservation=RESERVATION),
        LogSent(result=OFFLINE),
        FirmwareSent(result=OFFLINE),
    ],
    ids=lambda answer: type(answer).__name__,
)
async def test_what_did_not_succeed_is_explained(bus: Bus, tenant: str, answer: Any) -> None:
    serving = await bus.serve(router, Expert())
    told = await hinted(bus, tenant, answer)
    assert getattr(told, "result", told).hint == "Try again."
    await serving.stop()


async def test_the_last_part_of_a_list_is_explained(bus: Bus, tenant: str) -> None:
    expert = Expert()
    serving = await bus.serve(router, expert)
    parts = [PartSent(at=NOON, type="Full", version=1, result=each) for each in (GRANTED, REFUSED)]
    sent = ListSent(status="answered", accepted=False, parts=parts, version=1)
    told = await hinted(bus, tenant, sent)
    assert [part.result.hint for part in told.parts] == [None, "Try again."]
    assert [ask.result for ask in expert.asked] == [REFUSED]
    await serving.stop()


async def test_what_succeeded_is_asked_of_nobody(bus: Bus, tenant: str) -> None:
    expert = Expert()
    serving = await bus.serve(router, expert)
    assert await hinted(bus, tenant, GRANTED) == GRANTED
    assert expert.asked == []
    await serving.stop()


async def test_nobody_there_to_explain_costs_no_time(
    bus: Bus, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "PATIENCE_SECONDS", 30)
    async with asyncio.timeout(5):
        assert await hinted(bus, tenant, REFUSED) == REFUSED


async def test_an_explanation_that_does_not_come_is_not_waited_for(
    bus: Bus, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "PATIENCE_SECONDS", 0.1)
    expert = Expert()
    expert.free.clear()
    serving = await bus.serve(router, expert)
    assert await hinted(bus, tenant, REFUSED) == REFUSED
    expert.free.set()
    await serving.stop()
