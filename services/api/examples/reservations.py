"""Reservations."""

from datetime import timedelta

from msgspec import Struct

from libs.contracts.command import CommandResult
from libs.contracts.reservations import ReservationPage, ReservationView, Reserved
from services.api.examples.spine import ACCEPTED, NOON, TOKEN

RESERVATION = ReservationView(
    id="4711",
    tenant="default",
    station="CP-1",
    reservation=17,
    status="active",
    version="v201",
    token=TOKEN.id,
    token_type=TOKEN.type,
    group="fleet-7",
    evse=1,
    expires_at=NOON + timedelta(minutes=30),
    answer="Accepted",
    made_at=NOON,
)

EXAMPLES: tuple[Struct, ...] = (
    RESERVATION,
    ReservationPage(items=[RESERVATION]),
    Reserved(
        result=CommandResult(
            status="answered", version="v201", action="ReserveNow", payload=ACCEPTED
        ),
        reservation=RESERVATION,
    ),
)
