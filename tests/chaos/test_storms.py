"""What one station or a thousand do at once is nobody else's trouble."""

import asyncio
from contextlib import suppress

import pytest
from picows import WSError

from tests import bare
from tests.chaos.fleet import Fleet
from tests.system import System

NEIGHBOURS = 50
CROWD = 1_000
CONNECTS_AT_ONCE = 100
FLAP_SECONDS = 60
FLAP_PAUSE_SECONDS = 0.02
TOKEN = "DEMO0001"


async def undisturbed(fleet: Fleet) -> None:
    """No call of the neighbours failed, none was refused, none had to connect again."""
    await fleet.finish()
    assert [driver.failed for driver in fleet.drivers] == [0] * NEIGHBOURS
    assert [driver.connects for driver in fleet.drivers] == [1] * NEIGHBOURS
    assert await fleet.compare() == []


@pytest.mark.timeout(FLAP_SECONDS + 120)
async def test_a_station_that_reconnects_all_the_time_disturbs_nobody(system: System) -> None:
    async with Fleet(system, NEIGHBOURS, "NEAR-FLAP") as fleet:
        attempts = refusals = 0
        loop = asyncio.get_running_loop()
        until = loop.time() + FLAP_SECONDS
        while loop.time() < until:
            attempts += 1
            try:
                socket = await bare.connect(system.ocpp_url, "FLAPPER")
                socket.close()
            except (WSError, OSError):
                refusals += 1
            await asyncio.sleep(FLAP_PAUSE_SECONDS)
        assert attempts > FLAP_SECONDS
        assert refusals > 0
        await undisturbed(fleet)


@pytest.mark.timeout(180)
async def test_a_thousand_sessions_in_a_second_disturb_nobody(system: System) -> None:
    async with Fleet(system, NEIGHBOURS, "NEAR-STORM") as fleet:
        gate = asyncio.Semaphore(CONNECTS_AT_ONCE)

        async def come(number: int) -> bare.Socket:
            async with gate:
                return await bare.boot(system.ocpp_url, f"STORM-{number}")

        sockets = await asyncio.gather(*(come(number) for number in range(CROWD)))
        starts = [
            socket.ask("TransactionEvent", started(number)) for number, socket in enumerate(sockets)
        ]
        answers = await asyncio.gather(*starts)
        assert [a["idTokenInfo"]["status"] for a in answers] == ["Accepted"] * CROWD
        for socket in sockets:
            with suppress(OSError):
                socket.close()
        await undisturbed(fleet)
    stored = await system.all("transactions", token=TOKEN, status="active")
    ours = [t["transaction"] for t in stored if t["station"].startswith("STORM-")]
    assert sorted(ours) == sorted(f"storm-{number}" for number in range(CROWD))


def started(number: int) -> dict[str, object]:
    return {
        "eventType": "Started",
        "timestamp": "2026-11-22T12:00:00Z",
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": f"storm-{number}"},
        "idToken": {"idToken": TOKEN, "type": "ISO14443"},
        "evse": {"id": 1, "connectorId": 1},
    }
