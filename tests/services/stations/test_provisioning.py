"""BootNotification in all versions (B01 to B03), and asking for one."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.bus import Address, Bus
from libs.contracts.stations import (
    Admit,
    Connected,
    DeleteStation,
    Drop,
    GetStation,
    PutStation,
    StationBooted,
    StationView,
)
from libs.ocpp import v16, v21, v201
from libs.ocpp.message import Version
from services.stations.boot import Intervals
from tests.services.service import Ear, Peer, eventually, up
from tests.services.stations.conftest import Start

VERSIONS: list[Version] = ["v16", "v201", "v21"]


def boot(version: Version) -> Any:
    match version:
        case "v16":
            return v16.BootNotification(
                charge_point_vendor="Acme",
                charge_point_model="One",
                charge_point_serial_number="S-1",
                charge_box_serial_number="BOX",
                firmware_version="1.0",
                iccid="8931",
                imsi="2620",
            )
        case "v201":
            return v201.BootNotification(
                reason="PowerUp",
                charging_station=v201.ChargingStation(
                    vendor_name="Acme",
                    model="One",
                    serial_number="S-1",
                    firmware_version="1.0",
                    modem=v201.Modem(iccid="8931", imsi="2620"),
                ),
            )
        case "v21":
            return v21.BootNotification(
                reason="PowerUp",
                charging_station=v21.ChargingStation(
                    vendor_name="Acme",
                    model="One",
                    serial_number="S-1",
                    firmware_version="1.0",
                    modem=v21.Modem(iccid="8931", imsi="2620"),
                ),
            )


def connected(station: Address, version: Version, epoch: int = 1) -> Connected:
    return Connected(
        tenant=station.tenant,
        station=station.station,
        edge="e1",
        epoch=epoch,
        version=version,
        remote="10.0.0.1:1",
        at=datetime.now(UTC),
    )


async def view_of(bus: Bus, station: Address) -> StationView:
    return await bus.ask(GetStation(tenant=station.tenant, station=station.station))


def test_a_rejected_station_waits_longer_than_any_other() -> None:
    """B03: it asks for ever."""
    intervals = Intervals()
    assert intervals.after("Rejected") > intervals.after("Accepted") > intervals.after("Pending")


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_version_of_a_station_is_known_from_its_boot_on(
    service: Any, bus: Bus, tenant: str, version: Version
) -> None:
    """The notice of its socket may still be on its way when somebody calls it."""
    station = Address(tenant, "CP1")
    await bus.ask(PutStation(tenant=tenant, station="CP1"))
    await up(bus, station, boot(version))
    assert (await view_of(bus, station)).protocol == version


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("registration", ["Accepted", "Pending", "Rejected"])
async def test_a_boot_is_answered_as_the_station_is_registered(
    service: Any, bus: Bus, tenant: str, version: Version, registration: Any
) -> None:
    station = Address(tenant, "CP 1/ü")
    await bus.ask(PutStation(tenant=tenant, station="CP 1/ü", registration=registration))
    async with Ear(bus, tenant, StationBooted) as ear:
        answer = await up(bus, station, boot(version))
        assert answer.status == registration
        wanted = {"Accepted": 60, "Pending": 30, "Rejected": 3600}
        assert answer.interval == wanted[registration]
        assert abs(answer.current_time - datetime.now(UTC)) < timedelta(seconds=5)
        (event,) = await ear.heard(1)
        assert (event.status, event.version, event.vendor) == (registration, version, "Acme")
    view = await view_of(bus, station)
    assert (view.vendor, view.model, view.serial_number, view.firmware) == (
        "Acme",
        "One",
        "S-1",
        "1.0",
    )
    assert (view.iccid, view.imsi) == ("8931", "2620")
    assert view.boot_status == view.registration == registration
    assert view.boot_reason == (None if version == "v16" else "PowerUp")
    assert view.booted_at is not None


async def test_a_later_boot_replaces_what_was_said_before(
    service: Any, bus: Bus, tenant: str
) -> None:
    station = Address(tenant, "CP1")
    await bus.ask(PutStation(tenant=tenant, station="CP1"))
    await up(bus, station, boot("v16"))
    newer = v16.BootNotification(
        charge_point_vendor="Acme", charge_point_model="One", charge_box_serial_number="BOX"
    )
    await up(bus, station, newer)
    view = await view_of(bus, station)
    assert (view.firmware, view.serial_number) == (None, "BOX")


async def test_a_station_that_was_removed_while_connected_is_rejected(
    service: Any, bus: Bus, tenant: str
) -> None:
    assert (await up(bus, Address(tenant, "GONE"), boot("v201"))).status == "Rejected"


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_pending_station_is_asked_to_boot_when_it_is_accepted(
    service: Any, bus: Bus, tenant: str, version: Version
) -> None:
    """B02, TC_B_31."""
    station = Address(tenant, "CP1")
    await bus.ask(PutStation(tenant=tenant, station="CP1", registration="Pending"))
    bus.tell(connected(station, version))
    await eventually(lambda: view_of(bus, station), lambda view: view.online)
    peer = Peer(bus, station)
    assert (await up(bus, station, boot(version))).status == "Pending"
    await bus.ask(PutStation(tenant=tenant, station="CP1", registration="Accepted"))
    assert (await peer.heard())[0] == (
        version,
        "TriggerMessage",
        {"requestedMessage": "BootNotification"},
    )
    assert (await up(bus, station, boot(version))).status == "Accepted"
    peer.leave()


async def test_an_accepted_station_is_not_asked_to_boot(
    start: Start, bus: Bus, tenant: str
) -> None:
    """F06.FR.17. The station beside it, which never booted, shows when the sweep went by."""
    async with start(boot_grace_seconds=0.1):
        booted, silent = Address(tenant, "BOOTED"), Address(tenant, "SILENT")
        for station in (booted, silent):
            await bus.ask(PutStation(tenant=tenant, station=station.station))
        await up(bus, booted, boot("v201"))
        peers = [Peer(bus, booted), Peer(bus, silent)]
        bus.tell(connected(booted, "v201"))
        bus.tell(connected(silent, "v201"))
        await bus.ask(PutStation(tenant=tenant, station="BOOTED", registration="Accepted"))
        await peers[1].heard()
        assert peers[0].calls == []
        for peer in peers:
            peer.leave()


async def test_a_station_that_hears_nothing_unasked_is_not_asked_to_boot_either(
    start: Start, bus: Bus, tenant: str
) -> None:
    """The station beside it, which is asked, shows when the sweep went by."""
    async with start(boot_grace_seconds=0.1):
        quiet, silent = Address(tenant, "QUIET"), Address(tenant, "SILENT")
        await bus.ask(PutStation(tenant=tenant, station="QUIET", automatic=False))
        await bus.ask(PutStation(tenant=tenant, station="SILENT"))
        peers = [Peer(bus, quiet), Peer(bus, silent)]
        bus.tell(connected(quiet, "v201"))
        await eventually(lambda: view_of(bus, quiet), lambda view: view.online)
        await bus.ask(PutStation(tenant=tenant, station="QUIET", registration="Pending"))
        await bus.ask(PutStation(tenant=tenant, station="QUIET", registration="Accepted"))
        bus.tell(connected(silent, "v201"))
        await peers[1].heard()
        assert peers[0].calls == []
        for peer in peers:
            peer.leave()


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_known_station_that_connects_and_does_not_boot_is_asked_to_once(
    service: Any, bus: Bus, tenant: str, version: Version
) -> None:
    station = Address(tenant, "CP1")
    await bus.ask(PutStation(tenant=tenant, station="CP1"))
    peer = Peer(bus, station)
    bus.tell(connected(station, version, epoch=5))
    assert (await peer.heard())[0][1] == "TriggerMessage"
    bus.tell(connected(station, version, epoch=6))
    assert len(await peer.heard(2)) == 2
    await up(bus, station, boot(version))
    peer.leave()


async def test_a_rejected_station_is_told_so_at_its_next_socket_and_asked_to_boot_when_accepted(
    service: Any, bus: Bus, tenant: str
) -> None:
    """It was accepted before: neither it nor the edge may go on as if nothing had happened."""
    station = Address(tenant, "CP1")
    await bus.ask(PutStation(tenant=tenant, station="CP1"))
    await up(bus, station, boot("v201"))
    await bus.ask(PutStation(tenant=tenant, station="CP1", registration="Rejected"))
    request = Admit(station="CP1", named_tenant=tenant, edge="e1", remote="", version="v201")
    assert (await bus.ask(request)).boot_status == "Rejected"
    bus.tell(connected(station, "v201"))
    await eventually(lambda: view_of(bus, station), lambda view: view.online)
    peer = Peer(bus, station)
    await bus.ask(PutStation(tenant=tenant, station="CP1", registration="Accepted"))
    assert (await peer.heard())[0][1] == "TriggerMessage"
    peer.leave()


@pytest.mark.parametrize("change", ["reject", "remove"])
async def test_a_station_that_is_rejected_or_removed_is_dropped(
    service: Any, bus: Bus, tenant: str, change: str
) -> None:
    await bus.ask(PutStation(tenant=tenant, station="CP1"))
    async with Ear(bus, tenant, Drop) as ear:
        if change == "reject":
            await bus.ask(PutStation(tenant=tenant, station="CP1", registration="Rejected"))
        else:
            await bus.ask(DeleteStation(tenant=tenant, station="CP1"))
        (drop,) = await ear.heard(1)
        assert (drop.station, drop.epoch, drop.code) == ("CP1", 0, 1008)


async def test_five_hundred_stations_boot_and_report_status_at_once(
    service: Any, bus: Bus, tenant: str
) -> None:
    """As after a power cut: no dead-lock, nothing dropped."""
    stations = [Address(tenant, f"S{n}") for n in range(500)]
    await asyncio.gather(
        *(bus.ask(PutStation(tenant=tenant, station=each.station), timeout=20) for each in stations)
    )

    async def rise(station: Address) -> str:
        answer = await up(bus, station, boot("v16"))
        for connector in (0, 1, 2):
            told = v16.StatusNotification(
                connector_id=connector, error_code="NoError", status="Available"
            )
            await up(bus, station, told)
        return answer.status

    assert set(await asyncio.gather(*(rise(each) for each in stations))) == {"Accepted"}
    for station in (stations[0], stations[250], stations[499]):
        view = await view_of(bus, station)
        assert view.status == "Available"
        assert [evse.connectors[0].status for evse in view.evses] == ["Available", "Available"]
