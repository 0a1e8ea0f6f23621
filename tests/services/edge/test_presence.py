"""Whose socket is where: notices, the lease, and that the newest socket of a station wins."""

import asyncio

import pytest

from libs.bus import Bus
from libs.contracts.stations import Admission, Connected, Drop
from services.edge.edge import Edge
from tests.services.edge.conftest import Connect, StartEdge
from tests.services.edge.platform import NOW, Platform
from tests.services.edge.wire import CLOSE, Wire, frame

REPLACED = (1008, "replaced by a newer connection of this station")


async def test_a_socket_is_announced_and_its_end_too(
    edge: Edge, platform: Platform, connect: Connect, version: str
) -> None:
    wire = await connect(edge, "ocpp/acme/CP1", version)
    await platform.until(lambda: platform.connected)
    [notice] = platform.connected
    assert (notice.tenant, notice.station, notice.epoch) == ("acme", "CP1", 1)
    assert (notice.edge, notice.version) == (edge.app.name, version)
    wire.send(frame(CLOSE, b"\x03\xe9bye"))
    await platform.until(lambda: platform.disconnected)
    [end] = platform.disconnected
    assert (end.tenant, end.station, end.epoch) == ("acme", "CP1", 1)
    assert (end.edge, end.reason) == (edge.app.name, "1001 bye")


async def test_the_newest_socket_wins_on_one_edge(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    old = await connect(edge)
    new = await connect(edge)
    closed = await old.closing()
    assert (closed.code, closed.reason) == REPLACED
    await platform.until(lambda: platform.disconnected)
    assert [notice.epoch for notice in platform.disconnected] == [1]
    assert (await new.call("Heartbeat"))[0] == 3
    assert len(edge.app.roster) == 1


async def test_the_newest_socket_wins_across_edges(
    start_edge: StartEdge, platform: Platform, connect: Connect
) -> None:
    first, second = await start_edge(), await start_edge()
    old = await connect(first)
    new = await connect(second)
    closed = await old.closing()
    assert (closed.code, closed.reason) == REPLACED
    await platform.until(lambda: platform.disconnected)
    assert (platform.disconnected[0].epoch, platform.disconnected[0].edge) == (1, first.app.name)
    assert (await new.call("Heartbeat"))[0] == 3
    assert (len(first.app.roster), len(second.app.roster)) == (0, 1)


@pytest.mark.parametrize("edges", [1, 2])
async def test_an_older_socket_that_opens_later_loses(
    start_edge: StartEdge, platform: Platform, connect: Connect, edges: int
) -> None:
    """Two handshakes overtake each other between registry and edge."""
    started = [await start_edge() for _ in range(edges)]
    platform.admissions["CP1"] = Admission(admitted=True, boot_status="Accepted", epoch=7)
    newer = await connect(started[0])
    await platform.until(lambda: platform.connected)
    platform.admissions["CP1"] = Admission(admitted=True, boot_status="Accepted", epoch=6)
    older = await connect(started[-1])
    closed = await older.closing()
    assert (closed.code, closed.reason) == REPLACED
    assert (await newer.call("Heartbeat"))[0] == 3


async def test_what_an_older_socket_still_says_is_ignored(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    old = await connect(edge)
    await connect(edge)
    assert (await old.receive()).code == 1008
    old.start("DataTransfer", {"vendorId": "late"})
    await old.gone()
    assert platform.calls == []


async def test_calls_to_a_station_go_to_its_newest_socket(
    start_edge: StartEdge, platform: Platform, connect: Connect, bus: Bus
) -> None:
    first, second = await start_edge(), await start_edge()
    old = await connect(first)
    new = await connect(second)
    await old.closing()
    await platform.until(lambda: platform.disconnected)
    asked = asyncio.create_task(bus.call_raw("default", "CP1", "v16", "ClearCache", b"{}"))
    _, number, *_ = await new.message()
    new.text(f'[3,"{number}",{{"status":"Accepted"}}]')
    assert await asked == b'{"status":"Accepted"}'


async def test_a_station_of_another_tenant_is_another_station(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    one = await connect(edge, "ocpp/a/CP1")
    two = await connect(edge, "ocpp/b/CP1")
    assert (await one.call("Heartbeat"))[0] == (await two.call("Heartbeat"))[0] == 3


@pytest.mark.parametrize("epoch", [0, 1])
async def test_the_registry_can_drop_a_socket(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus, epoch: int
) -> None:
    wire = await connect(edge)
    bus.tell(Drop(tenant="default", station="CP1", epoch=99, reason="another"))
    bus.tell(Drop(tenant="default", station="CP2", reason="another"))
    bus.tell(Drop(tenant="default", station="CP1", epoch=epoch, reason="new password", code=1000))
    closed = await wire.closing()
    assert (closed.code, closed.reason) == (1000, "new password")


async def test_a_notice_of_an_unknown_station_is_nothing(
    edge: Edge, platform: Platform, connect: Connect, bus: Bus
) -> None:
    wire = await connect(edge)
    bus.tell(
        Connected(
            tenant="default",
            station="ELSEWHERE",
            edge="other",
            epoch=99,
            version="v16",
            remote="",
            at=NOW,
        )
    )
    await bus.barrier()
    assert (await wire.call("Heartbeat"))[0] == 3


async def test_the_lease_is_renewed_with_the_count(
    edge: Edge, platform: Platform, connect: Connect
) -> None:
    await connect(edge, "CP1")
    await connect(edge, "CP2")
    await platform.until(lambda: platform.alive and platform.alive[-1].connections == 2)
    assert platform.alive[-1].edge == edge.app.name
    assert not platform.alive[-1].leaving


async def test_the_roster_is_sent_in_parts_when_wanted(
    start_edge: StartEdge, platform: Platform, connect: Connect
) -> None:
    edge = await start_edge(roster_part_max=2)
    for number in range(5):
        await connect(edge, f"CP{number}")
    await platform.until(lambda: platform.alive and platform.alive[-1].connections == 5)
    platform.roster_wanted = True
    await platform.until(lambda: len(platform.rosters) >= 3)
    parts = platform.rosters[:3]
    assert [(part.part, part.last, len(part.entries)) for part in parts] == [
        (0, False, 2),
        (1, False, 2),
        (2, True, 1),
    ]
    entries = [entry for part in parts for entry in part.entries]
    assert sorted((e.station, e.epoch, e.version) for e in entries) == [
        (f"CP{number}", number + 1, "v16") for number in range(5)
    ]


async def test_an_empty_roster_is_one_last_part(edge: Edge, platform: Platform) -> None:
    platform.roster_wanted = True
    await platform.until(lambda: platform.rosters)
    assert (platform.rosters[0].entries, platform.rosters[0].last) == ([], True)


async def test_a_registry_that_was_away_hears_of_the_lease_again(
    edge: Edge, platform: Platform
) -> None:
    await platform.until(lambda: platform.alive)
    await platform.stop("stations")
    platform.alive.clear()
    await platform.start("stations")
    await platform.until(lambda: platform.alive)


async def test_a_dead_peer_goes_offline(start_edge: StartEdge, platform: Platform) -> None:
    edge = await start_edge(ping_after_seconds=1, pong_within_seconds=1)
    wire = await Wire.open(edge.port)
    await platform.until(lambda: platform.disconnected)
    assert platform.disconnected[0].reason == "1001 no answer to ping"
    wire.cut()
