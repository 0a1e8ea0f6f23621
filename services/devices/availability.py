"""What a NotifyEvent says of availability: the same as a StatusNotification, in the device model
(G01).
"""

from datetime import datetime
from typing import Literal

from libs.contracts.devices import AvailabilityReported
from libs.ocpp import v21, v201

VARIABLE = "availabilitystate"
"""Names of the device model compare without regard to case."""

Level = Literal["station", "evse", "connector"]
LEVELS: dict[str, Level] = {
    "chargingstation": "station",
    "evse": "evse",
    "connector": "connector",
}


def reported(
    tenant: str,
    station: str,
    received_at: datetime,
    call: v201.NotifyEvent | v21.NotifyEvent,
) -> list[AvailabilityReported]:
    """The availability states in it, in their order."""
    found: list[AvailabilityReported] = []
    for event in call.event_data:
        place = place_of(event)
        if place is None:
            continue
        evse, connector = place
        found.append(
            AvailabilityReported(
                tenant=tenant,
                at=event.timestamp,
                station=station,
                evse=evse,
                connector=connector,
                state=event.actual_value,
                received_at=received_at,
            )
        )
    return found


def place_of(event: v201.EventData | v21.EventData) -> tuple[int | None, int | None] | None:
    """EVSE and connector, both None for the station; None when the event tells no availability,
    or of an EVSE or connector without saying of which.
    """
    component = event.component
    level = LEVELS.get(component.name.lower())
    if level is None or event.variable.name.lower() != VARIABLE:
        return None
    evse = component.evse
    match level:
        case "station":
            return (None, None)
        case "evse":
            return None if evse is None else (evse.id, None)
        case "connector":
            return None if evse is None else (evse.id, evse.connector_id or 1)
