"""Reservations in OCPP 1.6."""

from typing import Any

from libs.ocpp import v16
from libs.station import reservations
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.flash import Reservation


def cancel_reservation(station: Controller, call: v16.CancelReservation) -> Reply:
    known = reservations.cancel(station, call.reservation_id)
    return Reply(
        v16.CancelReservationResponse(status="Accepted" if known else "Rejected"),
        lambda: reservations.report(station),
    )


def reserve_now(station: Controller, call: v16.ReserveNow) -> Reply:
    status = reservations.reserve(
        station,
        Reservation(
            id=call.reservation_id,
            evse=call.connector_id or None,
            token=call.id_tag,
            group=call.parent_id_tag,
            expires=call.expiry_date,
        ),
    )
    return Reply(v16.ReserveNowResponse(status=status), lambda: reservations.report(station))


ANSWERS: dict[str, Handler[Any]] = {
    "CancelReservation": cancel_reservation,
    "ReserveNow": reserve_now,
}
