"""The registry as operators see it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.bus import Bus, Conflict, Invalid, NotFound
from libs.contracts.stations import (
    Connected,
    ConnectorSpec,
    DeleteStation,
    Drop,
    EvseSpec,
    GetStation,
    ListStations,
    ListStatusHistory,
    PutStation,
    StationChanged,
    StationDisconnected,
    StationRegistered,
    StationRemoved,
)
from tests.services.service import Ear, eventually


def connected(tenant: str, station: str, epoch: int = 1) -> Connected:
    return Connected(
        tenant=tenant,
        station=station,
        edge="e1",
        epoch=epoch,
        version="v16",
        remote="",
        at=datetime.now(UTC),
    )


async def test_a_station_is_registered_with_defaults_and_then_changed(
    service: Any, bus: Bus, tenant: str
) -> None:
    async with Ear(bus, tenant, StationRegistered, StationChanged) as ear:
        new = await bus.ask(PutStation(tenant=tenant, station="CP1"))
        assert (new.registration, new.security_profile, new.strict, new.online) == (
            "Accepted",
            0,
            False,
            False,
        )
        assert (new.has_password, new.boot_status, new.evses) == (False, None, [])
        changed = await bus.ask(
            PutStation(tenant=tenant, station="CP1", strict=True, password="x" * 20)
        )
        assert (changed.strict, changed.has_password) == (True, True)
        kept = await bus.ask(PutStation(tenant=tenant, station="CP1", security_profile=2))
        assert (kept.strict, kept.has_password, kept.security_profile) == (True, True, 2)
        await bus.ask(PutStation(tenant=tenant, station="CP1", strict=True))
        events = await ear.heard(3)
        assert [type(event) for event in events] == [
            StationRegistered,
            StationChanged,
            StationChanged,
        ]
        assert events[1].changed == ["strict", "password"]
        assert events[2].changed == ["security_profile"]
        assert "xxxx" not in repr(events)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("station", {"station": "a\nb"}),
        ("station", {"station": ""}),
        ("tenant", {"tenant": "_"}),
        ("security_profile", {"security_profile": 4}),
        ("password", {"password": ""}),
        ("password", {"password": "x" * 129}),
        ("password", {"station": "a:b", "password": "x" * 16}),
        ("move_to", {"move_to": ""}),
        ("evses", {"evses": [EvseSpec(id=0)]}),
        ("evses", {"evses": [EvseSpec(id=1), EvseSpec(id=1)]}),
        ("evses", {"evses": [EvseSpec(id=1, connectors=[ConnectorSpec(id=0)])]}),
        (
            "evses",
            {"evses": [EvseSpec(id=1, connectors=[ConnectorSpec(id=1), ConnectorSpec(id=1)])]},
        ),
    ],
)
async def test_what_makes_no_sense_is_refused_by_the_name_of_its_field(
    service: Any, bus: Bus, tenant: str, field: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as caught:
        await bus.ask(PutStation(**{"tenant": tenant, "station": "CP1", **changes}))
    assert caught.value.details == {"field": field}


async def test_a_removed_station_is_gone(service: Any, bus: Bus, tenant: str) -> None:
    await bus.ask(PutStation(tenant=tenant, station="CP1"))
    async with Ear(bus, tenant, StationRemoved) as ear:
        await bus.ask(DeleteStation(tenant=tenant, station="CP1"))
        assert (await ear.heard(1))[0].station == "CP1"
    for request in (
        GetStation(tenant=tenant, station="CP1"),
        DeleteStation(tenant=tenant, station="CP1"),
        ListStatusHistory(tenant=tenant, station="CP1"),
    ):
        with pytest.raises(NotFound):
            await bus.ask(request)


async def test_stations_are_listed_page_by_page_in_order(
    service: Any, bus: Bus, tenant: str
) -> None:
    names = [f"CP{n}" for n in range(7)] + ["ä", "Z", "a b"]
    for name in names:
        await bus.ask(PutStation(tenant=tenant, station=name))
    seen: list[str] = []
    after: str | None = None
    while True:
        page = await bus.ask(ListStations(tenant=tenant, after=after, limit=3))
        seen += [view.id for view in page.items]
        after = page.next
        if after is None:
            break
    assert seen == sorted(names)


async def test_a_list_is_narrowed(service: Any, bus: Bus, tenant: str) -> None:
    for name in ("north-1", "north-2", "south-1"):
        await bus.ask(PutStation(tenant=tenant, station=name))
    bus.tell(connected(tenant, "north-2"))
    await eventually(
        lambda: bus.ask(GetStation(tenant=tenant, station="north-2")), lambda view: view.online
    )

    async def ids(**narrow: Any) -> list[str]:
        page = await bus.ask(ListStations(tenant=tenant, **narrow))
        return [view.id for view in page.items]

    assert await ids(search="NORTH") == ["north-1", "north-2"]
    assert await ids(search="%") == []
    assert await ids(online=True) == ["north-2"]
    assert await ids(online=False, search="north") == ["north-1"]
    assert await ids(protocol="v16") == ["north-2"]


async def test_tenants_do_not_see_each_other(service: Any, bus: Bus, tenant: str) -> None:
    await bus.ask(PutStation(tenant=tenant, station="CP1"))
    with pytest.raises(NotFound):
        await bus.ask(GetStation(tenant=f"{tenant}-b", station="CP1"))
    assert (await bus.ask(ListStations(tenant=f"{tenant}-b"))).items == []


async def test_a_station_moves_to_another_tenant_with_its_history_and_loses_its_socket(
    service: Any, bus: Bus, tenant: str
) -> None:
    other = f"{tenant}-b"
    await bus.ask(PutStation(tenant=tenant, station="CP1", strict=True))
    bus.tell(connected(tenant, "CP1"))
    await eventually(
        lambda: bus.ask(GetStation(tenant=tenant, station="CP1")), lambda view: view.online
    )
    async with (
        Ear(bus, tenant, Drop, StationRemoved, StationDisconnected) as old,
        Ear(bus, other, StationChanged) as new,
    ):
        view = await bus.ask(PutStation(tenant=tenant, station="CP1", move_to=other))
        assert (view.tenant, view.strict, view.online) == (other, True, False)
        kinds = {type(fact) for fact in await old.heard(3)}
        assert kinds == {Drop, StationRemoved, StationDisconnected}
        assert (await new.heard(1))[0].changed == ["tenant"]
    with pytest.raises(NotFound):
        await bus.ask(GetStation(tenant=tenant, station="CP1"))


async def test_a_station_does_not_move_where_its_name_is_taken(
    service: Any, bus: Bus, tenant: str
) -> None:
    other = f"{tenant}-b"
    for owner in (tenant, other):
        await bus.ask(PutStation(tenant=owner, station="CP1"))
    with pytest.raises(Conflict):
        await bus.ask(PutStation(tenant=tenant, station="CP1", move_to=other))
    assert (await bus.ask(GetStation(tenant=tenant, station="CP1"))).tenant == tenant


async def test_a_cursor_that_is_none_of_ours_is_refused(
    service: Any, bus: Bus, tenant: str
) -> None:
    await bus.ask(PutStation(tenant=tenant, station="CP1"))
    for nonsense in ("x", "bm9uc2Vuc2U=", "ä"):
        with pytest.raises(Invalid):
            await bus.ask(ListStatusHistory(tenant=tenant, station="CP1", after=nonsense))
