"""What several instances do of their own accord: each thing once, and nothing for ever."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio

from libs.bus import Address, Bus
from libs.bus.embedded import NatsServer
from libs.contracts.device_model import (
    FetchVariables,
    Item,
    ListVariables,
    RequestReport,
    WriteVariables,
)
from libs.contracts.devices import GetRequest, RequestView
from libs.contracts.stations import StationBooted, StationRemoved, StationView
from services.devices import __main__ as devices
from tests.services.devices.box import Box, boxes
from tests.services.service import announce, eventually, running

KEY = {"key": "HeartbeatInterval", "readonly": False, "value": "60"}


@pytest_asyncio.fixture
async def two(nats: NatsServer, database: str, bus: Bus) -> AsyncGenerator[None]:
    """Two instances that have little patience."""
    settings: Any = {
        "nats_url": nats.url,
        "postgres_dsn": database,
        "report_patience_seconds": 0.3,
        "inventory_spread_seconds": 0,
    }
    async with running(devices, **settings), running(devices, **settings):
        yield


def booted(box: Box, **more: Any) -> StationBooted:
    fields = {"status": "Accepted", "vendor": "V", "model": "M", "firmware": "1", **more}
    at = fields.pop("at", datetime.now(UTC))
    return StationBooted(
        tenant=box.to.tenant, at=at, station=box.to.station, version=box.version, **fields
    )


async def test_a_report_that_never_ends_is_given_up_after_two_repeats(
    two: None, bus: Bus, tenant: str
) -> None:
    """B07: of two instances one asks again, and what came is kept."""
    box = Box(bus, Address(tenant, "CP1"), "v201")
    ask = RequestReport(tenant=tenant, station="CP1", base="FullInventory", timeout_seconds=5)
    async with boxes(bus, box):
        sent = await bus.ask(ask)
        data = {
            "component": {"name": "A"},
            "variable": {"name": "B"},
            "variableAttribute": [{"value": "1"}],
        }
        body = {
            "generatedAt": "2026-11-22T10:00:00Z",
            "seqNo": 1,
            "tbc": True,
            "reportData": [data],
        }
        number = box.calls[0][1]["requestId"]
        await box.say("NotifyReport", {"requestId": number, **body})

        async def view() -> RequestView:
            return await bus.ask(GetRequest(tenant=tenant, request=sent.request))

        seen = await eventually(view, lambda seen: seen.progress != "running")
    assert (seen.progress, seen.repeats, seen.parts_missing) == ("incomplete", 2, [0])
    assert len({call["requestId"] for _, call in box.calls}) == len(box.calls) == 3
    assert len((await bus.ask(ListVariables(tenant=tenant, station="CP1"))).items) == 1


async def test_many_stations_that_boot_at_once_are_asked_once_each(
    two: None, bus: Bus, tenant: str
) -> None:
    found = [Box(bus, Address(tenant, f"CP{n}"), "v16") for n in range(30)]
    for box in found:
        box.answers["GetConfiguration"] = lambda _: {"configurationKey": [KEY]}
    async with boxes(bus, *found):
        for box in found:
            event = booted(box)
            await announce(bus, event)
            await announce(bus, event)
        for box in found:
            await box.asked(1)

        async def known() -> int:
            return sum([
                len((await bus.ask(ListVariables(tenant=tenant, station=b.to.station))).items)
                for b in found
            ])  # fmt: skip

        await eventually(known, lambda count: count == len(found))
        late = booted(found[0], at=datetime.now(UTC) - timedelta(hours=1), firmware="0")
        await announce(bus, late)
        new = booted(found[1], firmware="2")
        await announce(bus, new)
        await found[1].asked(2)
    assert [len(box.calls) for box in found] == [1, 2, *[1] * 28]


async def test_a_station_that_cannot_be_asked_yet_is_asked_later(
    two: None, bus: Bus, tenant: str, monkeypatch: Any
) -> None:
    """The registry does not answer at first."""
    monkeypatch.setattr("services.devices.inventory.RETRY_SECONDS", 0.2)
    box = Box(bus, Address(tenant, "CP1"), "v201")
    answers = iter([("InternalError", "not yet")])
    box.answers["GetBaseReport"] = lambda _: next(answers, {"status": "EmptyResultSet"})
    async with boxes(bus, box):
        await announce(bus, booted(box))
        await box.asked(2)
    assert [call["reportBase"] for _, call in box.calls] == ["FullInventory"] * 2


async def test_what_was_learned_of_a_firmware_is_forgotten_with_it(
    two: None, bus: Bus, tenant: str
) -> None:
    """And what waited for a reboot is in effect."""
    box = Box(bus, Address(tenant, "CP1"), "v201")
    box.view = StationView(tenant=tenant, id="CP1", protocol="v201", automatic=False)
    most = 2

    def answer(call: dict[str, Any]) -> Any:
        asked = call["getVariableData"]
        if len(asked) > most:
            return ("OccurrenceConstraintViolation", "too many")
        results = [{**a, "attributeStatus": "Accepted", "attributeValue": "1"} for a in asked]
        return {"getVariableResult": results}

    box.answers["GetVariables"] = answer
    box.answers["SetVariables"] = lambda call: {
        "setVariableResult": [
            {"component": d["component"], "variable": d["variable"], "attributeStatus": status}
            for d in call["setVariableData"]
            for status in ["RebootRequired"]
        ]
    }
    items = [Item(component="A", variable=f"V{n}") for n in range(4)]
    fetch = FetchVariables(tenant=tenant, station="CP1", items=items, timeout_seconds=5)
    new = Item(component="A", variable="V0", value="2")
    async with boxes(bus, box):
        await announce(bus, booted(box))
        await bus.ask(fetch)
        await bus.ask(WriteVariables(tenant=tenant, station="CP1", items=[new], timeout_seconds=5))
        most = 4
        box.calls.clear()
        await bus.ask(fetch)
        assert len(box.calls) == 2
        await announce(bus, booted(box, firmware="2"))

        async def value() -> Any:
            shown = (await bus.ask(ListVariables(tenant=tenant, station="CP1"))).items[0]
            return (shown.value, shown.pending, shown.source)

        await eventually(value, lambda now: now == ("2", None, "boot"))

        async def calls() -> int:
            box.calls.clear()
            await bus.ask(fetch)
            return len(box.calls)

        await eventually(calls, lambda count: count == 1)


async def test_a_station_that_is_removed_is_forgotten(two: None, bus: Bus, tenant: str) -> None:
    """But not what one of the same name tells afterwards."""
    box = Box(bus, Address(tenant, "CP1"), "v201")
    ask = ListVariables(tenant=tenant, station="CP1")

    async def names() -> list[str]:
        return [shown.variable for shown in (await bus.ask(ask)).items]

    async def tell(name: str) -> None:
        data = {
            "component": {"name": "A"},
            "variable": {"name": name},
            "variableAttribute": [{"value": "1"}],
        }
        body = {"generatedAt": "2026-11-22T10:00:00Z", "requestId": 1, "seqNo": 0}
        await box.say("NotifyReport", {**body, "reportData": [data]})

    await tell("Old")
    gone = StationRemoved(tenant=tenant, at=datetime.now(UTC), station="CP1")
    await tell("New")
    await announce(bus, gone)
    assert await eventually(names, lambda now: now != ["New", "Old"]) == ["New"]
