"""The device model (block B): reports of stations, and what is known from all that they answer."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from libs.bus import Address, Station
from libs.contracts.device_model import (
    FetchVariables,
    KnownValues,
    ListVariables,
    ReadVariables,
    RequestReport,
    VariablePage,
    VariableResults,
    WriteVariables,
)
from libs.contracts.devices import CallSent
from libs.contracts.stations import StationRemoved
from libs.ocpp import v16, v21, v201
from services.devices import (
    dialogue,
    keys,
    model,
    page,
    pursuit,
    replies,
    reporting,
    store_inquiries,
    store_removal,
    store_requests,
    store_variables,
    variable,
)
from services.devices.app import App, router
from services.devices.dialogue import READING, WRITING, Errand
from services.devices.effects import Asked, effect
from services.devices.handlers.network_profiles import remember_priority
from services.devices.happenings import after
from services.devices.pursuit import ORDER_SECONDS
from services.devices.reporting import Asker, Wish
from services.devices.store_inquiries import Inquiry
from services.devices.store_variables import Cursor
from services.devices.variable import Told

MAX_KEYS = "GetConfigurationMaxKeys"


# -- what stations say ---------------------------------------------------------------------------


@router.on(v201.NotifyReport)
async def report_201(
    app: App, station: Station, call: v201.NotifyReport
) -> v201.NotifyReportResponse:
    await take_report(app, station, call)
    return v201.NotifyReportResponse()


@router.on(v21.NotifyReport)
async def report_21(app: App, station: Station, call: v21.NotifyReport) -> v21.NotifyReportResponse:
    await take_report(app, station, call)
    return v21.NotifyReportResponse()


async def take_report(
    app: App, station: Station, call: v201.NotifyReport | v21.NotifyReport
) -> None:
    """Parts that nobody asked for are welcome too. What a part tells is known before the part
    counts as come: a report is complete only when all of it is known.
    """
    to, now = Address(station.tenant, station.id), datetime.now(UTC)
    await model.absorb(app, to, variable.reported(call.report_data or []), now)
    await app.keep(station, call)
    if not call.tbc:
        inquiry = await store_inquiries.by_number(app.pool, to, call.request_id)
        if inquiry is not None:
            await pursuit.arrived(app, inquiry)


@effect("GetBaseReport", "GetReport")
async def await_report(app: App, asked: Asked) -> None:
    """Its parts may have begun to come already."""
    kept = await store_requests.get(app.pool, asked.tenant, UUID(asked.request))
    if asked.answer.status != "Accepted" or kept is None:
        return
    inquiry = Inquiry(
        request=kept.id,
        tenant=asked.tenant,
        station=asked.station,
        version=asked.version,
        action=asked.action,
        base=getattr(asked.call, "report_base", None),
        number=asked.call.request_id,
        asked_at=kept.asked_at,
        repeated_at=kept.asked_at,
        repeats=0,
        repeats_max=0,
        due_at=datetime.now(UTC) + timedelta(seconds=ORDER_SECONDS),
    )
    if await store_inquiries.open_inquiry(app.pool, inquiry):
        await pursuit.arrived(app, inquiry)


@effect("GetVariables")
async def know_what_was_read(app: App, asked: Asked) -> None:
    told = replies.told_by_reading(asked.answer.get_variable_result)
    await model.absorb(app, Address(asked.tenant, asked.station), told, asked.at, "read")


@effect("SetVariables")
async def know_what_was_written(app: App, asked: Asked) -> None:
    await remember_priority(app, asked)
    told = replies.told_by_writing(asked.call.set_variable_data, asked.answer.set_variable_result)
    await model.absorb(app, Address(asked.tenant, asked.station), told, asked.at, "write")


@effect("GetConfiguration")
async def know_the_configuration(app: App, asked: Asked) -> None:
    """A whole configuration replaces what it does not name, unless it may have been cut short."""
    values: list[v16.KeyValue] = asked.answer.configuration_key or []
    told, to = keys.reported(values), Address(asked.tenant, asked.station)
    whole = not asked.call.key
    await model.absorb(app, to, told, asked.at, "report" if whole else "read")
    most = {each.value for each in values if each.key.casefold() == MAX_KEYS.casefold()}
    if whole and told and str(len(values)) not in most:
        async with app.outbox.transaction() as connection:
            await store_variables.lock(connection, to)
            await store_variables.forget(connection, to, asked.at)
            await store_inquiries.know_all(connection, to, asked.at)


@effect("ChangeConfiguration")
async def know_what_was_changed(app: App, asked: Asked) -> None:
    key, value = variable.clean(asked.call.key), variable.clean(asked.call.value)
    match asked.answer.status:
        case "Accepted":
            told = Told(keys.of(key), value=value, key=key)
        case "RebootRequired":
            told = Told(keys.of(key), pending=value, key=key)
        case _:  # Rejected, NotSupported: all is as it was
            return
    await model.absorb(app, Address(asked.tenant, asked.station), [told], asked.at, "write")


@after(StationRemoved)
async def forget_station(app: App, event: StationRemoved) -> None:
    await store_removal.forget(app.pool, Address(event.tenant, event.station), event.at)


# -- what operators and other services ask -------------------------------------------------------


@router.answers(ListVariables)
async def list_variables(app: App, ask: ListVariables) -> VariablePage:
    limit = page.size(ask.limit)
    after = page.read(ask.after, Cursor)
    found = await store_variables.page(app.pool, ask, after, limit + 1)
    return VariablePage(
        items=[view for _, view in found[:limit]],
        next=page.spell(found[limit - 1][0]) if len(found) > limit else None,
    )


@router.answers(ReadVariables)
async def read_variables(app: App, ask: ReadVariables) -> KnownValues:
    return KnownValues(values=await model.values(app, Address(ask.tenant, ask.station), ask.names))


@router.answers(FetchVariables)
async def fetch_variables(app: App, ask: FetchVariables) -> VariableResults:
    to = Address(ask.tenant, ask.station)
    return await dialogue.run(app, Errand(to, READING, ask.items, ask.by, ask.timeout_seconds))


@router.answers(WriteVariables)
async def write_variables(app: App, ask: WriteVariables) -> VariableResults:
    to = Address(ask.tenant, ask.station)
    return await dialogue.run(app, Errand(to, WRITING, ask.items, ask.by, ask.timeout_seconds))


@router.answers(RequestReport)
async def request_report(app: App, ask: RequestReport) -> CallSent:
    wish = Wish(ask.base, ask.criteria, ask.items)
    asker = Asker(ask.by, ask.timeout_seconds)
    return await reporting.request(app, Address(ask.tenant, ask.station), wish, asker)
