"""What a BootNotification says, in one shape for all versions, and how long a station waits
after the answer.
"""

from datetime import datetime

from msgspec import Struct

from libs.contracts.stations import Registration
from libs.ocpp import v16, v21, v201
from libs.ocpp.message import Version


class Intervals(Struct, frozen=True, kw_only=True):
    """Seconds: between heartbeats once accepted, before the next BootNotification otherwise (B01
    to B03).
    """

    accepted: int = 300
    pending: int = 30
    rejected: int = 3600

    def after(self, answer: Registration) -> int:
        match answer:
            case "Accepted":
                return self.accepted
            case "Pending":
                return self.pending
            case "Rejected":
                # A rejected station retries for ever, so answer slowly rather than often (B03).
                return self.rejected


class Boot(Struct, frozen=True, kw_only=True, gc=False):
    """A station says what it is."""

    tenant: str
    station: str
    version: Version
    at: datetime
    vendor: str
    model: str
    serial_number: str | None = None
    firmware: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    reason: str | None = None


def of_16(tenant: str, station: str, at: datetime, call: v16.BootNotification) -> Boot:
    """The serial number is that of the charge point; older stations only tell that of their box."""
    return Boot(
        tenant=tenant,
        station=station,
        version="v16",
        at=at,
        vendor=call.charge_point_vendor,
        model=call.charge_point_model,
        serial_number=call.charge_point_serial_number or call.charge_box_serial_number,
        firmware=call.firmware_version,
        iccid=call.iccid,
        imsi=call.imsi,
    )


def of_2(
    tenant: str, station: str, at: datetime, call: v201.BootNotification | v21.BootNotification
) -> Boot:
    told = call.charging_station
    return Boot(
        tenant=tenant,
        station=station,
        version=call.version,
        at=at,
        vendor=told.vendor_name,
        model=told.model,
        serial_number=told.serial_number,
        firmware=told.firmware_version,
        iccid=told.modem.iccid if told.modem else None,
        imsi=told.modem.imsi if told.modem else None,
        reason=call.reason,
    )
