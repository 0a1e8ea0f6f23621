"""Logs and diagnostics (N01): asked for, and what stations say of their upload."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from libs.bus import Address, Event, Invalid, NotFound, Station
from libs.contracts import calling
from libs.contracts.logs import (
    GetLogRequest,
    ListLogs,
    LogFailed,
    LogSent,
    LogUploaded,
    LogView,
    RequestLog,
    StationLogPage,
)
from libs.contracts.uploads import UploadView
from libs.ocpp import v16, v21, v201
from libs.ocpp.message import Response, Version
from services.devices import asking, page, retrieval, store_requests, store_steps, store_uploads
from services.devices.app import App, router
from services.devices.asking import Question, ask_station
from services.devices.handlers.registry import named
from services.devices.retrieval import ACTIONS
from services.devices.store_requests import Cursor, Kept
from services.devices.store_steps import Which
from services.devices.store_uploads import Place

SECRET_BYTES = 24
ENDED = {*retrieval.FAILED, "AcceptedCanceled"}

LogStatus = v16.LogStatusNotification | v201.LogStatusNotification | v21.LogStatusNotification
Told = LogStatus | v16.DiagnosticsStatusNotification


# -- asking --------------------------------------------------------------------------------------


class Target(NamedTuple):
    """Where a log goes; ``upload`` when the place is ours."""

    location: str
    upload: UploadView | None


@router.answers(RequestLog)
async def request_log(app: App, ask: RequestLog) -> LogSent:
    to = Address(ask.tenant, ask.station)
    version = await calling.protocol(app.bus, to)
    if version is None:
        return LogSent(result=calling.OFFLINE)
    action = retrieval.via(ask, version, secure=await is_secure(app, to, version))
    number = asking.number()
    # Held to the schema before a place is made for it.
    placeholder = ask.location or f"{ask.uploads_at}/"
    calling.message(version, action, retrieval.fields(ask, action, number, placeholder))
    place = await target(app, ask)
    call = calling.message(version, action, retrieval.fields(ask, action, number, place.location))
    sent = await ask_station(app, Question(to, call, ask.by, ask.timeout_seconds))
    return LogSent(
        request=sent.request,
        request_id=number if action == "GetLog" else None,
        location=place.location,
        upload=place.upload,
        result=sent.result,
    )


async def is_secure(app: App, to: Address, version: Version) -> bool:
    which = Which(to.tenant, to.station, retrieval.SECURITY_ANSWERED)
    return version != "v16" or await store_steps.speaks(
        app.pool, which, retrieval.SECURITY_TOLD, version
    )


async def target(app: App, ask: RequestLog) -> Target:
    """The place that is named, or a new one of ours.

    Its address ends with a slash, so a station may append its own name for the file (2.1 N01); one
    that does not is understood as well.
    """
    if ask.location is not None:
        return Target(ask.location, None)
    if not ask.uploads_at:
        raise Invalid("Say where the log is to go.", field="location")
    now = datetime.now(UTC)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    place = Place(
        tenant=ask.tenant,
        station=ask.station,
        secret=secret,
        location=f"{ask.uploads_at}/{secret}/",
        created_at=now,
        expires_at=now + timedelta(hours=app.config.upload_hours),
        bytes_max=app.config.upload_bytes_max,
    )
    return Target(place.location, (await store_uploads.add(app.pool, place)).view)


# -- looking -------------------------------------------------------------------------------------


@router.answers(ListLogs)
async def list_logs(app: App, ask: ListLogs) -> StationLogPage:
    limit = page.size(ask.limit)
    which = Which(ask.tenant, ask.station, ACTIONS)
    kept = await store_steps.page(app.pool, which, page.read(ask.after, Cursor), limit + 1)
    more = len(kept) > limit
    last = kept[limit - 1] if more else None
    return StationLogPage(
        items=await views(app, kept[:limit]),
        next=page.spell(Cursor(last.asked_at, last.id)) if last else None,
    )


@router.answers(GetLogRequest)
async def get_log(app: App, ask: GetLogRequest) -> LogView:
    kept = await store_requests.get(app.pool, ask.tenant, named(ask.id))
    if kept is None or kept.station != ask.station or kept.action not in ACTIONS:
        raise NotFound(f"The station {ask.station} was not asked for a log {ask.id}.")
    return (await views(app, [kept]))[0]


async def views(app: App, kept: Sequence[Kept]) -> list[LogView]:
    """Requests of one station, with all that came of them."""
    if not kept:
        return []
    tenant, station = kept[0].tenant, kept[0].station
    steps = await store_steps.steps(app.pool, [each.id for each in kept])
    places = [retrieval.location_of(each.payload) for each in kept]
    uploads = await store_uploads.at(app.pool, tenant, places, datetime.now(UTC))
    oldest = min(each.asked_at for each in kept)
    later = await store_steps.replaced(app.pool, Which(tenant, station, ["GetLog"]), oldest)
    return [
        retrieval.view(each, steps[each.id], uploads.get(place), later)
        for each, place in zip(kept, places, strict=True)
    ]


# -- what stations say ---------------------------------------------------------------------------


@router.on(
    v16.DiagnosticsStatusNotification,
    v16.LogStatusNotification,
    v201.LogStatusNotification,
    v21.LogStatusNotification,
)
async def status(app: App, station: Station, call: Told) -> Response:
    """Idle, and what names no request of ours, is welcome too (N01, F06)."""
    await app.keep(station, call, await announced(app, station, call))
    return call.response()


async def announced(app: App, station: Station, call: Told) -> list[Event]:
    if call.status != "Uploaded" and call.status not in ENDED:
        return []
    number = None if isinstance(call, v16.DiagnosticsStatusNotification) else call.request_id
    request = await request_of(app, station, call, number)
    fact: dict[str, Any] = {
        "tenant": station.tenant,
        "at": station.received_at,
        "station": station.id,
        "request": str(request.id) if request else None,
        "request_id": number,
    }
    if call.status != "Uploaded":
        info = call.status_info if isinstance(call, v21.LogStatusNotification) else None
        return [LogFailed(**fact, status=call.status, reason=info.reason_code if info else None)]
    file = await file_of(app, request) if request else None
    if file is None:
        return [LogUploaded(**fact)]
    return [
        LogUploaded(
            **fact,
            upload=file.id,
            file_name=file.file_name,
            size=file.size,
            sha256=file.sha256,
        )
    ]


async def request_of(app: App, station: Station, call: Told, number: int | None) -> Kept | None:
    if isinstance(call, v16.DiagnosticsStatusNotification):
        family = "diagnostics"
    elif number is None:
        return None
    else:
        family = "log"
    return await store_steps.request_of(app.pool, station.tenant, station.id, family, number)


async def file_of(app: App, request: Kept) -> UploadView | None:
    location = retrieval.location_of(request.payload)
    found = await store_uploads.at(app.pool, request.tenant, [location], datetime.now(UTC))
    return found.get(location)
