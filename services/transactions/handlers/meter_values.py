"""Meter values (block J, 1.6 Core): of a session if the message says so, else set aside."""

from libs.bus import Station
from libs.ocpp import v16, v21, v201
from services.transactions import entries_v16, store
from services.transactions.app import App, router
from services.transactions.aside import IdleReading
from services.transactions.handlers.transactions import report
from services.transactions.naming import NUMBERLESS


@router.on(v16.MeterValues)
async def meter_values_16(
    app: App, station: Station, call: v16.MeterValues
) -> v16.MeterValuesResponse:
    transaction = await session_of(app, station, call)
    if transaction is None:
        await set_aside(app, station, call.connector_id)
    else:
        entry = entries_v16.updated(call, station.raw, station.received_at)
        await report(app, station, transaction, entry)
    return v16.MeterValuesResponse()


@router.on(v201.MeterValues)
async def meter_values_201(
    app: App, station: Station, call: v201.MeterValues
) -> v201.MeterValuesResponse:
    await set_aside(app, station, call.evse_id)
    return v201.MeterValuesResponse()


@router.on(v21.MeterValues)
async def meter_values_21(
    app: App, station: Station, call: v21.MeterValues
) -> v21.MeterValuesResponse:
    await set_aside(app, station, call.evse_id)
    return v21.MeterValuesResponse()


async def session_of(app: App, station: Station, call: v16.MeterValues) -> str | None:
    """The session that 1.6 meter values belong to; none for those of idle and main meters.

    Who says no number, or never learned it, means what is active at the connector, if anything is:
    of a session whose end is lost there may be no other register.
    """
    number = call.transaction_id
    if number is not None and str(number) not in NUMBERLESS:
        return str(number)
    if call.connector_id <= 0:
        return None
    at = max((value.timestamp for value in call.meter_value), default=station.received_at)
    active = await store.active_16(app.pool, station.tenant, station.id, call.connector_id, at)
    return active[0].transaction if active else None


async def set_aside(app: App, station: Station, evse: int) -> None:
    await app.asides.keep(
        IdleReading(
            station.tenant, station.id, evse, station.received_at, station.version, station.raw
        )
    )
