"""What stations tell of smart charging (block K): needs and plans of cars, limits of others."""

from typing import Any

from msgspec import convert, json
from msgspec.structs import fields

from libs.bus import Station
from libs.contracts.charging_profiles import (
    ChargingLimitCleared,
    ChargingLimitSet,
    ChargingNeedsTold,
    ChargingScheduleTold,
    EvSchedulePage,
    LimitPage,
    ListEvSchedules,
    ListLimits,
    ListNeeds,
    NeedsPage,
)
from libs.ocpp import codec, v21, v201
from libs.ocpp.message import Message
from services.devices import ev_schedule, page, store_needs, store_profiles
from services.devices.app import App, router
from services.devices.effects import Asked, effect
from services.devices.refusal import info_21, info_201
from services.devices.store_needs import EvSchedule, Limit, Need
from services.devices.variable import clean

BY_HAND = "An operator may send a charging profile"
EXCEEDS = "The schedule exceeds the charging profile of the session"

Needs = v201.NotifyEVChargingNeeds | v21.NotifyEVChargingNeeds
Schedule = v201.NotifyEVChargingSchedule | v21.NotifyEVChargingSchedule
LimitTold = v201.NotifyChargingLimit | v21.NotifyChargingLimit
LimitGone = v201.ClearedChargingLimit | v21.ClearedChargingLimit


# -- cars ----------------------------------------------------------------------------------------


@router.on(v201.NotifyEVChargingNeeds)
async def needs_201(
    app: App, station: Station, call: v201.NotifyEVChargingNeeds
) -> v201.NotifyEVChargingNeedsResponse:
    """Accepted would promise a profile within a minute, and Rejected that there is none (K15); an
    operator may answer with one at any time, so it is Processing: the car charges meanwhile.
    """
    await keep_needs(app, station, call, "Processing")
    return v201.NotifyEVChargingNeedsResponse(status="Processing", status_info=info_201(BY_HAND))


@router.on(v21.NotifyEVChargingNeeds)
async def needs_21(
    app: App, station: Station, call: v21.NotifyEVChargingNeeds
) -> v21.NotifyEVChargingNeedsResponse:
    """2.1 has a word for it: the car charges without a profile, until somebody sends one (K18)."""
    await keep_needs(app, station, call, "NoChargingProfile")
    return v21.NotifyEVChargingNeedsResponse(
        status="NoChargingProfile", status_info=info_21(BY_HAND)
    )


async def keep_needs(app: App, station: Station, call: Needs, answer: str) -> None:
    needs = wire(call.charging_needs)
    need = Need(
        received_at=station.received_at,
        message_id=station.message_id,
        evse=call.evse_id,
        answer=answer,
        max_periods=call.max_schedule_tuples,
        needs=json.encode(needs).decode(),
    )
    event = ChargingNeedsTold(
        tenant=station.tenant,
        at=station.received_at,
        station=station.id,
        message=station.message_id,
        evse=call.evse_id,
        answer=answer,
        needs=needs,
    )
    await store_needs.add_need(app.pool, (station.tenant, station.id), need)
    await app.keep(station, call, [event])


@router.on(v201.NotifyEVChargingSchedule)
async def schedule_201(
    app: App, station: Station, call: v201.NotifyEVChargingSchedule
) -> v201.NotifyEVChargingScheduleResponse:
    """Rejected has the station renegotiate: only where the car plans beyond its profile (K16)."""
    if await keep_schedule(app, station, call):
        return v201.NotifyEVChargingScheduleResponse(status="Accepted")
    return v201.NotifyEVChargingScheduleResponse(status="Rejected", status_info=info_201(EXCEEDS))


@router.on(v21.NotifyEVChargingSchedule)
async def schedule_21(
    app: App, station: Station, call: v21.NotifyEVChargingSchedule
) -> v21.NotifyEVChargingScheduleResponse:
    if await keep_schedule(app, station, call):
        return v21.NotifyEVChargingScheduleResponse(status="Accepted")
    return v21.NotifyEVChargingScheduleResponse(status="Rejected", status_info=info_21(EXCEEDS))


async def keep_schedule(app: App, station: Station, call: Schedule) -> bool:
    """Whether the car plans within the profile of its session; without one anything is within."""
    place, schedule = (station.tenant, station.id), wire(call.charging_schedule)
    known = await store_profiles.of_transaction(app.pool, place, call.evse_id)
    fits = known is None or ev_schedule.within(known.profile, schedule, call.time_base)
    answer = "Accepted" if fits else "Rejected"
    kept = EvSchedule(
        received_at=station.received_at,
        message_id=station.message_id,
        evse=call.evse_id,
        answer=answer,
        begins_at=call.time_base,
        schedule=json.encode(schedule).decode(),
    )
    event = ChargingScheduleTold(
        tenant=station.tenant,
        at=station.received_at,
        station=station.id,
        message=station.message_id,
        evse=call.evse_id,
        answer=answer,
        schedule=schedule,
    )
    await store_needs.add_schedule(app.pool, place, kept)
    await app.keep(station, call, [event])
    return fits


# -- limits of others ----------------------------------------------------------------------------


@router.on(v201.NotifyChargingLimit)
async def limit_201(
    app: App, station: Station, call: v201.NotifyChargingLimit
) -> v201.NotifyChargingLimitResponse:
    await keep_limit(app, station, call)
    return v201.NotifyChargingLimitResponse()


