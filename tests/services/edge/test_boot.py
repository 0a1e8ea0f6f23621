"""Until a station is accepted, it may boot and nothing else (B02, B03)."""

import asyncio
from typing import Any

import pytest

from libs.contracts.stations import Admission
from services.edge.edge import Edge
from tests.services.edge.conftest import Connect
from tests.services.edge.messages import (
    AUTHORIZE,
    BOOTS,
    TRANSACTION,
    authorizes,
)
from tests.services.edge.platform import BOOT, Platform, waits


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
