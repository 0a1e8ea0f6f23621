"""The registry as operators see it: stations, their credentials, their layout."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import asyncpg
from msgspec import UNSET, UnsetType, ValidationError, json
from msgspec.structs import replace

from libs.bus import PLATFORM, Conflict, Event, Invalid, NotFound
from libs.contracts.dialects import DialectDecided
from libs.contracts.stations import (
    DeleteStation,
    Done,
    Drop,
    EvseSpec,
    GetStation,
    ListStations,
    ListStatusHistory,
    PutStation,
    StationChanged,
    StationDisconnected,
    StationPage,
    StationRegistered,
    StationRemoved,
    StationView,
    StatusHistory,
)
from services.stations import habit, store, store_dialects, store_status
from services.stations.admission import well_formed
from services.stations.app import App, router
from services.stations.habit import LEARNED, Known
from services.stations.handlers.provisioning import ask_if_accepted
from services.stations.secret import Kept
from services.stations.status import CONNECTORS_MAX, EVSES_MAX
from services.stations.store import Changeable
from services.stations.store_status import Cursor

PAGE_MAX = 500
PASSWORD_CHARACTERS_MAX = 128
SECURITY_PROFILES = range(4)
CHANGEABLE = (
    "registration", "strict", "automatic", "dialect", "labels", "security_profile", "password",
    "evses",
)  # fmt: skip
LABELS_MAX = 50
LABEL_CHARACTERS_MAX = 100


# -- reading -------------------------------------------------------------------------------------


@router.answers(GetStation)
async def get_station(app: App, ask: GetStation) -> StationView:
    return await found(app, ask.tenant, ask.station)


@router.answers(ListStations)
async def list_stations(app: App, ask: ListStations) -> StationPage:
    limit = min(max(ask.limit, 1), PAGE_MAX)
    views = await store.page(app.pool, ask, limit + 1)
    more = len(views) > limit
    items = [with_dialect(app, view) for view in views[:limit]]
    return StationPage(items=items, next=views[limit - 1].id if more else None)


@router.answers(ListStatusHistory)
async def list_history(app: App, ask: ListStatusHistory) -> StatusHistory:
    limit = min(max(ask.limit, 1), PAGE_MAX)
    lines = await store_status.history(
        app.pool, (ask.tenant, ask.station), cursor(ask.after), limit + 1
    )
    if lines is None:
        raise unknown(ask.station)
    more = len(lines) > limit
    return StatusHistory(
        items=[change for _, change in lines[:limit]],
        next=urlsafe_b64encode(json.encode(lines[limit - 1][0])).decode() if more else None,
    )


def cursor(after: str | None) -> Cursor | None:
    if after is None:
        return None
    try:
        return json.decode(urlsafe_b64decode(after), type=Cursor)
    except (ValueError, ValidationError):
        raise Invalid("This is no cursor of a page of ours.", field="after") from None


async def found(app: App, tenant: str, station: str) -> StationView:
    view = await store.view(app.pool, tenant, station)
    if view is None:
        raise unknown(station)
    return with_dialect(app, view)


def with_dialect(app: App, view: StationView) -> StationView:
    """The name of the dialect that holds, whoever chose it."""
    known = Known(view.vendor, view.model, view.firmware, view.dialect, None, view.protocol)
    dialect = habit.find(app.book, known).dialect
    learned = LEARNED if view.dialect == LEARNED else None
    return replace(view, dialect=dialect.name if dialect else learned)


def unknown(station: str) -> NotFound:
    return NotFound(f"There is no station {station!r}.")


# -- changing ------------------------------------------------------------------------------------


@router.answers(PutStation)
async def put_station(app: App, ask: PutStation) -> StationView:
    check(ask)
    check_dialect(app, ask.dialect)
    secret = await app.verifier.keep(ask.password) if isinstance(ask.password, str) else None
    try:
        tenant = await put(app, ask, secret)
    except asyncpg.UniqueViolationError:
        raise Conflict(f"Tenant {ask.move_to!r} has a station {ask.station!r} already.") from None
    return await found(app, tenant, ask.station)


async def put(app: App, ask: PutStation, secret: Kept | None) -> str:
    """In one transaction; the tenant that the station belongs to afterwards."""
    now = datetime.now(UTC)
    async with app.outbox.transaction() as connection:
        new = await store.register(connection, ask.tenant, [ask.station])
        before = await store.lock(connection, ask.tenant, ask.station)
        if before is None:
            raise Conflict(f"Station {ask.station!r} is being removed.")
        await store.change(connection, before.key, ask, secret)
        if ask.evses is not UNSET:
            await store.lay_out(connection, before.key, ask.evses)
        events: list[Event] = []
        if new:
            events.append(StationRegistered(tenant=ask.tenant, at=now, station=ask.station))
        changed = [] if new else changes(ask, before)
        tenant = ask.tenant
        if ask.move_to is not UNSET and ask.move_to != ask.tenant:
            tenant = ask.move_to
            await store.move(connection, before.key, tenant)
            events += moved(ask, before, now)
            changed.append("tenant")
        if changed:
            events.append(station_changed(ask, tenant, before, changed, now))
        await app.outbox.add(connection, events)
    return tenant


def changes(ask: PutStation, before: Changeable) -> list[str]:
    """The names of what becomes different; a password given always counts."""
    as_it_was: dict[str, Any] = before._asdict()
    return [
        name
        for name in CHANGEABLE
        if getattr(ask, name) is not UNSET
        and (name not in as_it_was or getattr(ask, name) != as_it_was[name])
    ]


def station_changed(
    ask: PutStation, tenant: str, before: Changeable, changed: list[str], now: datetime
) -> StationChanged:
    return StationChanged(
        tenant=tenant,
        at=now,
        station=ask.station,
        changed=changed,
        registration=before.registration if ask.registration is UNSET else ask.registration,
        strict=before.strict if ask.strict is UNSET else ask.strict,
    )


def moved(ask: PutStation, before: Changeable, now: datetime) -> list[Event]:
    """For the old tenant the station is gone."""
    gone: list[Event] = [StationRemoved(tenant=ask.tenant, at=now, station=ask.station)]
    if before.online:
        gone.insert(
            0,
            StationDisconnected(
                tenant=ask.tenant,
                at=now,
                station=ask.station,
                epoch=before.epoch,
                reason="moved to another tenant",
            ),
        )
    return gone


@router.answers(DeleteStation)
async def delete_station(app: App, ask: DeleteStation) -> Done:
    now = datetime.now(UTC)
    async with app.outbox.transaction() as connection:
        before = await store.lock(connection, ask.tenant, ask.station)
        if before is None:
            raise unknown(ask.station)
        await store.remove(connection, before.key)
        removed = StationRemoved(tenant=ask.tenant, at=now, station=ask.station)
        await app.outbox.add(connection, [removed])
    return Done()


# -- what a change means for an open socket ------------------------------------------------------


@router.follows(StationRemoved)
async def on_removed(app: App, event: StationRemoved) -> None:
    """Followed, not told at once: a crash in between must not leave the socket open."""
    if await store.view(app.pool, event.tenant, event.station) is None:
        drop(app, event.tenant, event.station, "the station was removed")


@router.follows(StationChanged)
async def on_changed(app: App, event: StationChanged) -> None:
    """B03: a rejected station has no business here until it asks again, after its long interval."""
    if "dialect" in event.changed:
        await tell_dialect(app, event.tenant, event.station)
    if "registration" not in event.changed:
        return
    view = await store.view(app.pool, event.tenant, event.station)
    if view is not None and view.registration == "Rejected":
        drop(app, event.tenant, event.station, "the station is rejected")
    await ask_if_accepted(app, event.tenant, event.station)


async def tell_dialect(app: App, tenant: str, station: str) -> None:
    """An open socket speaks in it from the next frame on."""
    known = await store_dialects.habit(app.pool, tenant, station)
    if known is not None:
        found = habit.find(app.book, known)
        app.bus.tell(DialectDecided(tenant=tenant, station=station, speech=found.speech))


def drop(app: App, tenant: str, station: str, reason: str) -> None:
    app.bus.tell(Drop(tenant=tenant, station=station, reason=reason))


# -- what is refused -----------------------------------------------------------------------------


def check(ask: PutStation) -> None:
    """Raise Invalid, naming the field, for what makes no sense."""
    if not well_formed(ask.station):
        raise Invalid("An identity has 1 to 255 printable characters.", field="station")
    check_tenant(ask.tenant, "tenant")
    if ask.move_to is not UNSET:
        check_tenant(ask.move_to, "move_to")
    if ask.security_profile is not UNSET and ask.security_profile not in SECURITY_PROFILES:
        raise Invalid("A security profile is 0, 1, 2 or 3.", field="security_profile")
    if isinstance(ask.password, str):
        check_password(ask.station, ask.password)
    if ask.labels is not UNSET:
        check_labels(ask.labels)
    if ask.evses is not UNSET:
        check_layout(ask.evses)


def check_dialect(app: App, dialect: str | UnsetType | None) -> None:
    if isinstance(dialect, str) and app.book.get(dialect) is None:
        raise Invalid(
            f"There is no dialect {dialect!r}; GET dialects lists those that there are.",
            field="dialect",
        )


def check_labels(labels: list[str]) -> None:
    if len(labels) > LABELS_MAX or len(set(labels)) < len(labels):
        raise Invalid(f"Labels are up to {LABELS_MAX}, each once.", field="labels")
    if not all(0 < len(one) <= LABEL_CHARACTERS_MAX and one.isprintable() for one in labels):
        raise Invalid(
            f"A label has 1 to {LABEL_CHARACTERS_MAX} printable characters.", field="labels"
        )


def check_tenant(tenant: str, field: str) -> None:
    if not well_formed(tenant) or tenant == PLATFORM:
        raise Invalid(
            f"A tenant's name has 1 to 255 printable characters and is not {PLATFORM!r}.",
            field=field,
        )


def check_password(station: str, password: str) -> None:
    """OCPP wants 16 to 40 characters (A00.FR.205); shorter ones are in use and not our business."""
    if not 1 <= len(password) <= PASSWORD_CHARACTERS_MAX:
        raise Invalid(
            f"A password has 1 to {PASSWORD_CHARACTERS_MAX} characters.", field="password"
        )
    if ":" in station:
        raise Invalid(
            "Where an identity has a colon, HTTP basic takes it for the end of the user: "
            "such a station cannot send a password.",
            field="password",
        )


def check_layout(evses: list[EvseSpec]) -> None:
    if len({evse.id for evse in evses}) < len(evses):
        raise Invalid("An EVSE is listed twice.", field="evses")
    for evse in evses:
        ids = [connector.id for connector in evse.connectors]
        if len(set(ids)) < len(ids):
            raise Invalid(f"EVSE {evse.id} lists a connector twice.", field="evses")
        if not 1 <= evse.id <= EVSES_MAX or not all(1 <= one <= CONNECTORS_MAX for one in ids):
            raise Invalid(
                f"EVSEs are numbered 1 to {EVSES_MAX}, their connectors 1 to {CONNECTORS_MAX}.",
                field="evses",
            )
