"""Faults are kept once, explained, and grouped into incidents."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.bus import Address, Bus, NotFound, cloudevent
from libs.contracts.faults import (
    FaultView,
    GetCatalogueEntry,
    IncidentClosed,
    IncidentOpened,
    IncidentView,
    ListCatalogue,
    ListFaults,
    ListIncidents,
    SecurityEventReported,
)
from libs.contracts.stations import ConnectorStatusChanged, StationRemoved
from libs.contracts.transactions import TransactionEnded
from libs.ocpp import v16, v201
from services.devices.app import App, Config, opened
from services.devices.handlers import faults as handlers
from services.devices.incidents import close_quiet
from tests.services.service import Ear, eventually, up

NOW = datetime.now(UTC).replace(microsecond=0)


def minutes(number: float) -> datetime:
    return NOW + timedelta(minutes=number)


async def incidents(bus: Bus, tenant: str, **more: Any) -> list[IncidentView]:
    return (await bus.ask(ListIncidents(tenant=tenant, **more))).items


async def faults(bus: Bus, tenant: str, **more: Any) -> list[FaultView]:
    return (await bus.ask(ListFaults(tenant=tenant, station="CP1", **more))).items


def status(tenant: str, at: datetime, **more: Any) -> ConnectorStatusChanged:
    given = {"evse": 1, "connector": 1, "status": "Faulted", "received_at": at, **more}
    return ConnectorStatusChanged(tenant=tenant, at=at, station="CP1", **given)


async def test_an_error_of_1_6_is_an_incident_until_the_connector_is_well(
    service: Config, bus: Bus, tenant: str
) -> None:
    async with opened(service, bus) as app:
        fault = status(tenant, minutes(0), error_code="GroundFailure", info="RCD 31 mA")
        await handlers.on_status(app, fault)
        await handlers.on_status(app, fault)
        [incident] = await incidents(bus, tenant)
        assert (incident.code, incident.count, incident.open) == (
            "connector.GroundFailure", 1, True,
        )  # fmt: skip
        assert (incident.evse, incident.info, incident.who) == (1, "RCD 31 mA", "technician")
        await handlers.on_status(app, status(tenant, minutes(1), status="Available"))
        [incident] = await incidents(bus, tenant)
        assert (incident.open, incident.closed_at) == (False, minutes(1))
        assert await incidents(bus, tenant, open=True) == []
    [stored] = await faults(bus, tenant)
    assert (stored.said, stored.code) == ("GroundFailure", "connector.GroundFailure")
    assert stored.hint
    assert stored.title
    assert stored.incident == incident.id


async def test_a_fault_that_comes_back_soon_is_the_same_incident(
    service: Config, bus: Bus, tenant: str
) -> None:
    async with opened(service, bus) as app:
        for number in range(3):
            at = minutes(10 * number)
            await handlers.on_status(app, status(tenant, at, error_code="WeakSignal"))
            await handlers.on_status(
                app, status(tenant, at + timedelta(minutes=1), status="Available")
            )
        [incident] = await incidents(bus, tenant)
        assert (incident.count, incident.open) == (3, False)
        assert (incident.first_at, incident.last_at) == (minutes(0), minutes(20))
        await handlers.on_status(app, status(tenant, minutes(200), error_code="WeakSignal"))
    newest, oldest = await incidents(bus, tenant)
    assert (newest.count, newest.open) == (1, True)
    assert (oldest.count, oldest.open) == (3, False)


async def test_another_error_ends_the_one_before(service: Config, bus: Bus, tenant: str) -> None:
    async with opened(service, bus) as app:
        await handlers.on_status(app, status(tenant, minutes(0), error_code="OverVoltage"))
        await handlers.on_status(app, status(tenant, minutes(1), error_code="UnderVoltage"))
    found = {each.code: each.open for each in await incidents(bus, tenant)}
    assert found == {"connector.OverVoltage": False, "connector.UnderVoltage": True}


async def test_an_older_status_that_is_heard_of_late_closes_nothing(
    service: Config, bus: Bus, tenant: str
) -> None:
    async with opened(service, bus) as app:
        await handlers.on_status(app, status(tenant, minutes(5), error_code="OverVoltage"))
        await handlers.on_status(app, status(tenant, minutes(4), status="Available"))
    [incident] = await incidents(bus, tenant)
    assert incident.open


async def test_a_fault_that_comes_after_the_status_that_ended_it_is_over(
    service: Config, bus: Bus, tenant: str
) -> None:
    """Events come in any order."""
    async with opened(service, bus) as app:
        first = status(tenant, minutes(1), error_code="ConnectorLockFailure")
        await handlers.on_status(app, first)
        await handlers.on_status(app, status(tenant, minutes(2), status="Available"))
        await handlers.on_status(app, status(tenant, minutes(4), error_code="OverVoltage"))
        late = status(tenant, minutes(3), error_code="ConnectorLockFailure")
        await handlers.on_status(app, late)
    found = {each.code: each for each in await incidents(bus, tenant)}
    lock = found["connector.ConnectorLockFailure"]
    assert (lock.count, lock.open, lock.closed_at) == (2, False, minutes(4))
    assert found["connector.OverVoltage"].open


async def test_places_of_a_station_have_their_own_incidents(
    service: Config, bus: Bus, tenant: str
) -> None:
    async with opened(service, bus) as app:
        for evse in (1, 2):
            await handlers.on_status(
                app, status(tenant, minutes(0), evse=evse, error_code="HighTemperature")
            )
        await handlers.on_status(app, status(tenant, minutes(1), evse=2, status="Available"))
    found = {each.evse: each.open for each in await incidents(bus, tenant)}
    assert found == {1: True, 2: False}


async def test_a_status_without_a_code_is_explained_too(
    service: Config, bus: Bus, tenant: str
) -> None:
    async with opened(service, bus) as app:
        await handlers.on_status(app, status(tenant, minutes(0)))
    [stored] = await faults(bus, tenant)
    assert (stored.code, stored.said) == ("event.any.AvailabilityState", "Faulted")


@pytest.mark.parametrize("kind", [v16, v201])
async def test_a_security_event_is_kept_and_announced(
    service: Any, bus: Bus, tenant: str, kind: Any
) -> None:
    """A04."""
    async with Ear(bus, tenant, SecurityEventReported) as ear:
        call = kind.SecurityEventNotification(type="TamperDetectionActivated", timestamp=NOW)
        await up(bus, Address(tenant, "CP1"), call)
        await up(bus, Address(tenant, "CP1"), call)
        [event] = await ear.heard(1)
    assert (event.type, event.code) == (
        "TamperDetectionActivated", "security.TamperDetectionActivated",
    )  # fmt: skip
    [incident] = await incidents(bus, tenant)
    assert (incident.count, incident.source, incident.who) == (1, "security", "technician")


async def test_what_nobody_has_to_act_on_is_no_incident(
    service: Any, bus: Bus, tenant: str
) -> None:
    call = v201.SecurityEventNotification(type="StartupOfTheDevice", timestamp=NOW)
    await up(bus, Address(tenant, "CP1"), call)
    assert [each.code for each in await faults(bus, tenant)] == ["security.StartupOfTheDevice"]
    assert await incidents(bus, tenant) == []


async def test_a_session_that_a_fault_ended_is_a_fault(
    service: Config, bus: Bus, tenant: str
) -> None:
    async with opened(service, bus) as app:
        for reason in ("GroundFault", "Local", "Remote"):
            event = TransactionEnded(
                tenant=tenant, at=NOW, station="CP1", id=reason, transaction=reason, evse=2,
                started_at=NOW, ended_at=NOW, stop_reason=reason,
            )  # fmt: skip
            await handlers.on_ended(app, event)
    [stored] = await faults(bus, tenant)
    assert (stored.code, stored.evse) == ("transaction.GroundFault", 2)


async def test_an_incident_that_nobody_ends_closes_after_a_time_of_quiet(
    service: Config, bus: Bus, tenant: str
) -> None:
    long_ago = NOW - timedelta(hours=30)
    station = Address(tenant, "CP1")
    for at in (long_ago, NOW):
        said = "InvalidMessages" if at == NOW else "MaintenanceLoginFailed"
        await up(bus, station, v201.SecurityEventNotification(type=said, timestamp=at))
    async with opened(service, bus) as app, Ear(bus, tenant, IncidentClosed) as ear:
        await handlers.on_status(app, status(tenant, long_ago, error_code="OverVoltage"))
        await close_quiet(app)
        [closing] = await ear.heard(1)
        assert closing.code == "security.MaintenanceLoginFailed"
    found = {each.code: each.open for each in await incidents(bus, tenant)}
    assert found == {
        "security.MaintenanceLoginFailed": False,
        "security.InvalidMessages": True,
        "connector.OverVoltage": True,
    }


async def test_a_station_that_is_removed_leaves_no_open_incident(
    service: Config, bus: Bus, tenant: str
) -> None:
    async with opened(service, bus) as app:
        await handlers.on_status(app, status(tenant, minutes(0), error_code="OverVoltage"))
        gone = StationRemoved(tenant=tenant, at=minutes(1), station="CP1")
        await handlers.on_removed(app, gone)
    [incident] = await incidents(bus, tenant)
    assert (incident.open, incident.closed_at) == (False, minutes(1))


async def test_what_opens_is_announced_with_its_hint(
    service: Config, bus: Bus, tenant: str
) -> None:
    async with opened(service, bus) as app, Ear(bus, tenant, IncidentOpened) as ear:
        await handlers.on_status(app, status(tenant, minutes(0), error_code="ReaderFailure"))
        [opening] = await ear.heard(1)
    assert (opening.code, opening.count) == ("connector.ReaderFailure", 1)
    assert "app" in opening.hint


async def test_pages_of_faults_and_incidents_hold_each_once(
    service: Config, bus: Bus, tenant: str
) -> None:
    async with opened(service, bus) as app:
        await fill(app, tenant)
    seen: list[str] = []
    after = None
    while True:
        page = await bus.ask(ListIncidents(tenant=tenant, limit=2, after=after))
        seen += [each.code for each in page.items]
        after = page.next
        if after is None:
            break
    assert sorted(seen) == ["connector.OverVoltage"] * 5
    listed: list[int] = []
    while True:
        found = await bus.ask(ListFaults(tenant=tenant, station="CP1", limit=2, after=after))
        listed += [each.id for each in found.items]
        after = found.next
        if after is None:
            break
    assert len(set(listed)) == len(listed) == 5


async def fill(app: App, tenant: str) -> None:
    for evse in range(1, 6):
        await handlers.on_status(
            app, status(tenant, minutes(evse), evse=evse, error_code="OverVoltage")
        )


async def test_the_catalogue_is_paged_and_translated(service: Any, bus: Bus, tenant: str) -> None:
    first = await bus.ask(ListCatalogue(tenant=tenant, source="connector", limit=10))
    rest = await bus.ask(
        ListCatalogue(tenant=tenant, source="connector", limit=10, after=first.next)
    )
    assert len(first.items) + len(rest.items) == 15
    assert rest.next is None
    german = await bus.ask(
        GetCatalogueEntry(tenant=tenant, code="connector.GroundFailure", language="de")
    )
    assert german.title == "Der Fehlerstromschutz hat ausgelöst"
    with pytest.raises(NotFound):
        await bus.ask(GetCatalogueEntry(tenant=tenant, code="connector.Nothing"))


async def test_a_status_change_of_the_bus_is_followed(service: Any, bus: Bus, tenant: str) -> None:
    event = status(tenant, minutes(0), error_code="PowerMeterFailure")
    said = cloudevent.announcement(event, "stations")
    await bus.announce(said.subject, said.body, said.id)
    found = await eventually(lambda: incidents(bus, tenant))
    assert found[0].code == "connector.PowerMeterFailure"
