from typing import Literal

from libs.ocpp.extensible import Request, Response
from libs.ocpp.scalar import Natural, Str20, Time
from libs.ocpp.v21.id_token import IdToken
from libs.ocpp.v21.status import StatusInfo

ReserveNowStatus = Literal["Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"]


class ReserveNowResponse(Response):
    status: ReserveNowStatus
    status_info: StatusInfo | None = None


class ReserveNow(Request[ReserveNowResponse]):
    sender = "csms"

    id: Natural
    expiry_date_time: Time
    connector_type: Str20 | None = None
    id_token: IdToken
    evse_id: Natural | None = None
    group_id_token: IdToken | None = None


CancelReservationStatus = Literal["Accepted", "Rejected"]


class CancelReservationResponse(Response):
    status: CancelReservationStatus
    status_info: StatusInfo | None = None


class CancelReservation(Request[CancelReservationResponse]):
    sender = "csms"

    reservation_id: Natural


ReservationUpdateStatus = Literal["Expired", "Removed", "NoTransaction"]


class ReservationStatusUpdateResponse(Response):
    pass


class ReservationStatusUpdate(Request[ReservationStatusUpdateResponse]):
    sender = "station"

    reservation_id: Natural
    reservation_update_status: ReservationUpdateStatus
