"""Dialects in the registry: who has which, and who is told."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from libs.bus import Bus, Conflict, Invalid, NotFound, Router, envelope
from libs.bus.envelope import Up
from libs.contracts.dialects import (
    ApplyProbe,
    DialectDecided,
    GetDialect,
    GetStationDialect,
    ListDialects,
    ProbeStation,
)
from libs.contracts.stations import (
    Admit,
    ChangeAvailability,
    EvseSpec,
    GetStation,
    ListStations,
    PutStation,
    ResetStation,
    TriggerMessage,
)
from libs.runtime import CannotStart
from tests.services.stations.conftest import Start

numbers = itertools.count(1)


async def boot(bus: Bus, tenant: str, vendor: str, model: str = "M", firmware: str = "1") -> None:
    payload = {
        "chargePointVendor": vendor,
        "chargePointModel": model,
        "firmwareVersion": firmware,
    }
    up = Up(
        id=f"b{next(numbers)}",
        received_at=datetime.now(UTC),
        edge="e1",
        epoch=1,
        payload=msgspec.Raw(msgspec.json.encode(payload)),
    )
    await bus.up(tenant, "CP1", "v16", "BootNotification", envelope.encode(up), timeout=5)


async def admitted(bus: Bus, tenant: str) -> Any:
    ask = Admit(station="CP1", edge="e1", remote="", named_tenant=tenant, version="v16")
    return (await bus.ask(ask)).speech


async def name(bus: Bus, tenant: str) -> str | None:
    return (await bus.ask(GetStation(tenant=tenant, station="CP1"))).dialect


@asynccontextmanager
async def told(bus: Bus) -> AsyncIterator[list[DialectDecided]]:
    """What edges hear."""
    heard: list[DialectDecided] = []
    router = Router("edge")

    @router.hears(DialectDecided)
    async def decided(app: object, notice: DialectDecided) -> None:
        heard.append(notice)

    serving = await bus.serve(router, None)
    yield heard
    await serving.stop()


async def test_a_boot_decides_by_vendor_model_and_firmware(
    service: Any, bus: Bus, tenant: str
) -> None:
    async with told(bus) as heard:
        await bus.ask(PutStation(tenant=tenant, station="CP1"))
        assert await admitted(bus, tenant) is None
        await boot(bus, tenant, "Nobody")
        assert (await name(bus, tenant), heard) == (None, [])
        await boot(bus, tenant, "Growatt")
        assert await name(bus, tenant) == "growatt-thor"
        assert heard[-1].speech is not None
        assert heard[-1].speech.expects == {"time"}
        assert (await admitted(bus, tenant)).expects == {"time"}
        listed = await bus.ask(ListStations(tenant=tenant))
        assert [view.dialect for view in listed.items] == ["growatt-thor"]
        await boot(bus, tenant, "Nobody")
        assert heard[-1].speech is None
        assert await admitted(bus, tenant) is None


async def test_an_operator_chooses_and_takes_it_back(service: Any, bus: Bus, tenant: str) -> None:
    await bus.ask(PutStation(tenant=tenant, station="CP1"))
    await boot(bus, tenant, "Growatt")
    async with told(bus) as heard:
        changed = await bus.ask(PutStation(tenant=tenant, station="CP1", dialect="enovates"))
        assert changed.dialect == "enovates"
        async with asyncio.timeout(10):
            while not heard:
                await asyncio.sleep(0.01)
        assert heard[0].speech is not None
        assert not heard[0].speech.times.fraction
    shown = await bus.ask(GetStationDialect(tenant=tenant, station="CP1"))
    assert (shown.name, shown.origin) == ("enovates", "operator")
    back = await bus.ask(PutStation(tenant=tenant, station="CP1", dialect=None))
    assert back.dialect == "growatt-thor"
    plain = await bus.ask(PutStation(tenant=tenant, station="CP1", dialect="standard"))
    assert plain.dialect == "standard"
    assert await admitted(bus, tenant) is None
    with pytest.raises(Invalid) as error:
        await bus.ask(PutStation(tenant=tenant, station="CP1", dialect="nonsense"))
    assert error.value.details["field"] == "dialect"


async def test_labels_are_kept(service: Any, bus: Bus, tenant: str) -> None:
    put = await bus.ask(PutStation(tenant=tenant, station="CP1", labels=["north", "fleet"]))
    assert put.labels == ["north", "fleet"]
    assert (await bus.ask(PutStation(tenant=tenant, station="CP1", strict=True))).labels == [
        "north",
        "fleet",
    ]
    for wrong in (["a", "a"], [""], ["x" * 101]):
        with pytest.raises(Invalid):
            await bus.ask(PutStation(tenant=tenant, station="CP1", labels=wrong))


async def test_all_dialects_are_listed_page_by_page(service: Any, bus: Bus, tenant: str) -> None:
    names: list[str] = []
    after: str | None = None
    while True:
        page = await bus.ask(ListDialects(tenant=tenant, after=after, limit=4))
        names += [dialect.name for dialect in page.items]
        if (after := page.next) is None:
            break
    assert names == sorted(set(names))
    assert len(names) > 5
    assert (await bus.ask(GetDialect(tenant=tenant, name="enovates"))).times.fraction is False
    with pytest.raises(NotFound):
        await bus.ask(GetDialect(tenant=tenant, name="nonsense"))
    with pytest.raises(NotFound):
        await bus.ask(GetStationDialect(tenant=tenant, station="nobody"))


async def test_a_folder_adds_dialects_and_a_bad_one_stops_the_start(
    start: Start, bus: Bus, tenant: str, tmp_path: Path
) -> None:
    file = tmp_path / "ours.toml"
    file.write_text('title = "ours"\n[[match]]\nvendor = "Growatt"\nmodel = "M"\n')
    async with start(dialects_folder=tmp_path):
        await bus.ask(PutStation(tenant=tenant, station="CP1"))
        await boot(bus, tenant, "Growatt")
        assert await name(bus, tenant) == "ours"
    file.write_text("title = 3")
    with pytest.raises(CannotStart, match=r"ours\.toml"):
        async with start(dialects_folder=tmp_path):
            pass


# -- commands ------------------------------------------------------------------------------------


class Ear:
    """The edge of a station: answers as told, and keeps what was asked."""

    def __init__(self, bus: Bus, tenant: str, answer: Any = None) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.answer = answer or (lambda action, payload: {"status": "Accepted"})
        self.subscription = bus.serve_station(tenant, "CP1", self.on_call)

    def on_call(self, version: str, action: str, down: Any, reply: Any) -> None:
        payload = msgspec.json.decode(down.payload)
        self.asked.append((action, payload))
        answer = self.answer(action, payload)
        if isinstance(answer, str):
            reply.error(answer, "", {})
        elif answer is not None:
            reply.result(msgspec.json.encode(answer))


async def ready(bus: Bus, tenant: str, dialect: str, answer: Any = None) -> Ear:
    evses = [EvseSpec(id=1), EvseSpec(id=2)]
    await bus.ask(PutStation(tenant=tenant, station="CP1", dialect=dialect, evses=evses))
    await boot(bus, tenant, "Nobody")
    ear = Ear(bus, tenant, answer)
    await bus.barrier()
    return ear


async def test_commands_are_spelled_as_the_station_takes_them(
    service: Any, bus: Bus, tenant: str
) -> None:
    ear = await ready(bus, tenant, "cautious")
    await bus.ask(ResetStation(tenant=tenant, station="CP1"))
    await bus.ask(ChangeAvailability(tenant=tenant, station="CP1", operative=False))
    await bus.ask(ChangeAvailability(tenant=tenant, station="CP1", operative=True, evse=2))
    assert ear.asked == [
        ("Reset", {"type": "Hard"}),
        ("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}),
        ("ChangeAvailability", {"connectorId": 2, "type": "Inoperative"}),
        ("ChangeAvailability", {"connectorId": 2, "type": "Operative"}),
    ]


async def test_of_several_answers_the_first_that_is_not_accepted_is_told(
    service: Any, bus: Bus, tenant: str
) -> None:
    def answer(action: str, payload: Any) -> Any:
        return {"status": "Scheduled" if payload["connectorId"] == 1 else "Accepted"}

    await ready(bus, tenant, "simpson-home", answer)
    done = await bus.ask(ChangeAvailability(tenant=tenant, station="CP1", operative=False))
    assert done.payload == {"status": "Scheduled"}


async def test_a_trigger_is_the_one_that_the_station_knows(
    start: Start, bus: Bus, tenant: str, tmp_path: Path
) -> None:
    (tmp_path / "ext.toml").write_text('title = "e"\n[commands]\ntrigger = "extended"\n')
    async with start(dialects_folder=tmp_path):
        ear = await ready(bus, tenant, "ext")
        await bus.ask(TriggerMessage(tenant=tenant, station="CP1", message="Heartbeat"))
        assert ear.asked == [("ExtendedTriggerMessage", {"requestedMessage": "Heartbeat"})]


# -- probes --------------------------------------------------------------------------------------


def awkward(action: str, payload: Any) -> Any:
    """Four keys at a time and never all, ExtendedTriggerMessage alone, schedules in W."""
    match action:
        case "GetConfiguration":
            return {"configurationKey": []} if 0 < len(payload.get("key", [])) <= 4 else "Generic"
        case "TriggerMessage":
            return {"status": "NotImplemented"}
        case "GetCompositeSchedule":
            return {"status": "Accepted" if payload["chargingRateUnit"] == "W" else "Rejected"}
        case _:
            return {"status": "Accepted"}


async def test_a_probe_proposes_and_is_applied_when_told(
    service: Any, bus: Bus, tenant: str
) -> None:
    await bus.ensure_streams()
    ear = await ready(bus, tenant, "growatt-thor", awkward)
    found = await bus.ask(ProbeStation(tenant=tenant, station="CP1"), timeout=30)
    assert found.calls == len(ear.asked) <= 15
    assert found.proposed is not None
    assert found.proposed.limits.get_configuration_keys == 4
    assert not found.proposed.limits.get_configuration_all
    assert found.proposed.commands.trigger == "extended"
    assert found.proposed.units.charging_rate == "W"
    before = await bus.ask(GetStationDialect(tenant=tenant, station="CP1"))
    assert (before.learned, before.probe) == (False, found)
    after = await bus.ask(ApplyProbe(tenant=tenant, station="CP1"))
    assert after.learned
    assert after.name == "growatt-thor"
    assert after.dialect is not None
    assert after.dialect.expects.quirks == ("time",)
    assert after.dialect.limits.get_configuration_keys == 4
    assert after.probe is not None
    assert after.probe.applied_at is not None
    ear.asked.clear()
    await bus.ask(TriggerMessage(tenant=tenant, station="CP1", message="Heartbeat"))
    assert ear.asked[0][0] == "ExtendedTriggerMessage"
    again = await bus.ask(ProbeStation(tenant=tenant, station="CP1"), timeout=30)
    assert again.proposed is None
    with pytest.raises(Conflict):
        await bus.ask(ApplyProbe(tenant=tenant, station="CP1"))
    forgotten = await bus.ask(ApplyProbe(tenant=tenant, station="CP1", forget=True))
    assert not forgotten.learned
    assert forgotten.dialect is not None
    assert forgotten.dialect.limits.get_configuration_keys is None


async def test_a_station_that_is_not_there_cannot_be_probed(
    service: Any, bus: Bus, tenant: str
) -> None:
    await bus.ask(PutStation(tenant=tenant, station="CP1"))
    with pytest.raises(Conflict, match="never connected"):
        await bus.ask(ProbeStation(tenant=tenant, station="CP1"))
    await boot(bus, tenant, "Nobody")
    with pytest.raises(Conflict, match="offline"):
        await bus.ask(ProbeStation(tenant=tenant, station="CP1"))
    with pytest.raises(Invalid):
        await bus.ask(ProbeStation(tenant=tenant, station="CP1", seconds=31))


async def test_a_station_that_says_nothing_is_left_alone_soon(
    service: Any, bus: Bus, tenant: str
) -> None:
    await bus.ensure_streams()
    ear = await ready(bus, tenant, "standard", lambda *_: None)
    found = await bus.ask(ProbeStation(tenant=tenant, station="CP1", seconds=0.1), timeout=30)
    assert (found.calls, len(ear.asked), found.proposed) == (3, 3, None)
