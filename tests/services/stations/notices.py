"""What edges tell of sockets, and what becomes of it."""

from datetime import UTC, datetime
from typing import Any

from libs.bus import Bus
from libs.contracts.stations import (
    Admit,
    Connected,
    Disconnected,
    EdgeAlive,
    GetStation,
    PutStation,
    StationView,
)
from tests.services.service import eventually


async def put(bus: Bus, tenant: str, *stations: str) -> list[int]:
    """Registered stations, and an epoch for a socket of each."""
    epochs = []
    for station in stations:
        await bus.ask(PutStation(tenant=tenant, station=station))
        request = Admit(station=station, named_tenant=tenant, edge="e", remote="", version="v201")
        epochs.append((await bus.ask(request)).epoch)
    return epochs


def connected(tenant: str, station: str, epoch: int, edge: str = "e1") -> Connected:
    return Connected(
        tenant=tenant,
        station=station,
        edge=edge,
        epoch=epoch,
        version="v201",
        remote="10.0.0.1:1",
        at=datetime.now(UTC),
    )


def disconnected(tenant: str, station: str, epoch: int) -> Disconnected:
    return Disconnected(
        tenant=tenant,
        station=station,
        edge="e1",
        epoch=epoch,
        reason="closed by station",
        at=datetime.now(UTC),
    )


async def view_when(bus: Bus, tenant: str, station: str, *, online: bool) -> StationView:
    return await eventually(
        lambda: bus.ask(GetStation(tenant=tenant, station=station)),
        lambda view: view.online is online,
    )


async def alive(bus: Bus, edge: str, connections: int, **more: Any) -> bool:
    lease = await bus.ask(EdgeAlive(edge=edge, connections=connections, **more))
    return lease.roster_wanted
