"""Customer information (N09, N10): asked for, joined, kept for a short time, erasable."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from libs.bus import Invalid, NotFound, Station
from libs.contracts.customers import (
    AskCustomer,
    CertificateHash,
    CustomerCleared,
    CustomerPage,
    CustomerView,
    EraseCustomer,
    GetCustomer,
    ListCustomers,
)
from libs.contracts.devices import CallSent
from libs.contracts.stations import Done
from libs.ocpp import v21, v201
from libs.ocpp.secret import hide
from services.devices import asking, page, store_customer
from services.devices.app import App, router
from services.devices.effects import Asked, effect
from services.devices.handlers.registry import named
from services.devices.order import given, order
from services.devices.store_customer import Cursor

NotifyCustomerInformation = v201.NotifyCustomerInformation | v21.NotifyCustomerInformation


# -- what stations tell --------------------------------------------------------------------------


@router.on(v201.NotifyCustomerInformation)
async def told_201(
    app: App, station: Station, call: v201.NotifyCustomerInformation
) -> v201.NotifyCustomerInformationResponse:
    await keep_part(app, station, call)
    return v201.NotifyCustomerInformationResponse()


@router.on(v21.NotifyCustomerInformation)
async def told_21(
    app: App, station: Station, call: v21.NotifyCustomerInformation
) -> v21.NotifyCustomerInformationResponse:
    await keep_part(app, station, call)
    return v21.NotifyCustomerInformationResponse()


async def keep_part(app: App, station: Station, call: NotifyCustomerInformation) -> None:
    """The reports, which are kept for long, hold that it came; what it says is kept apart."""
    await store_customer.add_part(
        app.pool,
        (station.tenant, station.id, call.request_id),
        call.seq_no,
        call.data,
        bool(call.tbc),
        at=station.received_at,
    )
    await app.keep(replace(station, raw=hide(call.action, station.raw)), call)


# -- what stations answered ----------------------------------------------------------------------


@effect("CustomerInformation")
async def was_asked(app: App, asked: Asked) -> None:
    """N10.FR.02: a cleared token is to leave the local list too, which others keep."""
    call = asked.call
    events: list[CustomerCleared] = []
    if call.clear and call.id_token is not None and asked.answer.status == "Accepted":
        events.append(
            CustomerCleared(
                tenant=asked.tenant,
                at=asked.at,
                station=asked.station,
                request=asked.request,
                token=call.id_token.id_token,
                token_type=call.id_token.type,
            )
        )
    async with app.outbox.transaction() as connection:
        await store_customer.add(connection, named(asked.request))
        await app.outbox.add(connection, events)


# -- what operators want -------------------------------------------------------------------------


@router.answers(AskCustomer)
async def ask_customer(app: App, ask: AskCustomer) -> CallSent:
    named_by = [ask.token, ask.certificate, ask.identifier]
    if sum(each is not None for each in named_by) != 1:
        raise Invalid(
            "Name the customer by exactly one of token, certificate and identifier.", field="token"
        )
    fields = given(
        requestId=asking.number(),
        report=ask.report,
        clear=ask.clear,
        idToken={"idToken": ask.token, "type": ask.token_type} if ask.token is not None else None,
        customerIdentifier=ask.identifier,
        customerCertificate=certificate(ask.certificate) if ask.certificate else None,
    )
    return await order(app, ask, "CustomerInformation", fields)


def certificate(given: CertificateHash) -> dict[str, Any]:
    return {
        "hashAlgorithm": given.algorithm,
        "issuerNameHash": given.issuer_name_hash,
        "issuerKeyHash": given.issuer_key_hash,
        "serialNumber": given.serial_number,
    }


@router.answers(ListCustomers)
async def list_customers(app: App, ask: ListCustomers) -> CustomerPage:
    limit = page.size(ask.limit)
    place = (ask.tenant, ask.station)
    before = page.read(ask.after, Cursor)
    found = await store_customer.page(app.pool, place, before, limit + 1, keep(app))
    items, following = page.cut(found, limit, lambda each: each[0])
    return CustomerPage(items=[view for _, view in items], next=following)


@router.answers(GetCustomer)
async def get_customer(app: App, ask: GetCustomer) -> CustomerView:
    request = named(ask.request)
    view = await store_customer.get(app.pool, ask.tenant, ask.station, request, keep(app))
    if view is None:
        raise NotFound("Nothing about a customer is kept under this request.")
    return view


@router.answers(EraseCustomer)
async def erase_customer(app: App, ask: EraseCustomer) -> Done:
    request = named(ask.request)
    if not await store_customer.erase(app.pool, ask.tenant, ask.station, request):
        raise NotFound("This station was asked about no customer under this request.")
    return Done()


def keep(app: App) -> timedelta:
    return timedelta(days=app.config.customer_days)
