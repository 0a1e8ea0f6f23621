"""Who understands a vendor answers its messages over the bus."""

from typing import Any

import pytest

from libs.bus import Address, Bus, NotFound, Router
from libs.contracts.vendors import (
    DataTransferred,
    ListTransfers,
    PutVendorHandler,
    VendorHandler,
    VendorMessage,
    VendorReply,
)
from libs.ocpp import v16, v21, v201
from services.devices import vendor
from tests.services.service import Ear, up

ACME = "com.acme.chargers"


class Acme:
    """A service of an integrator."""

    def __init__(self) -> None:
        self.asked: list[VendorMessage] = []


router = Router("acme")


@router.answers(VendorMessage)
async def understand(acme: Acme, ask: VendorMessage) -> VendorReply:
    acme.asked.append(ask)
    match ask.message:
        case "Status":
            return VendorReply(status="Accepted", data={"seen": ask.data})
        case "Broken":
            raise ValueError(ask.message)
        case "Foreign":
            raise NotFound("not one of ours")
        case _:
            return VendorReply(status="UnknownMessageId")


@pytest.fixture
async def acme(bus: Bus) -> Any:
    service = Acme()
    serving = await bus.serve(router, service)
    yield service
    await serving.stop()


async def test_the_answer_is_that_of_who_serves_the_vendor(
    service: Any, bus: Bus, tenant: str, acme: Acme
) -> None:
    station = Address(tenant, "CP1")
    async with Ear(bus, tenant, DataTransferred) as ear:
        call = v201.DataTransfer(vendor_id=ACME, message_id="Status", data=[1, None])
        answer = await up(bus, station, call)
        (event,) = await ear.heard(1)
    assert answer == v201.DataTransferResponse(status="Accepted", data={"seen": [1, None]})
    assert (event.vendor, event.message, event.status) == (ACME, "Status", "Accepted")
    (asked,) = acme.asked
    assert (asked.station, asked.version, asked.id) == ("CP1", "v201", "m1")
    page = await bus.ask(ListTransfers(tenant=tenant, station="CP1"))
    assert [(each.data, each.answer) for each in page.items] == [([1, None], {"seen": [1, None]})]


async def test_a_1_6_station_is_answered_in_text(
    service: Any, bus: Bus, tenant: str, acme: Acme
) -> None:
    call = v16.DataTransfer(vendor_id=ACME, message_id="Status", data="x")
    answer = await up(bus, Address(tenant, "CP1"), call)
    assert answer == v16.DataTransferResponse(status="Accepted", data='{"seen":"x"}')


@pytest.mark.parametrize(
    ("message", "status"),
    [(None, "UnknownMessageId"), ("Broken", "Rejected"), ("Foreign", "UnknownVendorId")],
)
async def test_a_handler_that_does_not_know_or_breaks_is_no_fault_of_the_station(
    service: Any, bus: Bus, tenant: str, acme: Acme, message: str | None, status: str
) -> None:
    call = v21.DataTransfer(vendor_id=ACME, message_id=message)
    assert (await up(bus, Address(tenant, "CP1"), call)).status == status


async def test_who_serves_a_vendor_comes_before_what_the_tenant_set(
    service: Any, bus: Bus, tenant: str
) -> None:
    station = Address(tenant, "CP1")
    call = v201.DataTransfer(vendor_id=ACME, message_id="Status")
    assert (await up(bus, station, call)).status == "UnknownVendorId"
    await bus.ask(PutVendorHandler(tenant=tenant, vendor=ACME, policy="reject"))
    assert (await up(bus, station, call)).status == "Rejected"
    serving = await bus.serve(router, Acme())
    assert (await up(bus, station, call)).status == "Accepted"
    await serving.stop()
    assert (await up(bus, station, call)).status == "Rejected"


@pytest.mark.parametrize(
    ("handler", "message", "status"),
    [
        (None, "Hello", "UnknownVendorId"),
        (VendorHandler(vendor=ACME), "Hello", "Accepted"),
        (VendorHandler(vendor=ACME), None, "Accepted"),
        (VendorHandler(vendor=ACME, messages=["Hello"]), "Hello", "Accepted"),
        (VendorHandler(vendor=ACME, messages=["Hello"]), "hello", "UnknownMessageId"),
        (VendorHandler(vendor=ACME, messages=[]), "Hello", "UnknownMessageId"),
        (VendorHandler(vendor=ACME, messages=["Hello"]), None, "Accepted"),
        (VendorHandler(vendor=ACME, policy="reject"), "Hello", "Rejected"),
    ],
)
def test_what_a_tenant_set_decides(
    handler: VendorHandler | None, message: str | None, status: str
) -> None:
    assert vendor.decide(handler, message) == status
