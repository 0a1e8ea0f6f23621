"""Charging profiles (block K): what is known keeps in step with what stations take and report."""

from datetime import UTC, datetime
from typing import Any

from msgspec import ValidationError, convert, to_builtins

from libs.bus import Address, BusError, Station
from libs.contracts.charging_profiles import NoteProfile
from libs.contracts.transactions import (
    ListTransactions,
    TransactionEnded,
    TransactionStarted,
)
from libs.ocpp import codec, v16, v21, v201
from libs.ocpp.message import Version
from libs.postgres.pool import transaction
from libs.runtime import log
from services.devices import store_profiles
from services.devices.app import App, router
from services.devices.effects import Asked, effect
from services.devices.happenings import after
from services.devices.store_profiles import Filter, Line, Session
from services.devices.variable import clean

logger = log.get("devices")

OURS = "CSO"
GONE = {"Accepted", "Unknown"}
SESSIONS_MAX = 100

Profile = v16.ChargingProfile | v201.ChargingProfile | v21.ChargingProfile
Report = v201.ReportChargingProfiles | v21.ReportChargingProfiles
PROFILES: dict[Version, type[Profile]] = {
    "v16": v16.ChargingProfile,
    "v201": v201.ChargingProfile,
    "v21": v21.ChargingProfile,
}


def line(version: Version, evse: int | None, profile: Profile, source: str = OURS) -> Line:
    named = profile.transaction_id
    is_legacy = isinstance(profile, v16.ChargingProfile)
    return Line(
        source=clean(source),
        id=profile.charging_profile_id if is_legacy else profile.id,
        evse=evse,
        version=version,
        purpose=profile.charging_profile_purpose,
        level=profile.stack_level,
        kind=profile.charging_profile_kind,
        transaction=None if named is None else clean(str(named)),
        token=None,
        valid_from=profile.valid_from,
        valid_to=profile.valid_to,
        profile=codec.encode(profile).decode(),
    )


# -- what stations tell --------------------------------------------------------------------------


@router.on(v201.ReportChargingProfiles)
async def report_201(
    app: App, station: Station, call: v201.ReportChargingProfiles
) -> v201.ReportChargingProfilesResponse:
    await keep_report(app, station, call)
    return v201.ReportChargingProfilesResponse()


@router.on(v21.ReportChargingProfiles)
async def report_21(
    app: App, station: Station, call: v21.ReportChargingProfiles
) -> v21.ReportChargingProfilesResponse:
    await keep_report(app, station, call)
    return v21.ReportChargingProfilesResponse()


async def keep_report(app: App, station: Station, call: Report) -> None:
    """The last part ends the report: what it should have named and did not is gone (K09)."""
    await app.keep(station, call)
    place = (station.tenant, station.id)
    source = call.charging_limit_source
    lines = [line(call.version, call.evse_id, each, source) for each in call.charging_profile]
    async with transaction(app.pool) as connection:
        number = call.request_id
        await store_profiles.confirm(connection, place, lines, number, station.received_at)
        if call.tbc:
            return
        asked = await store_profiles.filter_of(connection, place, number)
        if asked is not None:
            wanted, at = asked
            await store_profiles.drop_unseen(connection, place, asked_for(wanted), number, at)


def asked_for(payload: dict[str, Any]) -> Filter:
    """What a GetChargingProfiles asked for."""
    wanted: dict[str, Any] = payload.get("chargingProfile") or {}
    return Filter(
        evse=payload.get("evseId"),
        ids=wanted.get("chargingProfileId"),
        purpose=wanted.get("chargingProfilePurpose"),
        level=wanted.get("stackLevel"),
        sources=wanted.get("chargingLimitSource"),
    )


# -- what stations answered ----------------------------------------------------------------------


@effect("SetChargingProfile")
async def was_set(app: App, asked: Asked) -> None:
    if asked.answer.status != "Accepted":
        return
    place, call = (asked.tenant, asked.station), asked.call
    if asked.version == "v16":
        found = line("v16", call.connector_id, call.cs_charging_profiles)
    else:
        found = line(asked.version, call.evse_id, call.charging_profile)
    async with transaction(app.pool) as connection:
        if asked.version == "v16":
            await store_profiles.displace(connection, place, found, asked.at)
        await store_profiles.put(connection, place, found, asked.at)


