"""Priority charging (K21, K22 of OCPP 2.1): somebody wants all the power there is."""

from libs.bus import Station
from libs.contracts.der import ListPriorities, PriorityChargingTurned, PriorityPage
from libs.ocpp import v21
from services.devices import page, store_energy
from services.devices.app import App, router


@router.on(v21.NotifyPriorityCharging)
async def turned(
    app: App, station: Station, call: v21.NotifyPriorityCharging
) -> v21.NotifyPriorityChargingResponse:
    event = PriorityChargingTurned(
        tenant=station.tenant,
        at=station.received_at,
        station=station.id,
        transaction=call.transaction_id,
        activated=call.activated,
    )
    place = (station.tenant, station.id)
    await store_energy.add_priority(app.pool, place, call, station.received_at, station.message_id)
    await app.keep(station, call, [event])
    return v21.NotifyPriorityChargingResponse()


@router.answers(ListPriorities)
async def list_priorities(app: App, ask: ListPriorities) -> PriorityPage:
    limit = page.size(ask.limit)
    place, before = (ask.tenant, ask.station), page.read(ask.after, int)
    found = await store_energy.priorities(app.pool, place, before, limit + 1)
    items, following = page.cut(found, limit, lambda view: view.id)
    return PriorityPage(items=items, next=following)
