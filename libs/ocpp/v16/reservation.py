from typing import Literal

from libs.ocpp.message import Request, Response
from libs.ocpp.scalar import Int, Str20, Time

ReservationStatus = Literal["Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"]


class ReserveNowResponse(Response):
    status: ReservationStatus


class ReserveNow(Request[ReserveNowResponse]):
    sender = "csms"

    connector_id: Int
    """0 is any connector."""
    expiry_date: Time
    id_tag: Str20
    parent_id_tag: Str20 | None = None
    reservation_id: Int


CancelReservationStatus = Literal["Accepted", "Rejected"]


class CancelReservationResponse(Response):
    status: CancelReservationStatus


class CancelReservation(Request[CancelReservationResponse]):
    sender = "csms"

    reservation_id: Int