@effect("ClearChargingProfile")
async def was_cleared(app: App, asked: Asked) -> None:
    """What the station does not know is not there either (K10.FR.09)."""
    if asked.answer.status not in GONE:
        return
    place = (asked.tenant, asked.station)
    await store_profiles.drop(app.pool, place, cleared(asked), asked.at)


def cleared(asked: Asked) -> Filter:
    """An id decides alone; the rest are criteria that all have to fit (K10.FR.03)."""
    call = asked.call
    if asked.version == "v16":
        one, criteria, evse = call.id, call, call.connector_id
    else:
        one, criteria = call.charging_profile_id, call.charging_profile_criteria
        evse = criteria.evse_id if criteria else None
    if one is not None or criteria is None:
        return Filter(ids=[] if one is None else [one], sources=[OURS])
    return Filter(
        evse=evse,
        purpose=criteria.charging_profile_purpose,
        level=criteria.stack_level,
        sources=[OURS],
    )


@effect("GetChargingProfiles")
async def was_asked(app: App, asked: Asked) -> None:
    """NoProfiles: nothing of what was asked for is there, and no report comes (K09.FR.06)."""
    if asked.answer.status != "NoProfiles":
        return
    place, number = (asked.tenant, asked.station), asked.call.request_id
    found = await store_profiles.filter_of(app.pool, place, number)
    at = found[1] if found else asked.at
    wanted = asked_for(to_builtins(asked.call))
    await store_profiles.drop_unseen(app.pool, place, wanted, number, at)


@effect("RequestStartTransaction")
async def was_started(app: App, asked: Asked) -> None:
    call = asked.call
    if call.charging_profile is not None and asked.answer.status == "Accepted":
        found = line(asked.version, call.evse_id, call.charging_profile)
        named = asked.answer.transaction_id
        named = clean(named) if named else None
        found = found._replace(token=clean(call.id_token.id_token), transaction=named)
        await expect(app, (asked.tenant, asked.station), found, asked.at)


@effect("RemoteStartTransaction")
async def was_started_16(app: App, asked: Asked) -> None:
    call = asked.call
    if call.charging_profile is not None and asked.answer.status == "Accepted":
        found = line("v16", call.connector_id, call.charging_profile)
        await expect(
            app, (asked.tenant, asked.station), found._replace(token=clean(call.id_tag)), asked.at
        )


@router.answers(NoteProfile)
async def note(app: App, ask: NoteProfile) -> None:
    """A remote start that another service sent brought a profile."""
    try:
        profile = convert(ask.profile, PROFILES[ask.version])
    except ValidationError:
        logger.exception("a profile that was sent cannot be read", station=ask.station)
        return
    found = line(ask.version, ask.evse, profile)
    found = found._replace(token=ask.token, transaction=ask.transaction)
    await expect(app, (ask.tenant, ask.station), found, ask.at)


# -- sessions ------------------------------------------------------------------------------------


async def expect(app: App, place: tuple[str, str], found: Line, at: datetime) -> None:
    """A remote start brings a profile, whose transaction may have begun before we know of it."""
    await store_profiles.put(app.pool, place, found, at)
    if found.transaction is None:
        for session in await sessions(app, Address(*place)) or []:
            await store_profiles.bind(app.pool, place, session)


async def sessions(app: App, to: Address) -> list[Session] | None:
    """Those under way; None when the ledger cannot be asked."""
    ask = ListTransactions(
        tenant=to.tenant, station=to.station, status="active", limit=SESSIONS_MAX
    )
    try:
        found = await app.bus.ask(ask)
    except BusError as error:
        logger.warning("the ledger could not be asked", station=to.station, code=error.code)
        return None
    return [
        Session(each.evse, each.transaction, each.token, each.started_at or datetime.now(UTC))
        for each in found.items
    ]


@after(TransactionStarted)
async def started(app: App, event: TransactionStarted) -> None:
    session = Session(event.evse, event.transaction, event.token, event.started_at)
    await store_profiles.bind(app.pool, (event.tenant, event.station), session)


@after(TransactionEnded)
async def ended(app: App, event: TransactionEnded) -> None:
    """K01.FR.14: the profile of a transaction goes with it."""
    session = Session(event.evse, event.transaction, event.token, event.ended_at)
    await store_profiles.drop_of_session(app.pool, (event.tenant, event.station), session)
