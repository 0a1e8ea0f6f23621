"""What stations tell of customers is kept for a short time, and nowhere else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from msgspec import Raw, json

from libs.bus import Address, Bus, Router
from libs.contracts.customers import AskCustomer, CustomerCleared, GetCustomer, ListCustomers
from libs.contracts.devices import GetRequest, SendCall
from libs.contracts.stations import GetStation, StationView
from libs.ocpp import v201
from services.devices import store_customer
from tests.services.service import Ear, Peer, up

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)

registry = Router("registry")


@registry.answers(GetStation)
async def get_station(app: Any, ask: GetStation) -> StationView:
    return StationView(tenant=ask.tenant, id=ask.station, protocol="v201", online=True)


@pytest.fixture
async def stations(bus: Bus) -> Any:
    serving = await bus.serve(registry, None)
    yield
    await serving.stop()


def part(number: int, data: str, *, request: int, more: bool = False) -> Any:
    return v201.NotifyCustomerInformation(
        data=data, seq_no=number, tbc=more or None, generated_at=AT, request_id=request
    )


async def test_parts_in_any_order_become_one_text_and_go_when_their_time_is_over(
    service: Any, bus: Bus, tenant: str, database: str, stations: None
) -> None:
    station = Address(tenant, "CP1")
    peer = Peer(bus, station)
    await bus.barrier()
    async with Ear(bus, tenant, CustomerCleared) as ear:
        ask = AskCustomer(tenant=tenant, station="CP1", token="ADA-1815", report=True, clear=True)
        sent = await bus.ask(ask)
        (event,) = await ear.heard(1)
    assert (event.token, event.token_type, event.request) == ("ADA-1815", "ISO14443", sent.request)
    (_, _, payload) = peer.calls[0]
    number = payload["requestId"]
    for call in (
        part(0, "a", request=number, more=True),
        part(2, "c", request=number),
        part(1, "b", request=number, more=True),
        part(1, "b", request=number, more=True),
    ):
        await up(bus, station, call)
    get = GetCustomer(tenant=tenant, station="CP1", request=sent.request)
    view = await bus.ask(get)
    assert (view.text, view.parts, view.complete) == ("abc", 3, True)

    connection = await asyncpg.connect(database)
    try:
        await store_customer.forget(connection, datetime.now(UTC) - timedelta(days=1))
        assert (await bus.ask(get)).text == "abc"
        await store_customer.forget(connection, datetime.now(UTC) + timedelta(seconds=1))
        left = await connection.fetchval("SELECT count(*) FROM devices.customer_part")
    finally:
        await connection.close()
    assert left == 0
    assert (await bus.ask(ListCustomers(tenant=tenant, station="CP1"))).items == []
    request = await bus.ask(GetRequest(tenant=tenant, request=sent.request))
    assert "ADA-1815" not in json.encode(request).decode()
    peer.leave()


async def test_a_number_that_is_used_again_tells_nothing_of_the_customer_before(
    service: Any, bus: Bus, tenant: str, database: str
) -> None:
    """A laboratory asks each time under the same requestId."""
    station = Address(tenant, "CP1")
    await up(bus, station, part(0, "Ada ", request=1, more=True))
    await up(bus, station, part(1, "Lovelace", request=1))
    await up(bus, station, part(0, "Bob", request=1))
    connection = await asyncpg.connect(database)
    try:
        rows = await connection.fetch(
            "SELECT part, data FROM devices.customer_part WHERE tenant = $1", tenant
        )
    finally:
        await connection.close()
    assert [tuple(row) for row in rows] == [(0, "Bob")]


async def test_what_is_personal_goes_whatever_else_a_request_held(
    service: Any, bus: Bus, tenant: str, database: str
) -> None:
    """PostgreSQL has no text with NUL: one such request must not keep all others for ever."""
    peer = Peer(bus, Address(tenant, "CP1"))
    await bus.barrier()
    asked = {"requestId": 1, "report": True, "clear": False, "customerIdentifier": "Ada"}
    sent = [
        await bus.ask(
            SendCall(
                tenant=tenant,
                station="CP1",
                version="v201",
                action="CustomerInformation",
                payload=Raw(json.encode({**asked, **more})),
                by="tester",
            )
        )
        for more in ({"customData": {"vendorId": "v", "k": ["a\x00b"]}}, {})
    ]
    assert len(peer.calls) == 2
    assert len((await bus.ask(ListCustomers(tenant=tenant, station="CP1"))).items) == 2
    connection = await asyncpg.connect(database)
    await store_customer.forget(connection, datetime.now(UTC) + timedelta(days=1))
    await connection.close()
    for each in sent:
        view = await bus.ask(GetRequest(tenant=tenant, request=each.request))
        assert "customerIdentifier" not in view.payload
