"""Events of the device model (block N): kept, announced; alerts become faults."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from libs.bus import Address, Station
from libs.contracts.monitoring import DeviceAlert, DeviceEvent, DeviceEventPage, ListDeviceEvents
from libs.ocpp import v21, v201
from services.devices import (
    alert,
    availability,
    incidents,
    monitor,
    page,
    store_events,
    store_faults,
)
from services.devices.alert import Alert
from services.devices.app import App, router
from services.devices.store_events import Cursor, Line, Message
from services.devices.store_faults import Fault
from services.devices.text import cleaned

Connection = Any


class Heard(NamedTuple):
    """An event, and what it says to be wrong or mended, by the code of the catalogue."""

    line: Line
    event: Any
    verdict: Alert | None
    code: str


@router.on(v201.NotifyEvent)
async def notify_201(
    app: App, station: Station, call: v201.NotifyEvent
) -> v201.NotifyEventResponse:
    await keep_events(app, station, call)
    return v201.NotifyEventResponse()


@router.on(v21.NotifyEvent)
async def notify_21(app: App, station: Station, call: v21.NotifyEvent) -> v21.NotifyEventResponse:
    await keep_events(app, station, call)
    return v21.NotifyEventResponse()


async def keep_events(app: App, station: Station, call: v201.NotifyEvent | v21.NotifyEvent) -> None:
    """N07, N08. G01: a state of availability concerns `stations` too."""
    told = distinct(call.event_data)
    heard = [await hear(app, station, place, event) for place, event in told.items()]
    message = Message(station.tenant, station.id, station.received_at, station.message_id)
    async with app.outbox.transaction() as connection:
        if any(each.verdict for each in heard):
            await store_faults.lock(connection, station.tenant, station.id)
        fresh = await store_events.add(connection, message, [each.line for each in heard])
        for each in heard:
            if each.line.position in fresh:
                line = each.line._replace(severity=fresh[each.line.position])
                await tell(app, connection, message, each._replace(line=line))
    states = availability.reported(station.tenant, station.id, station.received_at, call)
    await app.keep(station, call, states)


def distinct(events: Sequence[Any]) -> dict[int, Any]:
    """By their place in the message; one that is told twice in it is one."""
    first: dict[tuple[Any, ...], int] = {}
    for place, event in enumerate(events):
        first.setdefault((event.event_id, event.timestamp, alert.about(event)), place)
    return {place: events[place] for place in first.values()}


async def hear(app: App, station: Station, position: int, event: Any) -> Heard:
    verdict, code = alert.alert(event), ""
    if verdict is not None:
        to = Address(station.tenant, station.id)
        maker = await incidents.maker_of(app, to, event.tech_code)
        names = event.component.name, event.variable.name, event.tech_code
        code = app.catalogue.event(*names, maker)
    return Heard(line_of(position, event), event, verdict, code)


def line_of(position: int, event: Any) -> Line:
    line = Line(
        position,
        event.event_id,
        event.timestamp,
        event.trigger,
        event.cause,
        event.actual_value,
        event.tech_code,
        event.tech_info,
        event.cleared,
        event.transaction_id,
        *monitor.names(event.component, event.variable),
        event.variable_monitoring_id,
        event.event_notification_type,
        # 2.0.1 leaves the severity to the monitor.
        getattr(event, "severity", None),
    )
    return cleaned(line)


async def tell(app: App, connection: Connection, message: Message, heard: Heard) -> None:
    """Announce an event; what is wrong is kept as a fault, what is mended ends its incident."""
    await app.outbox.add(connection, [device_event(message, heard.line)])
    match heard.verdict:
        case None:
            return
        case "raised":
            await incidents.record(app, connection, fault_of(message, heard))
        case "cleared":
            place = (message.tenant, message.station, heard.line.evse or 0)
            about = (alert.about(heard.event), heard.code)
            times = (moment(message, heard.line), message.received_at)
            closed = await store_faults.close_about(connection, place, about, times)
            await incidents.announce(app, connection, closed)
    await app.outbox.add(connection, [device_alert(app, message, heard)])


def moment(message: Message, line: Line) -> datetime:
    """When it happened: of a station whose clock is ahead, when we heard of it."""
    return min(line.at, message.received_at)


def fault_of(message: Message, heard: Heard) -> Fault:
    line = heard.line
    about = alert.about(heard.event)
    return Fault(
        message.tenant,
        message.station,
        message.received_at,
        f"event/{line.event}/{line.at.timestamp()}/{about}",
        moment(message, line),
        evse=line.evse or 0,
        connector=line.connector or 0,
        source="event",
        code=heard.code,
        said=f"{line.component}.{line.variable} = {line.value}",
        vendor_code=line.tech_code,
        info=line.tech_info,
        severity=line.severity,
        about=about,
        lasting=alert.lasting(heard.event),
    )


def device_event(message: Message, line: Line) -> DeviceEvent:
    said = line._asdict()
    for name in ("position", "cause"):
        said.pop(name)
    return DeviceEvent(
        tenant=message.tenant, station=message.station, received_at=message.received_at, **said
    )


def device_alert(app: App, message: Message, heard: Heard) -> DeviceAlert:
    line, entry = heard.line, app.catalogue.get(heard.code)
    return DeviceAlert(
        tenant=message.tenant,
        at=line.at,
        station=message.station,
        event=line.event,
        cleared=heard.verdict == "cleared",
        code=heard.code,
        title=entry.title if entry else "",
        hint=entry.hint if entry else "",
        component=line.component,
        instance=line.instance,
        evse=line.evse,
        connector=line.connector,
        variable=line.variable,
        variable_instance=line.variable_instance,
        value=line.value,
        severity=line.severity,
    )


@router.answers(ListDeviceEvents)
async def list_events(app: App, ask: ListDeviceEvents) -> DeviceEventPage:
    limit = page.size(ask.limit)
    found = await store_events.page(app.pool, ask, page.read(ask.after, Cursor), limit + 1)
    items, following = page.cut(found, limit, lambda each: each[0])
    return DeviceEventPage(items=[view for _, view in items], next=following)
