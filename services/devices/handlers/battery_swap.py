"""Battery swaps (block S of OCPP 2.1)."""

from libs.bus import Station
from libs.contracts.der import BatterySwapped, ListSwaps, RequestSwap, SwapPage
from libs.contracts.devices import CallSent
from libs.ocpp import v21
from services.devices import asking, page, store_energy
from services.devices.app import App, router
from services.devices.order import order


@router.on(v21.BatterySwap)
async def swapped(app: App, station: Station, call: v21.BatterySwap) -> v21.BatterySwapResponse:
    """S01 to S04."""
    event = BatterySwapped(
        tenant=station.tenant,
        at=station.received_at,
        station=station.id,
        number=call.request_id,
        event=call.event_type,
        token=call.id_token.id_token,
        serial_numbers=[battery.serial_number for battery in call.battery_data],
    )
    place = (station.tenant, station.id)
    await store_energy.add_swap(app.pool, place, call, station.received_at, station.message_id)
    await app.keep(station, call, [event])
    return v21.BatterySwapResponse()


@router.answers(ListSwaps)
async def list_swaps(app: App, ask: ListSwaps) -> SwapPage:
    limit = page.size(ask.limit)
    place, before = (ask.tenant, ask.station), page.read(ask.after, int)
    found = await store_energy.swaps(app.pool, place, before, limit + 1)
    items, following = page.cut(found, limit, lambda view: view.id)
    return SwapPage(items=items, next=following)


@router.answers(RequestSwap)
async def request_swap(app: App, ask: RequestSwap) -> CallSent:
    token = {"idToken": ask.token, "type": ask.token_type}
    fields = {"requestId": asking.number(), "idToken": token}
    return await order(app, ask, "RequestBatterySwap", fields)
