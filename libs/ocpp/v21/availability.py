from typing import Literal

from libs.ocpp.extensible import Request, Response
from libs.ocpp.scalar import Natural, Time
from libs.ocpp.v21.device_model import EVSE
from libs.ocpp.v21.status import StatusInfo

ConnectorStatus = Literal["Available", "Occupied", "Reserved", "Unavailable", "Faulted"]


class StatusNotificationResponse(Response):
    pass


class StatusNotification(Request[StatusNotificationResponse]):
    sender = "station"

    timestamp: Time
    connector_status: ConnectorStatus
    evse_id: Natural
    connector_id: Natural


class HeartbeatResponse(Response):
    current_time: Time


class Heartbeat(Request[HeartbeatResponse]):
    sender = "station"


OperationalStatus = Literal["Inoperative", "Operative"]

ChangeAvailabilityStatus = Literal["Accepted", "Rejected", "Scheduled"]


class ChangeAvailabilityResponse(Response):
    status: ChangeAvailabilityStatus
    status_info: StatusInfo | None = None


class ChangeAvailability(Request[ChangeAvailabilityResponse]):
    sender = "csms"

    evse: EVSE | None = None
    operational_status: OperationalStatus
