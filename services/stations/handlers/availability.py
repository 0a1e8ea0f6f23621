"""The states of stations, EVSEs and connectors (block G)."""

from datetime import UTC, datetime

from libs.bus import Station
from libs.contracts.devices import AvailabilityReported
from libs.ocpp import v16, v21, v201
from libs.runtime import log
from services.stations import status
from services.stations.app import App, router
from services.stations.batch import Told
from services.stations.status import Report

logger = log.get("stations")


@router.on(v16.StatusNotification)
async def status_16(
    app: App, station: Station, call: v16.StatusNotification
) -> v16.StatusNotificationResponse:
    await keep(app, station.tenant, station.id, status.of_16(station.received_at, call))
    return v16.StatusNotificationResponse()


@router.on(v201.StatusNotification)
async def status_201(
    app: App, station: Station, call: v201.StatusNotification
) -> v201.StatusNotificationResponse:
    await keep(app, station.tenant, station.id, status.of_2(station.received_at, call))
    return v201.StatusNotificationResponse()


@router.on(v21.StatusNotification)
async def status_21(
    app: App, station: Station, call: v21.StatusNotification
) -> v21.StatusNotificationResponse:
    await keep(app, station.tenant, station.id, status.of_2(station.received_at, call))
    return v21.StatusNotificationResponse()


@router.follows(AvailabilityReported)
async def on_availability(app: App, event: AvailabilityReported) -> None:
    """A NotifyEvent says the same as a StatusNotification, which 2.1 has it replace (G01)."""
    report = status.of_event(event.received_at or datetime.now(UTC), event)
    if report is None:
        logger.warning("unknown availability state", station=event.station, state=event.state)
        return
    await keep(app, event.tenant, event.station, report)


async def keep(app: App, tenant: str, station: str, report: Report) -> None:
    if not status.plausible(report):
        logger.warning(
            "status of an impossible connector",
            station=station,
            evse=report.evse,
            connector=report.connector,
        )
        return
    await app.statuses.submit(Told(tenant, station, report))
