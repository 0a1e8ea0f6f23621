"""Reservations as operators see them."""

from libs.bus import Invalid, NotFound
from libs.contracts.reservations import (
    GetReservation,
    ListReservations,
    ReservationPage,
    ReservationView,
)
from services.reservations import store
from services.reservations.app import App, router
from services.reservations.state import Row

PAGE_MAX = 500
ID_MAX = 2**63 - 1


@router.answers(GetReservation)
async def get_reservation(app: App, ask: GetReservation) -> ReservationView:
    row = await store.get(app.pool, ask.tenant, number_of(ask.id))
    if row is None:
        raise unknown(ask.id)
    return view(row)


@router.answers(ListReservations)
async def list_reservations(app: App, ask: ListReservations) -> ReservationPage:
    limit = min(max(ask.limit, 1), PAGE_MAX)
    before = None if ask.after is None else cursor(ask.after)
    rows = await store.page(app.pool, ask, before, limit + 1)
    more = len(rows) > limit
    return ReservationPage(
        items=[view(row) for row in rows[:limit]], next=str(rows[limit - 1].id) if more else None
    )


def unknown(id: str) -> NotFound:
    return NotFound(f"There is no reservation {id!r}.")


def number_of(id: str) -> int:
    number = parsed(id)
    if number is None:
        raise unknown(id)
    return number


def cursor(after: str) -> int:
    number = parsed(after)
    if number is None:
        raise Invalid("after is `next` of the page before.", field="after")
    return number


def parsed(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    return number if 0 < number <= ID_MAX else None


def view(row: Row) -> ReservationView:
    return ReservationView(
        id=str(row.id),
        tenant=row.tenant,
        station=row.station,
        reservation=row.number,
        status=row.state,
        version=row.version,
        token=row.token,
        token_type=row.token_type,
        group=row.group_id,
        evse=row.evse,
        connector_type=row.connector_type,
        expires_at=row.expires_at,
        answer=row.answer,
        reason=row.reason,
        by=row.asked_by,
        request=row.request,
        transaction=row.transaction,
        made_at=row.made_at,
        ended_at=row.ended_at,
    )
