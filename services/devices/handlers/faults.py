"""Faults of stations: what connectors, security and sessions tell of them; the catalogue."""

from typing import Any
from uuid import UUID

from libs.bus import Address, NotFound, Station
from libs.contracts.faults import (
    CataloguePage,
    CloseIncident,
    Entry,
    Explain,
    Explanation,
    FaultPage,
    FaultView,
    GetCatalogueEntry,
    GetIncident,
    IncidentPage,
    IncidentView,
    ListCatalogue,
    ListFaults,
    ListIncidents,
    SecurityEventReported,
)
from libs.contracts.stations import ConnectorStatusChanged, StationRemoved
from libs.contracts.transactions import TransactionEnded
from libs.ocpp import v16, v21, v201
from libs.ocpp.message import Response
from services.devices import incidents, page, store_faults
from services.devices.app import App, router
from services.devices.faults import Maker
from services.devices.faults.explanation import explain
from services.devices.happenings import after
from services.devices.store_faults import Fault, FaultCursor, Heard, IncidentCursor

FAULTED = "Faulted"

SecurityEvent = (
    v16.SecurityEventNotification | v201.SecurityEventNotification | v21.SecurityEventNotification
)

# -- what stations tell --------------------------------------------------------------------------


@router.on(
    v16.SecurityEventNotification, v201.SecurityEventNotification, v21.SecurityEventNotification
)
async def security_event(app: App, station: Station, call: SecurityEvent) -> Response:
    """A04."""
    to = Address(station.tenant, station.id)
    code = app.catalogue.security(call.type, await incidents.maker_of(app, to, call.type))
    fault = Fault(
        station.tenant,
        station.id,
        station.received_at,
        f"security/{call.type}/{call.timestamp.timestamp()}",
        min(call.timestamp, station.received_at),
        evse=0,
        connector=0,
        source="security",
        code=code,
        said=call.type,
        info=call.tech_info,
        about=call.type,
        lasting=False,
    )
    event = SecurityEventReported(
        tenant=station.tenant,
        at=call.timestamp,
        station=station.id,
        type=call.type,
        code=code,
        info=call.tech_info,
    )
    async with app.outbox.transaction() as connection:
        await store_faults.lock(connection, station.tenant, station.id)
        if await incidents.record(app, connection, fault):
            await app.outbox.add(connection, [event])
    await app.keep(station, call)
    return call.response()


@router.follows(ConnectorStatusChanged)
async def on_status(app: App, event: ConnectorStatusChanged) -> None:
    """A status that is not all well is a fault; each status ends what the one before said. One that
    comes late is ended by the newest.
    """
    about = f"{event.evse}/{event.connector}"
    fault = await fault_of(app, event, about)
    place = (event.tenant, event.station, event.evse)
    heard = Heard(event.received_at or event.at, event.at, fault.code if fault else None)
    async with app.outbox.transaction() as connection:
        await store_faults.lock(connection, event.tenant, event.station)
        newest = await store_faults.hear(connection, place, about, heard)
        if fault is not None:
            await incidents.record(app, connection, fault)
        said = (about, newest.code)
        times = (newest.at, newest.received_at)
        closed = await store_faults.close_status(connection, place, said, times)
        await incidents.announce(app, connection, closed)


async def fault_of(app: App, event: ConnectorStatusChanged, about: str) -> Fault | None:
    if event.error_code is None and event.status != FAULTED:
        return None
    vendor_code = event.vendor_error_code
    to = Address(event.tenant, event.station)
    maker = await incidents.maker_of(app, to, vendor_code, event.info)
    maker = Maker(maker.vendor, maker.model, event.vendor_id or "")
    return Fault(
        event.tenant,
        event.station,
        event.received_at or event.at,
        f"connector/{event.key()}/{event.error_code}/{vendor_code}",
        event.at,
        evse=event.evse,
        connector=event.connector,
        source="connector",
        code=app.catalogue.connector(event.error_code, vendor_code, event.info, maker),
        said=event.error_code or event.status,
        vendor_code=vendor_code,
        info=event.info,
        about=about,
    )


@after(TransactionEnded)
async def on_ended(app: App, event: TransactionEnded) -> None:
    """A session that a fault ended. Late values make no other reason."""
    code = app.catalogue.transaction(event.stop_reason or "")
    if code is None or event.revision > 1:
        return
    fault = Fault(
        event.tenant,
        event.station,
        event.at,
        f"transaction/{event.id}",
        event.ended_at,
        evse=event.evse or 0,
        connector=0,
        source="transaction",
        code=code,
        said=event.stop_reason or "",
        info=f"transaction {event.transaction}",
        about=event.transaction,
        lasting=False,
    )
    async with app.outbox.transaction() as connection:
        await store_faults.lock(connection, event.tenant, event.station)
        await incidents.record(app, connection, fault)


