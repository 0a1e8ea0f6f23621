"""Faults as they come in: kept, grouped into incidents, announced when one opens or closes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from libs.bus import Address, BusError
from libs.contracts.command import CommandResult
from libs.contracts.faults import IncidentClosed, IncidentOpened
from libs.contracts.stations import GetStation
from services.devices import store_faults
from services.devices.app import App
from services.devices.chores import chore
from services.devices.faults import Maker
from services.devices.faults.catalogue import UNKNOWN
from services.devices.faults.explanation import code_of_error
from services.devices.store_faults import Closed, Fault
from services.devices.text import cleaned

Connection = Any


async def record(app: App, connection: Connection, fault: Fault) -> bool:
    """Keep a fault; whether it is news. What nobody has to act on makes no incident.

    The caller holds the lock of the station's incidents (:func:`store_faults.lock`).
    """
    fault = cleaned(fault)
    if await store_faults.is_known(connection, fault):
        return False
    entry = app.catalogue.get(fault.code)
    if entry is None or entry.who == "nobody":
        await store_faults.add(connection, fault, None)
        return True
    again_within = timedelta(minutes=app.config.incident_again_minutes)
    incident = await store_faults.count(connection, fault, again_within)
    await store_faults.add(connection, fault, incident.id)
    if incident.new:
        opened = IncidentOpened(
            tenant=fault.tenant,
            at=fault.at,
            station=fault.station,
            incident=str(incident.id),
            evse=fault.evse,
            source=fault.source,
            code=fault.code,
            title=entry.title,
            hint=entry.hint,
            severity=fault.severity,
            info=fault.info,
            count=incident.times,
        )
        await app.outbox.add(connection, [opened])
    return True


async def announce(app: App, connection: Connection, closed: list[Closed]) -> None:
    await app.outbox.add(connection, [over(each) for each in closed])


def over(closed: Closed) -> IncidentClosed:
    return IncidentClosed(
        tenant=closed.tenant,
        at=closed.closed_at,
        station=closed.station,
        incident=str(closed.id),
        evse=closed.evse,
        source=closed.source,
        code=closed.code,
        count=closed.times,
        how=closed.how,
        by=closed.by,
        note=closed.note,
    )


async def maker_of(app: App, to: Address, *names: str | None) -> Maker:
    """Who made the station, where a vendor table knows one of these codes. Without an answer it is
    explained as if nobody knew.
    """
    if not app.catalogue.concerns_makers(*names):
        return UNKNOWN
    try:
        view = await app.bus.ask(GetStation(tenant=to.tenant, station=to.station))
    except BusError:
        return UNKNOWN
    return Maker(view.vendor or "", view.model or "")


async def call_failed(
    app: App, connection: Connection, to: Address, request: str, result: CommandResult
) -> None:
    """A station answered one of our calls with a CALLERROR."""
    if result.status != "error":
        return
    await store_faults.lock(connection, to.tenant, to.station)
    now = datetime.now(UTC)
    fault = Fault(
        to.tenant,
        to.station,
        now,
        f"rpc/{request}",
        now,
        evse=0,
        connector=0,
        source="rpc",
        code=code_of_error(app.catalogue, result),
        said=result.code or "",
        info=f"{result.action}: {result.description or ''}".strip(": "),
        about=result.action or "",
        lasting=False,
    )
    await record(app, connection, fault)


@chore("close incidents", every_seconds=300)
async def close_quiet(app: App) -> None:
    """What no station says to be over, and was not heard of for long enough."""
    before = datetime.now(UTC) - timedelta(hours=app.config.incident_quiet_hours)
    async with app.outbox.transaction() as connection:
        await announce(app, connection, await store_faults.close_quiet(connection, before))
