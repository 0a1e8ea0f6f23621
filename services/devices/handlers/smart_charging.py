"""Needs and schedules of cars (block K): no charging profile is made here."""

from libs.bus import Station
from libs.ocpp import v21, v201
from services.devices.app import App, router
from services.devices.refusal import info_21, info_201

NO_PROFILES = "No charging profiles are made"


@router.on(v201.NotifyEVChargingNeeds)
async def needs_201(
    app: App, station: Station, call: v201.NotifyEVChargingNeeds
) -> v201.NotifyEVChargingNeedsResponse:
    """K15.FR.04: without a profile the station uses its own limits."""
    await app.keep(station, call)
    return v201.NotifyEVChargingNeedsResponse(status="Rejected", status_info=info_201(NO_PROFILES))


@router.on(v21.NotifyEVChargingNeeds)
async def needs_21(
    app: App, station: Station, call: v21.NotifyEVChargingNeeds
) -> v21.NotifyEVChargingNeedsResponse:
    """2.1 has a word for it that does not sound like a fault."""
    await app.keep(station, call)
    return v21.NotifyEVChargingNeedsResponse(
        status="NoChargingProfile", status_info=info_21(NO_PROFILES)
    )


@router.on(v201.NotifyEVChargingSchedule)
async def schedule_201(
    app: App, station: Station, call: v201.NotifyEVChargingSchedule
) -> v201.NotifyEVChargingScheduleResponse:
    """Whatever the car plans is within limits that we did not set: Rejected would renegotiate."""
    await app.keep(station, call)
    return v201.NotifyEVChargingScheduleResponse(status="Accepted")


@router.on(v21.NotifyEVChargingSchedule)
async def schedule_21(
    app: App, station: Station, call: v21.NotifyEVChargingSchedule
) -> v21.NotifyEVChargingScheduleResponse:
    await app.keep(station, call)
    return v21.NotifyEVChargingScheduleResponse(status="Accepted")


@router.on(v21.PullDynamicScheduleUpdate)
async def pull(
    app: App, station: Station, call: v21.PullDynamicScheduleUpdate
) -> v21.PullDynamicScheduleUpdateResponse:
    """K28: we gave no dynamic profile, so there is nothing to update."""
    await app.keep(station, call)
    return v21.PullDynamicScheduleUpdateResponse(
        status="Rejected", status_info=info_21(NO_PROFILES)
    )
