"""Charging profiles as operators want them: each resource sends one message of block K."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import convert

from libs.bus import Address, Invalid
from libs.contracts import calling
from libs.contracts.charging_profiles import (
    BrokenRule,
    ClearProfiles,
    CompositePeriod,
    CompositeSchedule,
    ComputeSchedule,
    ListProfiles,
    ProfilePage,
    ProfileSet,
    PutProfile,
    RefreshProfiles,
    ScheduleComputed,
)
from libs.contracts.devices import CallSent
from libs.contracts.stations import GetStation, StationView
from libs.ocpp.message import Version
from services.devices import asking, keys, model, page, profile_rules, store_needs, store_profiles
from services.devices.app import App, router
from services.devices.asking import Question, ask_station
from services.devices.handlers.charging_profiles import sessions
from services.devices.order import given, order
from services.devices.profile_rules import TX, Limits, Plan
from services.devices.store_profiles import Cursor, Session

SOURCES = ["CSO", "EMS", "SO", "Other"]
"""All that 2.0.1 knows: a GetChargingProfiles without any criterion is not valid (K09.FR.03)."""
NEEDS_HOLD = timedelta(days=1)
"""So long after a car told its needs it may be given a choice of schedules."""
NEVER = ProfileSet(request="", result=calling.OFFLINE)

COMPONENT = "SmartChargingCtrlr"
VARIABLES = (
    "ProfileStackLevel", "PeriodsPerSchedule", "RateUnit", "ACPhaseSwitchingSupported",
    "MaxExternalConstraintsId",
)  # fmt: skip
ENTRIES = keys.named(f"{COMPONENT}.Entries[ChargingProfiles]").folded
UNITS = {"Current": "A", "Power": "W"}
"""How 1.6 spells them."""


@router.answers(ListProfiles)
async def list_profiles(app: App, ask: ListProfiles) -> ProfilePage:
    limit = page.size(ask.limit)
    found = await store_profiles.page(app.pool, ask, page.read(ask.after, Cursor), limit + 1)
    items, following = page.cut(found, limit, store_profiles.cursor)
    return ProfilePage(items=items, next=following)


@router.answers(PutProfile)
async def put_profile(app: App, ask: PutProfile) -> ProfileSet:
    station = await app.bus.ask(GetStation(tenant=ask.tenant, station=ask.station))
    version = station.protocol
    if version is None:
        return NEVER
    profile = with_id(version, ask)
    if version == "v16":
        fields = {"connectorId": ask.evse, "csChargingProfiles": profile}
    else:
        fields = {"evseId": ask.evse, "chargingProfile": profile}
    call = calling.message(version, "SetChargingProfile", fields)
    rules = await broken(app, station, version, ask, profile)
    if rules and not ask.force:
        raise refusal(rules)
    to = Address(ask.tenant, ask.station)
    sent = await ask_station(app, Question(to, call, ask.by, ask.timeout_seconds))
    answer = sent.result.payload or {}
    info: dict[str, Any] = answer.get("statusInfo") or {}
    return ProfileSet(
        request=sent.request,
        result=sent.result,
        hint=sent.hint,
        broken_rules=rules,
        reason=info.get("reasonCode"),
    )


def with_id(version: Version, ask: PutProfile) -> dict[str, Any]:
    """The address names it; a body that names another contradicts itself."""
    name = "chargingProfileId" if version == "v16" else "id"
    if ask.profile.get(name, ask.id) != ask.id:
        raise Invalid(
            f"The profile calls itself {ask.profile[name]}, the address {ask.id}.",
            field=f"/profile/{name}",
        )
    return {**ask.profile, name: ask.id}


async def broken(
    app: App, station: StationView, version: Version, ask: PutProfile, profile: dict[str, Any]
) -> list[BrokenRule]:
    """The rules that a profile would break at that station, as far as it is known."""
    place, to = (ask.tenant, ask.station), Address(ask.tenant, ask.station)
    running = None
    if profile["chargingProfilePurpose"] == TX:
        running = running_at(await sessions(app, to), ask.evse)
    since = datetime.now(UTC) - NEEDS_HOLD
    plan = Plan(
        version=version,
        evse=ask.evse,
        profile=profile,
        limits=await limits(app, station),
        held=await store_profiles.held(app.pool, place),
        running=running,
        negotiated=await store_needs.needed_since(app.pool, place, ask.evse, since),
    )
    return profile_rules.broken(plan)


def running_at(active: list[Session] | None, evse: int) -> frozenset[str] | None:
    """The transactions there, with those of which the EVSE is not known; None: nothing is known."""
    if active is None:
        return None
    return frozenset(each.transaction for each in active if each.evse in {evse, None})


async def limits(app: App, station: StationView) -> Limits:
    """What the device model knows of the station; what it does not know limits nothing."""
    names = [f"{COMPONENT}.{name}" for name in VARIABLES]
    found = await model.values(app, Address(station.tenant, station.id), names)
    known = {name.partition(".")[2]: value for name, value in found.items()}
    units = known.get("RateUnit")
    switching = known.get("ACPhaseSwitchingSupported")
    return Limits(
        evses=frozenset(evse.id for evse in station.evses) or None,
        stack_level=number(known.get("ProfileStackLevel")),
        periods=number(known.get("PeriodsPerSchedule")),
        profiles=await store_profiles.room(app.pool, (station.tenant, station.id), ENTRIES),
        units=frozenset(unit(each) for each in units.split(",")) if units else None,
        phase_switching=None if switching is None else switching.casefold() == "true",
        external_id_max=number(known.get("MaxExternalConstraintsId")),
    )


def number(text: str | None) -> int | None:
    """What is no number is not known."""
    return int(text) if text and text.strip().lstrip("-").isdecimal() else None


def unit(text: str) -> str:
    return UNITS.get(text.strip(), text.strip())


def refusal(rules: list[BrokenRule]) -> Invalid:
    first = rules[0]
    more = f" And {len(rules) - 1} more." if len(rules) > 1 else ""
    return Invalid(
        f"{first.detail} That breaks {first.rule} ({first.requirement}).{more}",
        errors=[
            {
                "field": f"/profile{each.field}",
                "detail": f"{each.rule} ({each.requirement}): {each.detail}",
                "hint": each.hint,
            }
            for each in rules
        ],
    )


@router.answers(ClearProfiles)
async def clear_profiles(app: App, ask: ClearProfiles) -> CallSent:
    station = await app.bus.ask(GetStation(tenant=ask.tenant, station=ask.station))
    if station.protocol == "v16":
        fields = given(
            id=ask.id,
            connectorId=ask.evse,
            chargingProfilePurpose=ask.purpose,
            stackLevel=ask.stack_level,
        )
        return await order(app, ask, "ClearChargingProfile", fields)
    criteria = given(
        evseId=ask.evse, chargingProfilePurpose=ask.purpose, stackLevel=ask.stack_level
    )
    if ask.id is None and not criteria:
        raise Invalid("2.x clears by an id, or by at least one criterion (K10.FR.02).")
    fields = given(chargingProfileId=ask.id, chargingProfileCriteria=criteria or None)
    return await order(app, ask, "ClearChargingProfile", fields)


@router.answers(RefreshProfiles)
async def refresh_profiles(app: App, ask: RefreshProfiles) -> CallSent:
    wanted = given(
        chargingProfileId=ask.ids or None,
        chargingProfilePurpose=ask.purpose,
        stackLevel=ask.stack_level,
        chargingLimitSource=ask.sources or None,
    )
    fields = given(
        requestId=asking.number(),
        evseId=ask.evse,
        chargingProfile=wanted or {"chargingLimitSource": SOURCES},
    )
    return await order(app, ask, "GetChargingProfiles", fields)


@router.answers(ComputeSchedule)
async def compute_schedule(app: App, ask: ComputeSchedule) -> ScheduleComputed:
    station = await app.bus.ask(GetStation(tenant=ask.tenant, station=ask.station))
    place = "connectorId" if station.protocol == "v16" else "evseId"
    fields = given(duration=ask.duration, chargingRateUnit=ask.unit) | {place: ask.evse}
    sent = await order(app, ask, "GetCompositeSchedule", fields)
    return ScheduleComputed(
        request=sent.request,
        result=sent.result,
        hint=sent.hint,
        schedule=composite(ask, sent.result.payload or {}),
    )


def composite(ask: ComputeSchedule, answer: dict[str, Any]) -> CompositeSchedule | None:
    """The schedule in one shape; 1.6 tells its begin beside it."""
    found: dict[str, Any] | None = answer.get("schedule") or answer.get("chargingSchedule")
    if found is None:
        return None
    begin = found.get("scheduleStart") or answer.get("scheduleStart") or found.get("startSchedule")
    return CompositeSchedule(
        evse=found.get("evseId", answer.get("connectorId", ask.evse)),
        begins_at=convert(begin, datetime) if begin else None,
        duration=found.get("duration"),
        unit=found["chargingRateUnit"],
        periods=[
            CompositePeriod(
                start=each["startPeriod"],
                limit=each.get("limit"),
                phases=each.get("numberPhases"),
            )
            for each in found["chargingSchedulePeriod"]
        ],
    )
