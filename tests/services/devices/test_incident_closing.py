"""Incidents that an operator closes, and how each one was closed."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.bus import Bus, NotFound
from libs.contracts.faults import (
    CloseIncident,
    GetIncident,
    IncidentClosed,
    IncidentOpened,
    IncidentView,
    ListIncidents,
)
from libs.contracts.stations import ConnectorStatusChanged, StationRemoved
from services.devices.app import App, Config, opened
from services.devices.handlers import faults as handlers
from services.devices.incidents import close_quiet
from tests.services.service import Ear

NOW = datetime.now(UTC).replace(microsecond=0)


async def faulted(app: App, tenant: str, at: datetime = NOW, **more: Any) -> IncidentView:
    given = {"status": "Faulted", "error_code": "GroundFailure", **more}
    event = ConnectorStatusChanged(
        tenant=tenant, at=at, station="CP1", evse=1, connector=1, received_at=at, **given
    )
    await handlers.on_status(app, event)
    return (await app.bus.ask(ListIncidents(tenant=tenant))).items[0]


async def test_an_operator_closes_an_incident_and_says_why(
    service: Config, bus: Bus, tenant: str
) -> None:
    async with opened(service, bus) as app, Ear(bus, tenant, IncidentClosed) as ear:
        incident = await faulted(app, tenant)
        close = CloseIncident(tenant=tenant, id=incident.id, by="ann", note="seal renewed")
        closed = await bus.ask(close)
        assert (closed.open, closed.closed_how) == (False, "operator")
        assert (closed.closed_by, closed.closed_note) == ("ann", "seal renewed")
        assert await bus.ask(GetIncident(tenant=tenant, id=incident.id)) == closed
        [event] = await ear.heard(1)
    assert (event.incident, event.how, event.by) == (incident.id, "operator", "ann")
    assert event.note == "seal renewed"


async def test_what_is_closed_stays_as_it_was_closed(
    service: Config, bus: Bus, tenant: str
) -> None:
    async with opened(service, bus) as app, Ear(bus, tenant, IncidentClosed) as ear:
        incident = await faulted(app, tenant)
        first = await bus.ask(CloseIncident(tenant=tenant, id=incident.id, by="ann"))
        again = await bus.ask(CloseIncident(tenant=tenant, id=incident.id, by="bob", note="me"))
        assert again == first
        assert len(await ear.heard(1)) == 1


async def test_a_fault_that_comes_back_opens_what_was_closed_by_hand(
    service: Config, bus: Bus, tenant: str
) -> None:
    async with opened(service, bus) as app, Ear(bus, tenant, IncidentOpened) as ear:
        incident = await faulted(app, tenant)
        await bus.ask(CloseIncident(tenant=tenant, id=incident.id, by="ann", note="done"))
        again = await faulted(app, tenant, NOW + timedelta(minutes=1))
        assert (again.id, again.open, again.count) == (incident.id, True, 2)
        assert (again.closed_how, again.closed_by, again.closed_note) == (None, None, None)
        assert [event.count for event in await ear.heard(2)] == [1, 2]


async def test_the_station_the_quiet_and_the_removal_close_too(
    service: Config, bus: Bus, tenant: str
) -> None:
    async with opened(service, bus) as app, Ear(bus, tenant, IncidentClosed) as ear:
        await faulted(app, tenant)
        said = await faulted(app, tenant, NOW, status="Available", error_code=None)
        await faulted(app, tenant, NOW + timedelta(hours=2))
        gone = StationRemoved(tenant=tenant, at=NOW + timedelta(hours=3), station="CP1")
        await handlers.on_removed(app, gone)
        await app.pool.execute(
            """
            INSERT INTO devices.incident (tenant, station, evse, code, source, about, lasting,
                                          first_at, last_at, count)
            VALUES ($1, 'CP2', 0, 'rpc.GenericError', 'rpc', '', false, $2, $2, 1)
            """,
            tenant,
            NOW - timedelta(days=9),
        )
        await close_quiet(app)
        events = await ear.heard(3)
    assert said.closed_how == "station"
    assert [event.how for event in events] == ["station", "removal", "quiet"]
    views = (await bus.ask(ListIncidents(tenant=tenant))).items
    assert {view.closed_how for view in views} == {"station", "removal", "quiet"}


@pytest.mark.parametrize("id", [str(uuid.uuid4()), "nothing", ""])
async def test_an_incident_that_is_not_there_is_not_found(
    service: Any, bus: Bus, tenant: str, id: str
) -> None:
    with pytest.raises(NotFound):
        await bus.ask(GetIncident(tenant=tenant, id=id))
    with pytest.raises(NotFound):
        await bus.ask(CloseIncident(tenant=tenant, id=id, by="ann"))


async def test_the_incident_of_another_tenant_is_not_found(
    service: Config, bus: Bus, tenant: str
) -> None:
    async with opened(service, bus) as app:
        incident = await faulted(app, tenant)
    with pytest.raises(NotFound):
        await bus.ask(CloseIncident(tenant=f"{tenant}x", id=incident.id, by="ann"))
    assert (await bus.ask(GetIncident(tenant=tenant, id=incident.id))).open
