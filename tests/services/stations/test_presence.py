"""Whether a station is there: epochs, leases, rosters, lost notices."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from libs.bus import Bus
from libs.contracts.stations import (
    GetStation,
    PutStation,
    StationConnected,
    StationDisconnected,
)
from services.stations.presence import Closed, Opened, Presence, fold
from tests.services.service import Ear, eventually
from tests.services.stations.notices import connected, disconnected, put, view_when

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


# -- folding -------------------------------------------------------------------------------------


def opened(epoch: int, edge: str = "e1") -> Opened:
    return Opened(tenant="t", station="s", edge=edge, epoch=epoch, version="v16", at=NOW)


def closed(epoch: int) -> Closed:
    return Closed(tenant="t", station="s", epoch=epoch, at=NOW, reason="")


def folded(*words: Opened | Closed) -> Presence:
    now = Presence()
    for word in words:
        now = fold(now, word)
    return now


def test_the_late_close_of_an_older_socket_changes_nothing_that_is_seen() -> None:
    now = folded(opened(1), opened(2, "e2"), closed(1))
    assert (now.online, now.epoch, now.edge) == (True, 2, "e2")


def test_a_late_word_of_an_older_socket_is_not_heard() -> None:
    assert folded(opened(2, "e2"), opened(1, "e1")).edge == "e2"


def test_a_close_that_overtakes_its_opening_holds() -> None:
    assert folded(closed(3), opened(3)) == folded(closed(3))
    assert not folded(closed(3), opened(3)).online


def test_a_word_said_twice_is_no_news() -> None:
    once = folded(opened(4))
    assert fold(once, opened(4)) is once
    gone = fold(once, closed(4))
    assert fold(gone, closed(4)) is gone


@given(st.permutations(range(1, 6)), st.sets(st.integers(1, 5)))
def test_in_any_order_the_newest_socket_decides(order: list[int], shut: set[int]) -> None:
    """Every socket was opened; some were closed; each word arrives once, in any order."""
    words: list[Opened | Closed] = [opened(epoch) for epoch in order]
    words += [closed(epoch) for epoch in sorted(shut, reverse=True)]
    words.sort(key=lambda word: order.index(word.epoch))
    now = folded(*words)
    assert now.epoch == 5
    assert now.online is (5 not in shut)


# -- notices -------------------------------------------------------------------------------------


async def test_a_station_is_online_from_its_socket_s_opening_to_its_end(
    service: Any, bus: Bus, tenant: str
) -> None:
    async with Ear(bus, tenant, StationConnected, StationDisconnected) as ear:
        (epoch,) = await put(bus, tenant, "CP1")
        bus.tell(connected(tenant, "CP1", epoch))
        view = await view_when(bus, tenant, "CP1", online=True)
        assert (view.protocol, view.edge) == ("v201", "e1")
        bus.tell(disconnected(tenant, "CP1", epoch))
        gone = await view_when(bus, tenant, "CP1", online=False)
        assert gone.protocol == "v201"
        assert gone.since is not None
        assert view.since is not None
        assert gone.since > view.since
        events = await ear.heard(2)
        assert [type(event) for event in events] == [StationConnected, StationDisconnected]
        assert events[1].reason == "closed by station"


async def test_the_close_of_the_older_socket_does_not_take_the_newer_one_offline(
    service: Any, bus: Bus, tenant: str
) -> None:
    (first,) = await put(bus, tenant, "CP1")
    (second,) = await put(bus, tenant, "CP1")
    async with Ear(bus, tenant, StationConnected, StationDisconnected) as ear:
        bus.tell(connected(tenant, "CP1", first, "e1"))
        bus.tell(connected(tenant, "CP1", second, "e2"))
        bus.tell(disconnected(tenant, "CP1", first))
        view = await eventually(
            lambda: bus.ask(GetStation(tenant=tenant, station="CP1")),
            lambda view: view.edge == "e2",
        )
        assert view.online
        bus.tell(disconnected(tenant, "CP1", second))
        await view_when(bus, tenant, "CP1", online=False)
        last = (await ear.until(StationDisconnected))[-1]
        assert last.epoch == second


async def test_five_hundred_stations_connect_at_once(service: Any, bus: Bus, tenant: str) -> None:
    names = [f"S{n}" for n in range(500)]
    await asyncio.gather(*(bus.ask(PutStation(tenant=tenant, station=name)) for name in names))
    async with Ear(bus, tenant, StationConnected) as ear:
        for epoch, name in enumerate(names, 1_000_000):
            bus.tell(connected(tenant, name, epoch))
        events = await ear.heard(500)
        assert {event.station for event in events} == set(names)
