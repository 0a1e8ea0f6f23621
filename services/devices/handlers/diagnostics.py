"""Events of the device model (block N)."""

from libs.bus import Station
from libs.ocpp import v21, v201
from services.devices import availability
from services.devices.app import App, router


@router.on(v201.NotifyEvent)
async def notify_201(
    app: App, station: Station, call: v201.NotifyEvent
) -> v201.NotifyEventResponse:
    await keep_event(app, station, call)
    return v201.NotifyEventResponse()


@router.on(v21.NotifyEvent)
async def notify_21(app: App, station: Station, call: v21.NotifyEvent) -> v21.NotifyEventResponse:
    await keep_event(app, station, call)
    return v21.NotifyEventResponse()


async def keep_event(app: App, station: Station, call: v201.NotifyEvent | v21.NotifyEvent) -> None:
    """G01: a state of availability concerns `stations` too."""
    states = availability.reported(station.tenant, station.id, station.received_at, call)
    await app.keep(station, call, states)
