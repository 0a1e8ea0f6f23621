"""A thousand faults of the field: how many are explained by a code of their own."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from typing import Any

import pytest_asyncio

from libs.bus import Address, Bus, Router
from libs.contracts.faults import IncidentView, ListFaults, ListIncidents
from libs.contracts.stations import ConnectorStatusChanged, GetStation, StationView
from libs.ocpp.message import Request
from services.devices.app import App, Config, opened
from services.devices.faults import load
from services.devices.handlers import faults as handlers
from services.devices.incidents import call_failed
from tests.services.devices.replay import STATIONS, Line, Refused, replay
from tests.services.service import up

FAULTS = 1000
AT_ONCE = 25
EXPLAINED_MIN = 0.95
CATCH_ALL = {
    "connector.OtherError", "event.any.Other", "security.Other", "rpc.GenericError", "reason.Other",
}  # fmt: skip
"""They have a hint too, but one that fits everything."""

registry: Router = Router("stations")


@registry.answers(GetStation)
async def get_station(app: None, ask: GetStation) -> StationView:
    return StationView(tenant=ask.tenant, id=ask.station, vendor="Examplia GmbH", model="Duo 22")


@pytest_asyncio.fixture
async def stations(bus: Bus) -> AsyncGenerator[None]:
    serving = await bus.serve(registry, None)
    yield
    await serving.stop()


async def report(app: App, bus: Bus, tenant: str, line: Line) -> None:
    """The way that each kind of fault comes in."""
    to = Address(tenant, line.station)
    match line.fault:
        case ConnectorStatusChanged():
            await handlers.on_status(app, line.fault)
        case Refused(result):
            async with app.outbox.transaction() as connection:
                await call_failed(app, connection, to, str(id(line)), result)
        case Request():
            await up(bus, to, line.fault)


async def every_incident(bus: Bus, tenant: str) -> list[IncidentView]:
    found: list[IncidentView] = []
    after = None
    while True:
        page = await bus.ask(ListIncidents(tenant=tenant, limit=500, after=after))
        found += page.items
        after = page.next
        if after is None:
            return found


async def test_of_a_thousand_faults_nearly_all_have_a_code_and_a_hint(
    service: Config, bus: Bus, tenant: str, stations: None
) -> None:
    lines = list(replay(tenant, FAULTS))
    async with opened(service, bus) as app:
        for begin in range(0, FAULTS, AT_ONCE):
            some = lines[begin : begin + AT_ONCE]
            await asyncio.gather(*(report(app, bus, tenant, line) for line in some))
    stored: Counter[str] = Counter()
    for number in range(STATIONS):
        ask = ListFaults(tenant=tenant, station=f"CP{number}", limit=500)
        for fault in (await bus.ask(ask)).items:
            stored[fault.code] += 1
            assert fault.title
            assert fault.hint
    assert stored.total() == FAULTS
    explained = sum(count for code, count in stored.items() if code not in CATCH_ALL)
    assert explained / FAULTS >= EXPLAINED_MIN, stored.most_common()
    incidents = await every_incident(bus, tenant)
    acted_on = sum(count for code, count in stored.items() if entry_of(code).who != "nobody")
    assert sum(incident.count for incident in incidents) == acted_on
    assert len(incidents) < acted_on


CATALOGUE = load()


def entry_of(code: str) -> Any:
    entry = CATALOGUE.get(code)
    assert entry is not None, code
    return entry


def test_the_replay_holds_what_nobody_can_know() -> None:
    """So that the share above could be missed."""
    said = [line.fault for line in replay("t", FAULTS)]
    unheard = [
        fault
        for fault in said
        if isinstance(fault, ConnectorStatusChanged) and fault.vendor_error_code == "E9941"
    ]
    assert unheard
    assert {type(fault).__name__ for fault in said} == {
        "ConnectorStatusChanged", "NotifyEvent", "SecurityEventNotification", "Refused",
    }  # fmt: skip
