"""Messages that only tell something: kept, and answered with nothing but that they are."""

from typing import Any

from libs.bus import Station
from libs.ocpp import v16, v21, v201
from libs.ocpp.message import Request, Response
from services.devices.app import App, router

SECURITY = (
    v16.SecurityEventNotification,
    v201.SecurityEventNotification,
    v21.SecurityEventNotification,
)
SMART_CHARGING = (
    v201.ClearedChargingLimit,
    v201.NotifyChargingLimit,
    v201.ReportChargingProfiles,
    v21.ClearedChargingLimit,
    v21.NotifyChargingLimit,
    v21.ReportChargingProfiles,
)
DIAGNOSTICS = (
    v201.NotifyMonitoringReport,
    v21.NotifyMonitoringReport,
)


@router.on(
    *SECURITY,
    *SMART_CHARGING,
    *DIAGNOSTICS,
)
async def told(app: App, station: Station, call: Request[Any]) -> Response:
    """Parts of reports that nobody asked for are welcome too (1.4)."""
    await app.keep(station, call)
    return call.response()
