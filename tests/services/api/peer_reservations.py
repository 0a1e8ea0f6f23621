"""The peer as the owner of reservations: what it answers are the examples of the document."""

from msgspec.structs import replace

from libs.bus import Conflict, NotFound
from libs.contracts.reservations import (
    CancelReserved,
    GetReservation,
    ListReservations,
    ReservationPage,
    ReservationView,
    Reserve,
    Reserved,
)
from services.api.examples.reservations import RESERVATION
from services.api.examples.spine import ACCEPTED, CommandResult
from tests.services.api.peer import Peer, router

ANSWERED = CommandResult(status="answered", payload=ACCEPTED)


@router.answers(Reserve)
async def reserve(peer: Peer, ask: Reserve) -> Reserved:
    peer.hear(ask)
    if ask.token == "BLOCKED" and not ask.force:
        raise Conflict("Nothing was sent, for the status of the token is Blocked.")
    kept = replace(RESERVATION, tenant=ask.tenant, station=ask.station, token=ask.token)
    return Reserved(result=ANSWERED, reservation=kept)


@router.answers(CancelReserved)
async def cancel(peer: Peer, ask: CancelReserved) -> Reserved:
    peer.hear(ask)
    if ask.id != RESERVATION.id:
        raise NotFound(f"There is no reservation {ask.id!r}.")
    return Reserved(result=ANSWERED, reservation=replace(RESERVATION, status="cancelled"))


@router.answers(GetReservation)
async def get_reservation(peer: Peer, ask: GetReservation) -> ReservationView:
    peer.hear(ask)
    if ask.id != RESERVATION.id:
        raise NotFound(f"There is no reservation {ask.id!r}.")
    return RESERVATION


@router.answers(ListReservations)
async def list_reservations(peer: Peer, ask: ListReservations) -> ReservationPage:
    peer.hear(ask)
    return ReservationPage(items=[RESERVATION], next="4711")
