"""Leases and rosters of edges: nobody stays online whose edge is gone."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from libs.bus import Bus
from libs.contracts.stations import (
    Connected,
    Drop,
    EdgeRoster,
    GetStation,
    RosterEntry,
    StationConnected,
    StationDisconnected,
    StationView,
)
from tests.services.service import Ear, eventually
from tests.services.stations.conftest import Start
from tests.services.stations.notices import alive, connected, disconnected, put, view_when

# -- leases --------------------------------------------------------------------------------------


async def test_the_stations_of_a_killed_edge_go_offline_when_its_lease_ends(
    start: Start, bus: Bus, tenant: str
) -> None:
    edges = {name: f"{name}-{tenant}" for name in ("dead", "living")}
    async with start(lease_seconds=1), Ear(bus, tenant, StationDisconnected) as ear:
        epochs = await put(bus, tenant, "CP1", "CP2")
        bus.tell(connected(tenant, "CP1", epochs[0], edges["dead"]))
        bus.tell(connected(tenant, "CP2", epochs[1], edges["living"]))
        await view_when(bus, tenant, "CP1", online=True)
        await view_when(bus, tenant, "CP2", online=True)
        await alive(bus, edges["dead"], 1)

        async def beat() -> StationView:
            await alive(bus, edges["living"], 1)
            return await bus.ask(GetStation(tenant=tenant, station="CP1"))

        await eventually(beat, lambda view: not view.online)
        events = await ear.heard(1)
        assert (events[0].station, events[0].epoch) == ("CP1", epochs[0])
        assert (await bus.ask(GetStation(tenant=tenant, station="CP2"))).online


async def test_an_edge_that_says_good_bye_takes_its_stations_along(
    service: Any, bus: Bus, tenant: str
) -> None:
    edge = f"e-{tenant}"
    (epoch,) = await put(bus, tenant, "CP1")
    bus.tell(connected(tenant, "CP1", epoch, edge))
    await view_when(bus, tenant, "CP1", online=True)
    await alive(bus, edge, 0, leaving=True)
    await view_when(bus, tenant, "CP1", online=False)


async def test_a_station_whose_edge_never_had_a_lease_does_not_stay_online(
    start: Start, bus: Bus, tenant: str
) -> None:
    async with start(lease_seconds=0.5):
        (epoch,) = await put(bus, tenant, "CP1")
        bus.tell(connected(tenant, "CP1", epoch, f"e-{tenant}"))
        await view_when(bus, tenant, "CP1", online=True)
        await view_when(bus, tenant, "CP1", online=False)


# -- rosters -------------------------------------------------------------------------------------


async def test_an_edge_whose_count_differs_twice_is_asked_for_its_roster(
    service: Any, bus: Bus, tenant: str
) -> None:
    edge = f"e-{tenant}"
    await put(bus, tenant, "CP1")
    assert not await alive(bus, edge, 0)
    await bus.ask(EdgeRoster(edge=edge, part=0, last=True, entries=[]))
    assert not await alive(bus, edge, 1)
    assert await alive(bus, edge, 1)


async def test_a_roster_mends_what_lost_notices_left(service: Any, bus: Bus, tenant: str) -> None:
    """CP1: its opening was lost. CP2: its end was lost. CP3: as it should be. CP4: a newer
    socket."""
    edge = f"e-{tenant}"
    epochs = dict(
        zip(
            ["CP1", "CP2", "CP3", "CP4"],
            await put(bus, tenant, "CP1", "CP2", "CP3", "CP4"),
            strict=True,
        )
    )
    for name in ("CP2", "CP3", "CP4"):
        old = connected(tenant, name, epochs[name], edge)
        bus.tell(
            Connected(
                **{
                    **{f: getattr(old, f) for f in old.__struct_fields__},
                    "at": old.at - timedelta(minutes=1),
                }
            )
        )
        await view_when(bus, tenant, name, online=True)
    (newer,) = await put(bus, tenant, "CP4")
    assert await alive(bus, edge, 3)
    first = [RosterEntry(tenant, "CP1", epochs["CP1"], "v16")]
    second = [
        RosterEntry(tenant, "CP3", epochs["CP3"], "v201"),
        RosterEntry(tenant, "CP4", newer, "v21"),
    ]
    async with Ear(bus, tenant, StationConnected, StationDisconnected) as ear:
        await bus.ask(EdgeRoster(edge=edge, part=0, last=False, entries=first))
        await bus.ask(EdgeRoster(edge=edge, part=1, last=True, entries=second))
        views = {name: await bus.ask(GetStation(tenant=tenant, station=name)) for name in epochs}
        assert {name: view.online for name, view in views.items()} == {
            "CP1": True,
            "CP2": False,
            "CP3": True,
            "CP4": True,
        }
        assert (views["CP1"].protocol, views["CP4"].protocol) == ("v16", "v21")
        events = await ear.heard(3)
        assert {(type(event), event.station) for event in events} == {
            (StationConnected, "CP1"),
            (StationDisconnected, "CP2"),
            (StationConnected, "CP4"),
        }
    assert not await alive(bus, edge, 3)


async def test_a_roster_does_not_revive_a_socket_that_its_edge_closed(
    service: Any, bus: Bus, tenant: str
) -> None:
    edge = f"e-{tenant}"
    (epoch,) = await put(bus, tenant, "CP1")
    bus.tell(connected(tenant, "CP1", epoch, edge))
    bus.tell(disconnected(tenant, "CP1", epoch))
    await eventually(
        lambda: bus.ask(GetStation(tenant=tenant, station="CP1")),
        lambda view: not view.online and view.since is not None,
    )
    late = [RosterEntry(tenant, "CP1", epoch, "v201")]
    await bus.ask(EdgeRoster(edge=edge, part=0, last=True, entries=late))
    assert not (await bus.ask(GetStation(tenant=tenant, station="CP1"))).online


async def test_a_station_that_is_not_registered_is_dropped_when_a_roster_names_it(
    service: Any, bus: Bus, tenant: str
) -> None:
    stranger = [RosterEntry(tenant, "GONE", 5, "v201")]
    async with Ear(bus, tenant, Drop) as ear:
        await bus.ask(EdgeRoster(edge=f"e-{tenant}", part=0, last=True, entries=stranger))
        (drop,) = await ear.heard(1)
        assert (drop.station, drop.epoch) == ("GONE", 5)


async def test_stations_that_stayed_connected_while_the_service_was_away_are_online_again(
    start: Start, bus: Bus, tenant: str
) -> None:
    """Both notices and leases were lost meanwhile; nobody is declared dead before he could
    speak."""
    edge = f"e-{tenant}"
    async with start(lease_seconds=1):
        epochs = await put(bus, tenant, "CP1", "CP2")
        bus.tell(connected(tenant, "CP1", epochs[0], edge))
        await view_when(bus, tenant, "CP1", online=True)
        await alive(bus, edge, 1)
    bus.tell(connected(tenant, "CP2", epochs[1], edge))
    await bus.barrier()
    await asyncio.sleep(1.2)  # the lease ends while nobody watches
    async with start(lease_seconds=1), Ear(bus, tenant, StationDisconnected) as ear:
        assert (await bus.ask(GetStation(tenant=tenant, station="CP1"))).online

        async def wanted() -> bool:
            return await alive(bus, edge, 2)

        assert await eventually(wanted)
        both = [RosterEntry(tenant, f"CP{n}", epochs[n - 1], "v201") for n in (1, 2)]
        await bus.ask(EdgeRoster(edge=edge, part=0, last=True, entries=both))
        assert (await bus.ask(GetStation(tenant=tenant, station="CP2"))).online
        assert ear.facts == []


async def test_nobody_is_declared_dead_by_a_process_that_stood_still_itself(
    start: Start, bus: Bus, tenant: str
) -> None:
    """SIGSTOP, or a host without time: what the edges said meanwhile is yet to be read."""
    edge = f"e-{tenant}"
    async with start(lease_seconds=1), Ear(bus, tenant, StationDisconnected) as ear:
        (epoch,) = await put(bus, tenant, "CP1")
        bus.tell(connected(tenant, "CP1", epoch, edge))
        await view_when(bus, tenant, "CP1", online=True)
        await alive(bus, edge, 1)
        time.sleep(2.5)  # the whole process stands still
        await asyncio.sleep(0.5)  # so much came before the word of the edge
        await alive(bus, edge, 1)
        assert (await bus.ask(GetStation(tenant=tenant, station="CP1"))).online
        assert ear.facts == []


@pytest.mark.parametrize("count", [2])
async def test_several_instances_share_the_work(
    start: Start, bus: Bus, tenant: str, count: int
) -> None:
    """A dead edge's stations are announced once, whoever finds out."""
    edge = f"dead-{tenant}"
    async with start(lease_seconds=0.6), start(lease_seconds=0.6):
        epochs = await put(bus, tenant, "CP1", "CP2")
        async with Ear(bus, tenant, StationDisconnected) as ear:
            for n, epoch in enumerate(epochs, 1):
                bus.tell(connected(tenant, f"CP{n}", epoch, edge))
            await alive(bus, edge, count)
            await ear.heard(count)
            await bus.barrier()
            assert sorted(event.station for event in ear.facts) == ["CP1", "CP2"]


async def test_a_notice_lost_to_the_database_is_made_good_by_a_roster(
    service: Any, bus: Bus, tenant: str, database: str
) -> None:
    """While the row is locked the notice waits; killed with its connection, it leaves a doubt
    behind."""
    edge = f"e-{tenant}"
    (epoch,) = await put(bus, tenant, "CP1")
    await alive(bus, edge, 0)
    await bus.ask(EdgeRoster(edge=edge, part=0, last=True, entries=[]))
    async with asyncpg.create_pool(database, min_size=2) as pool:
        async with pool.acquire() as holder, holder.transaction():
            await holder.execute("SELECT * FROM stations.presence FOR UPDATE")
            bus.tell(connected(tenant, "CP1", epoch, edge))
            blocked = (
                "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database()"
            )
            pid = await eventually(lambda: pool.fetchval(blocked))
            await pool.execute("SELECT pg_terminate_backend($1)", pid)
        await eventually(
            lambda: pool.fetchval(
                "SELECT rostered_at IS NULL FROM stations.edge WHERE edge = $1", edge
            )
        )
    assert await alive(bus, edge, 1)
