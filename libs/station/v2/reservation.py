"""Reservations in OCPP 2.0.1 and 2.1."""

from typing import Any

from libs.ocpp import v21, v201
from libs.station import reservations
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.flash import Reservation


def cancel_reservation(
    station: Controller, call: v201.CancelReservation | v21.CancelReservation
) -> Reply:
    known = reservations.cancel(station, call.reservation_id)
    return Reply(
        v201.CancelReservationResponse(status="Accepted" if known else "Rejected"),
        lambda: reservations.report(station),
    )


def reserve_now(station: Controller, call: v201.ReserveNow | v21.ReserveNow) -> Reply:
    status = reservations.reserve(
        station,
        Reservation(
            id=call.id,
            evse=call.evse_id,
            token=call.id_token.id_token,
            group=call.group_id_token.id_token if call.group_id_token else None,
            expires=call.expiry_date_time,
            connector_type=call.connector_type,
        ),
    )
    return Reply(v201.ReserveNowResponse(status=status), lambda: reservations.report(station))


ANSWERS: dict[str, Handler[Any]] = {
    "CancelReservation": cancel_reservation,
    "ReserveNow": reserve_now,
}
