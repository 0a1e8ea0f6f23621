"""B: templates at work: drift, applying, refusals, reboots, several instances."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import replace

from libs.bus import Bus, Conflict, Invalid, NotFound
from libs.bus.embedded import NatsServer
from libs.contracts.device_model import Item
from libs.contracts.devices import ListRequests
from libs.contracts.stations import (
    StationBooted,
    StationConnected,
)
from libs.contracts.templates import (
    ApplyTemplate,
    ApplyTemplates,
    DeleteTemplate,
    GetStationDrift,
    GetTemplate,
    ListDrift,
    ListTemplates,
    PutTemplate,
    Selector,
    StationDrift,
    TemplateView,
)
from services.devices import __main__ as devices
from tests.services.devices.site import Charger, Site, connected, registry
from tests.services.service import announce, eventually, running

ANYONE = Selector(vendor="*")


@pytest_asyncio.fixture
async def site(bus: Bus, tenant: str, service: Any) -> AsyncGenerator[Site]:
    site = Site(bus, tenant)
    serving = await bus.serve(registry, site)
    yield site
    await serving.stop()


def put(site: Site, name: str = "t", **fields: Any) -> PutTemplate:
    settings = fields.pop("settings", [Item(key="HeartbeatInterval", value="300")])
    given = {"selector": ANYONE, **fields}
    return PutTemplate(tenant=site.tenant, template=name, settings=settings, **given)


async def drift(site: Site, station: str = "CP1") -> StationDrift:
    return await site.bus.ask(GetStationDrift(tenant=site.tenant, station=station))


async def apply(site: Site, seconds: float = 5, **fields: Any) -> StationDrift:
    ask = ApplyTemplates(tenant=site.tenant, station="CP1", timeout_seconds=seconds, **fields)
    return await site.bus.ask(ask, timeout=30)


async def template(site: Site, name: str = "t") -> TemplateView:
    return await site.bus.ask(GetTemplate(tenant=site.tenant, template=name))


def states(found: StationDrift) -> list[tuple[str | None, str | None, str]]:
    return [(item.wanted, item.known, item.state) for item in found.items]


# -- what operators do ---------------------------------------------------------------------------


async def test_drift_is_seen_before_anything_is_done(site: Site) -> None:
    box = Charger(site, "CP1")
    async with connected(box):
        await site.bus.ask(put(site))
        before = await drift(site)
        assert (states(before), box.calls) == ([("300", None, "drifting")], [])
        after = await apply(site)
        assert states(after) == [("300", "300", "in_step")]
        assert [action for action, _ in box.calls] == ["GetConfiguration", "ChangeConfiguration"]
        again = await apply(site)
        assert len(box.calls) == 2
        assert (again.counts.in_step, again.problem) == (1, None)
    asked = await site.bus.ask(ListRequests(tenant=site.tenant, station="CP1"))
    assert {request.by for request in asked.items} == {"template"}


async def test_what_is_right_already_is_not_written(site: Site) -> None:
    box = Charger(site, "CP1")
    async with connected(box):
        await site.bus.ask(put(site, settings=[Item(key="ConnectionTimeOut", value="60.0")]))
        assert states(await apply(site)) == [("60.0", "60", "in_step")]
        assert box.writes == []


async def test_a_refusal_is_shown_and_not_repeated_but_by_an_operator(site: Site) -> None:
    box = Charger(site, "CP1")
    box.manner = "Rejected"
    async with connected(box):
        await site.bus.ask(put(site, enforce=True))
        found = await eventually(lambda: drift(site), lambda found: found.counts.refused)
        assert found.items[0].reason == "Rejected"
        await announce(site.bus, booted(site))
        await eventually(lambda: drift(site), lambda seen: seen.seen_to_at != found.seen_to_at)
        assert len(box.writes) == 1
        box.manner = "Accepted"
        assert (await apply(site)).counts.in_step == 1
        assert len(box.writes) == 2


async def test_an_unknown_key_is_refused_without_a_write(site: Site) -> None:
    box = Charger(site, "CP1")
    async with connected(box):
        await site.bus.ask(put(site, settings=[Item(key="Nonsense", value="1")]))
        found = await apply(site)
        assert (found.items[0].state, found.items[0].reason) == ("refused", "UnknownVariable")
        assert box.writes == []


async def test_secrets_are_set_and_never_shown(site: Site) -> None:
    box = Charger(site, "CP1")
    secret = Item(key="AuthorizationKey", value="made-up-secret-1")
    async with connected(box):
        shown = await site.bus.ask(put(site, settings=[secret]))
        assert shown.settings == [Item(key="AuthorizationKey")]
        found = await apply(site)
        assert box.values["AuthorizationKey"] == "made-up-secret-1"
        assert (found.items[0].state, found.items[0].secret) == ("in_step", True)
        assert "made-up" not in str(found)
        await site.bus.ask(put(site, settings=[Item(key="AuthorizationKey")], priority=3))
        assert (await apply(site)).counts.in_step == 1
        assert len(box.writes) == 1


@pytest.mark.parametrize("busy", [True, False])
async def test_a_reboot_is_asked_once_and_only_without_a_session(site: Site, *, busy: bool) -> None:
    box = Charger(site, "CP1")
    box.manner = "RebootRequired"
    site.busy = busy
    async with connected(box):
        await site.bus.ask(put(site, reboot="when_idle"))
        found = await apply(site)
        assert (found.items[0].state, found.items[0].pending) == ("pending", "300")
        assert site.resets == ([] if busy else ["CP1"])
        assert (found.due_at is not None) is busy
        site.busy = False
        await apply(site)
        again = await apply(site)
        assert again.counts.pending == 1
        await announce(site.bus, booted(site))
        after = await eventually(lambda: drift(site), lambda found: found.counts.in_step)
        assert after.items[0].known == "300"
        assert len(site.resets) <= 3
    assert len(box.writes) == 1


async def test_a_reboot_that_is_not_wanted_is_not_asked(site: Site) -> None:
    box = Charger(site, "CP1")
    box.manner = "RebootRequired"
    async with connected(box):
        await site.bus.ask(put(site))
        assert (await apply(site)).counts.pending == 1
    assert site.resets == []


# -- of its own accord ---------------------------------------------------------------------------


def booted(site: Site, station: str = "CP1") -> StationBooted:
    return StationBooted(
        tenant=site.tenant,
        at=datetime.now(UTC),
        station=station,
        version="v16",
        status="Accepted",
        vendor="Volta",
        model="Duo",
    )


async def test_an_enforced_template_finds_its_stations(site: Site) -> None:
    """All of them but those that are to be left alone, and those that are elsewhere."""
    ours = Charger(site, "CP1", labels=["north"])
    alone = Charger(site, "CP2", labels=["north"], automatic=False)
    other = Charger(site, "CP3")
    away = Charger(site, "CP4", labels=["north"], online=False)
    async with connected(ours, alone, other):
        await site.bus.ask(put(site, selector=Selector(labels=["north"]), enforce=True))
        found = await eventually(
            lambda: template(site),
            lambda view: (
                (view.progress.in_step, view.progress.drifting, view.progress.unreachable)
                == (1, 1, 1)
            ),
        )
        assert not found.scanning
        assert ours.values["HeartbeatInterval"] == "300"
        assert alone.calls == other.calls == []
        page = await site.bus.ask(ListDrift(tenant=site.tenant, template="t", limit=2))
        rest = await site.bus.ask(
            ListDrift(tenant=site.tenant, template="t", after=page.next, limit=2)
        )
        assert [each.station for each in [*page.items, *rest.items]] == ["CP1", "CP2", "CP4"]
        assert rest.next is None
        await site.bus.ask(ApplyTemplate(tenant=site.tenant, template="t"))
        await eventually(lambda: template(site), lambda view: view.progress.in_step == 2)
        assert alone.values["HeartbeatInterval"] == "300"
    assert away.calls == []


async def test_who_was_offline_is_seen_to_when_it_is_back(site: Site) -> None:
    box = Charger(site, "CP1", online=False)
    await site.bus.ask(put(site, enforce=True))
    found = await eventually(lambda: drift(site), lambda found: found.problem)
    assert (found.items[0].state, found.items[0].reason, found.due_at) == (
        "unreachable", "offline", None,
    )  # fmt: skip
    box.view = replace(box.view, online=True)
    async with connected(box):
        back = StationConnected(
            tenant=site.tenant,
            at=datetime.now(UTC),
            station="CP1",
            version="v16",
            edge="e",
            epoch=1,
        )
        await announce(site.bus, back)
        await eventually(lambda: drift(site), lambda found: found.counts.in_step)


async def test_a_station_that_does_not_answer_is_tried_again_later(site: Site) -> None:
    box = Charger(site, "CP1")
    box.manner = "silent"
    async with connected(box):
        await site.bus.ask(put(site))
        await eventually(lambda: drift(site), lambda found: found.seen_to_at)
        found = await apply(site, 0.2)
        assert (found.items[0].state, found.attempts) == ("unreachable", 1)
        assert found.due_at is not None
        assert 20 < (found.due_at - datetime.now(UTC)).total_seconds() < 40


async def test_several_instances_see_to_a_station_once(
    nats: NatsServer, database: str, site: Site
) -> None:
    chargers = [Charger(site, f"CP{number}") for number in range(1, 9)]
    async with (
        running(devices, nats_url=nats.url, postgres_dsn=database),
        running(devices, nats_url=nats.url, postgres_dsn=database),
        connected(*chargers),
    ):
        await site.bus.ask(put(site, enforce=True))
        await eventually(lambda: template(site), lambda view: view.progress.in_step == 8)
    assert [len(box.writes) for box in chargers] == [1] * 8


async def test_one_at_a_time_sees_to_a_station(site: Site) -> None:
    box = Charger(site, "CP1")
    box.manner = "silent"
    async with connected(box):
        await site.bus.ask(put(site))
        first = asyncio.create_task(apply(site, 2))
        await box.asked(1)
        with pytest.raises(Conflict):
            await apply(site)
        await first


# -- templates themselves ------------------------------------------------------------------------


async def test_templates_are_listed_replaced_and_taken_away(site: Site) -> None:
    Charger(site, "CP1")
    for name in ("b", "a", "c"):
        await site.bus.ask(put(site, name))
    first = await site.bus.ask(ListTemplates(tenant=site.tenant, limit=2))
    second = await site.bus.ask(ListTemplates(tenant=site.tenant, after=first.next, limit=2))
    assert [view.name for view in [*first.items, *second.items]] == ["a", "b", "c"]
    await site.bus.ask(put(site, "a", priority=7))
    assert (await template(site, "a")).priority == 7
    assert (await drift(site)).templates == ["a", "b", "c"]
    await site.bus.ask(DeleteTemplate(tenant=site.tenant, template="a"))
    with pytest.raises(NotFound):
        await template(site, "a")
    with pytest.raises(NotFound):
        await site.bus.ask(DeleteTemplate(tenant=site.tenant, template="a"))
    assert (await drift(site)).templates == ["b", "c"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"selector": Selector()}, "selector"),
        ({"settings": []}, "settings"),
        ({"settings": [Item(value="1")]}, "/settings/0"),
        ({"settings": [Item(key="A", component="B", variable="C", value="1")]}, "/settings/0"),
        ({"settings": [Item(key="A")]}, "/settings/0/value"),
        ({"settings": [Item(key="A", value="1"), Item(key="A", value="2")]}, "/settings/1"),
        ({"settings": [Item(key="A", value="x" * 2501)]}, "/settings/0/value"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    site: Site, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as error:
        await site.bus.ask(put(site, **fields))
    assert error.value.details["field"] == field


async def test_a_silent_station_delays_no_other(site: Site) -> None:
    mute = Charger(site, "CP1")
    mute.manner = "silent"
    other = Charger(site, "CP2", online=False)
    async with connected(mute, other):
        await site.bus.ask(put(site, enforce=True))
        await mute.asked(1)
        other.view = replace(other.view, online=True)
        await announce(site.bus, booted(site, "CP2"))
        await eventually(lambda: drift(site, "CP2"), lambda found: found.counts.in_step)
    assert other.values["HeartbeatInterval"] == "300"