@router.on(v21.NotifyChargingLimit)
async def limit_21(
    app: App, station: Station, call: v21.NotifyChargingLimit
) -> v21.NotifyChargingLimitResponse:
    await keep_limit(app, station, call)
    return v21.NotifyChargingLimitResponse()


async def keep_limit(app: App, station: Station, call: LimitTold) -> None:
    """K11, K12: without an EVSE it is for the station."""
    about, evse = call.charging_limit, call.evse_id or 0
    schedules = [wire(each) for each in call.charging_schedule or []]
    limit = Limit(
        evse=evse,
        source=clean(about.charging_limit_source),
        grid_critical=about.is_grid_critical,
        local_generation=getattr(about, "is_local_generation", None),
        schedules=json.encode(schedules).decode(),
        told_at=station.received_at,
    )
    event = ChargingLimitSet(
        tenant=station.tenant,
        at=station.received_at,
        station=station.id,
        message=station.message_id,
        evse=evse,
        source=clean(about.charging_limit_source),
        grid_critical=about.is_grid_critical,
        schedules=schedules,
    )
    await store_needs.set_limit(app.pool, (station.tenant, station.id), limit)
    await app.keep(station, call, [event])


@router.on(v201.ClearedChargingLimit)
async def limit_gone_201(
    app: App, station: Station, call: v201.ClearedChargingLimit
) -> v201.ClearedChargingLimitResponse:
    await clear_limit(app, station, call)
    return v201.ClearedChargingLimitResponse()


@router.on(v21.ClearedChargingLimit)
async def limit_gone_21(
    app: App, station: Station, call: v21.ClearedChargingLimit
) -> v21.ClearedChargingLimitResponse:
    await clear_limit(app, station, call)
    return v21.ClearedChargingLimitResponse()


async def clear_limit(app: App, station: Station, call: LimitGone) -> None:
    """K13: without an EVSE all limits of that source are gone."""
    where = (call.evse_id, clean(call.charging_limit_source))
    event = ChargingLimitCleared(
        tenant=station.tenant,
        at=station.received_at,
        station=station.id,
        message=station.message_id,
        evse=call.evse_id or 0,
        source=where[1],
    )
    place = (station.tenant, station.id)
    await store_needs.clear_limit(app.pool, place, where, station.received_at)
    await store_profiles.drop_imposed(app.pool, place, where, station.received_at)
    await app.keep(station, call, [event])


# -- dynamic profiles ----------------------------------------------------------------------------


@router.on(v21.PullDynamicScheduleUpdate)
async def pull(
    app: App, station: Station, call: v21.PullDynamicScheduleUpdate
) -> v21.PullDynamicScheduleUpdateResponse:
    """K28, K29: the values that the profile has here, where it is a dynamic one."""
    await app.keep(station, call)
    known = await store_profiles.get(
        app.pool, (station.tenant, station.id), call.charging_profile_id
    )
    if known is None or known.kind != "Dynamic":
        info = v21.StatusInfo(reason_code="InvalidProfile")
        return v21.PullDynamicScheduleUpdateResponse(status="Rejected", status_info=info)
    return v21.PullDynamicScheduleUpdateResponse(
        status="Accepted", schedule_update=update_of(known.profile)
    )


def update_of(profile: dict[str, Any]) -> v21.ChargingScheduleUpdate:
    period = profile["chargingSchedule"][0]["chargingSchedulePeriod"][0]
    names = {field.encode_name for field in fields(v21.ChargingScheduleUpdate)}
    given = {name: value for name, value in period.items() if name in names}
    return convert(given, v21.ChargingScheduleUpdate)


@effect("UpdateDynamicSchedule")
async def was_updated(app: App, asked: Asked) -> None:
    """The one period of a dynamic profile takes the new values; the others stay."""
    place, number = (asked.tenant, asked.station), asked.call.charging_profile_id
    known = await store_profiles.get(app.pool, place, number)
    if asked.answer.status != "Accepted" or known is None or known.kind != "Dynamic":
        return
    schedule = known.profile["chargingSchedule"][0]
    (period,) = schedule["chargingSchedulePeriod"]
    period |= wire(asked.call.schedule_update)
    await store_profiles.update(app.pool, place, number, json.encode(known.profile).decode())


# -- what operators ask --------------------------------------------------------------------------


@router.answers(ListNeeds)
async def list_needs(app: App, ask: ListNeeds) -> NeedsPage:
    limit = page.size(ask.limit)
    found = await store_needs.needs(app.pool, ask, page.read(ask.after, int), limit + 1)
    items, following = page.cut(found, limit, lambda view: view.id)
    return NeedsPage(items=items, next=following)


@router.answers(ListEvSchedules)
async def list_schedules(app: App, ask: ListEvSchedules) -> EvSchedulePage:
    limit = page.size(ask.limit)
    found = await store_needs.schedules(app.pool, ask, page.read(ask.after, int), limit + 1)
    items, following = page.cut(found, limit, lambda view: view.id)
    return EvSchedulePage(items=items, next=following)


@router.answers(ListLimits)
async def list_limits(app: App, ask: ListLimits) -> LimitPage:
    limit = page.size(ask.limit)
    found = await store_needs.limits(app.pool, ask, page.read(ask.after, int), limit + 1)
    items, following = page.cut(found, limit, lambda view: view.id)
    return LimitPage(items=items, next=following)


def wire(message: Message) -> dict[str, Any]:
    """As OCPP writes it."""
    return json.decode(codec.encode(message), type=dict[str, Any])