@after(StationRemoved)
async def on_removed(app: App, event: StationRemoved) -> None:
    async with app.outbox.transaction() as connection:
        await store_faults.lock(connection, event.tenant, event.station)
        closed = await store_faults.close_of_station(
            connection, event.tenant, event.station, event.at
        )
        await incidents.announce(app, connection, closed)


# -- what operators ask --------------------------------------------------------------------------


@router.answers(ListCatalogue)
async def list_catalogue(app: App, ask: ListCatalogue) -> CataloguePage:
    limit, after = page.size(ask.limit), page.read(ask.after, str)
    entries = app.catalogue.entries(ask.language, ask.source, ask.search or "")
    found = [entry for entry in entries if after is None or entry.code > after]
    items, following = page.cut(found[: limit + 1], limit, lambda entry: entry.code)
    return CataloguePage(items=items, next=following)


@router.answers(GetCatalogueEntry)
async def get_entry(app: App, ask: GetCatalogueEntry) -> Entry:
    meant = app.catalogue.meant(ask.code)
    if len(meant) > 1:
        raise NotFound(f"{ask.code!r} may mean several things.", hint=f"One of {spelled(meant)}.")
    entry = app.catalogue.get(meant[0], ask.language) if meant else None
    if entry is None:
        near = app.catalogue.near(ask.code)
        hint = f"Do you mean {spelled(near)}?" if near else "Look for a word of it with `search`."
        raise NotFound(f"The catalogue has no code {ask.code!r}.", hint=hint)
    return entry


def spelled(codes: list[str]) -> str:
    *others, last = [f"`{code}`" for code in codes]
    return f"{', '.join(others)} or {last}" if others else last


@router.answers(Explain)
async def explain_outcome(app: App, ask: Explain) -> Explanation:
    result = ask.result
    return Explanation(hint=explain(app.catalogue, result.action or "", result))


@router.answers(ListFaults)
async def list_faults(app: App, ask: ListFaults) -> FaultPage:
    limit = page.size(ask.limit)
    before = page.read(ask.after, FaultCursor)
    found = await store_faults.faults(app.pool, ask, before, limit + 1)
    rows, following = page.cut(
        found, limit, lambda row: FaultCursor(row["received_at"], row["number"])
    )
    return FaultPage(items=[fault_view(app, row, ask.language) for row in rows], next=following)


def fault_view(app: App, row: Any, language: str) -> FaultView:
    entry = explained(app, row["code"], language)
    said: dict[str, Any] = dict(row)
    incident = said.pop("incident")
    return FaultView(
        id=said.pop("number"),
        incident=str(incident) if incident else None,
        title=entry.title,
        hint=entry.hint,
        who=entry.who,
        **said,
    )


def explained(app: App, code: str, language: str) -> Entry:
    """The entry of a code; that of a vendor table which is gone is explained by what all share."""
    found = app.catalogue.get(code, language) or app.catalogue.get("connector.OtherError", language)
    if found is None:
        raise NotFound("The catalogue is empty.")
    return found


@router.answers(ListIncidents)
async def list_incidents(app: App, ask: ListIncidents) -> IncidentPage:
    limit = page.size(ask.limit)
    before = page.read(ask.after, IncidentCursor)
    found = await store_faults.incidents(app.pool, ask, before, limit + 1)
    rows, following = page.cut(found, limit, lambda row: IncidentCursor(row["last_at"], row["id"]))
    views = [incident_view(app, row, ask.language) for row in rows]
    return IncidentPage(items=views, next=following)


@router.answers(GetIncident)
async def get_incident(app: App, ask: GetIncident) -> IncidentView:
    return incident_view(app, await incident_of(app.pool, ask.tenant, ask.id), ask.language)


@router.answers(CloseIncident)
async def close_incident(app: App, ask: CloseIncident) -> IncidentView:
    before = await incident_of(app.pool, ask.tenant, ask.id)
    async with app.outbox.transaction() as connection:
        await store_faults.lock(connection, ask.tenant, before["station"])
        closed = await store_faults.close_by_hand(connection, ask, before["id"])
        await incidents.announce(app, connection, closed)
        after = await incident_of(connection, ask.tenant, ask.id)
    return incident_view(app, after, ask.language)


async def incident_of(connection: Any, tenant: str, id: str) -> Any:
    try:
        found = await store_faults.incident(connection, tenant, UUID(id))
    except ValueError:
        found = None
    if found is None:
        raise NotFound(f"There is no incident {id!r}.")
    return found


def incident_view(app: App, row: Any, language: str) -> IncidentView:
    entry = explained(app, row["code"], language)
    said: dict[str, Any] = dict(row)
    return IncidentView(
        id=str(said.pop("id")),
        open=said["closed_at"] is None,
        title=entry.title,
        meaning=entry.meaning,
        hint=entry.hint,
        who=entry.who,
        **said,
    )
