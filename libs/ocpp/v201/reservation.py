from typing import Literal

from libs.ocpp.extensible import Request, Response
from libs.ocpp.scalar import Int, Time
from libs.ocpp.v201.id_token import IdToken
from libs.ocpp.v201.status import StatusInfo

Connector = Literal[
    "cCCS1",
    "cCCS2",
    "cG105",
    "cTesla",
    "cType1",
    "cType2",
    "s309-1P-16A",
    "s309-1P-32A",
    "s309-3P-16A",
    "s309-3P-32A",
    "sBS1361",
    "sCEE-7-7",
    "sType2",
    "sType3",
    "Other1PhMax16A",
    "Other1PhOver16A",
    "Other3Ph",
    "Pan",
    "wInductive",
    "wResonant",
    "Undetermined",
    "Unknown",
]

ReserveNowStatus = Literal["Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"]


class ReserveNowResponse(Response):
    status: ReserveNowStatus
    status_info: StatusInfo | None = None


class ReserveNow(Request[ReserveNowResponse]):
    sender = "csms"

    id: Int
    expiry_date_time: Time
    connector_type: Connector | None = None
    id_token: IdToken
    evse_id: Int | None = None
    group_id_token: IdToken | None = None


CancelReservationStatus = Literal["Accepted", "Rejected"]


class CancelReservationResponse(Response):
    status: CancelReservationStatus
    status_info: StatusInfo | None = None


class CancelReservation(Request[CancelReservationResponse]):
    sender = "csms"

    reservation_id: Int


ReservationUpdateStatus = Literal["Expired", "Removed"]


class ReservationStatusUpdateResponse(Response):
    pass


class ReservationStatusUpdate(Request[ReservationStatusUpdateResponse]):
    sender = "station"

    reservation_id: Int
    reservation_update_status: ReservationUpdateStatus
