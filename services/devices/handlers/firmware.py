"""Firmware (block L): updates and publications asked for, and what stations say of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import to_builtins

from libs.bus import Address, Invalid, NotFound, Station
from libs.contracts import calling
from libs.contracts.firmware import (
    FirmwarePage,
    FirmwareReported,
    FirmwareSent,
    FirmwareView,
    GetFirmware,
    ListFirmware,
    Publish,
    Unpublish,
    UpdateStation,
)
from libs.contracts.stations import StationBooted
from libs.ocpp import v16, v21, v201
from libs.ocpp.message import NAMES, Response, Version
from services.devices import (
    asking,
    correlation,
    installation,
    page,
    store_firmware,
    store_requests,
    store_steps,
)
from services.devices.app import App, router
from services.devices.asking import Question, ask_station
from services.devices.handlers.registry import named
from services.devices.happenings import after
from services.devices.installation import ACTIONS, UPDATES, Following, Message
from services.devices.store_firmware import Since
from services.devices.store_requests import Cursor, Kept
from services.devices.store_steps import Which

NEWEST_MAX = 20
"""Requests among which the one that is under way is looked for."""

Update = (
    v16.FirmwareStatusNotification
    | v16.SignedFirmwareStatusNotification
    | v201.FirmwareStatusNotification
    | v21.FirmwareStatusNotification
)
Publication = v201.PublishFirmwareStatusNotification | v21.PublishFirmwareStatusNotification


# -- asking --------------------------------------------------------------------------------------


@router.answers(UpdateStation)
async def update(app: App, ask: UpdateStation) -> FirmwareSent:
    version = await calling.protocol(app.bus, Address(ask.tenant, ask.station))
    if version is None:
        return FirmwareSent(result=calling.OFFLINE)
    message = installation.update(ask, version, asking.number(), datetime.now(UTC))
    return await send(app, ask, version, message)


@router.answers(Publish)
async def publish(app: App, ask: Publish) -> FirmwareSent:
    version = await calling.protocol(app.bus, Address(ask.tenant, ask.station))
    if version is None:
        return FirmwareSent(result=calling.OFFLINE)
    number = asking.number()
    fields = {
        "location": ask.location,
        "checksum": ask.checksum,
        "requestId": number,
        "retries": ask.retries,
        "retryInterval": ask.retry_interval,
    }
    return await send(app, ask, version, Message("PublishFirmware", fields, number))


@router.answers(Unpublish)
async def unpublish(app: App, ask: Unpublish) -> FirmwareSent:
    version = await calling.protocol(app.bus, Address(ask.tenant, ask.station))
    if version is None:
        return FirmwareSent(result=calling.OFFLINE)
    message = Message("UnpublishFirmware", {"checksum": ask.checksum}, None)
    return await send(app, ask, version, message)


async def send(
    app: App, ask: UpdateStation | Publish | Unpublish, version: Version, message: Message
) -> FirmwareSent:
    if version == "v16" and message.action not in UPDATES:
        raise Invalid(f"OCPP {NAMES[version]} has no {message.action}.")
    call = calling.message(version, message.action, message.fields)
    to = Address(ask.tenant, ask.station)
    sent = await ask_station(app, Question(to, call, ask.by, ask.timeout_seconds))
    return FirmwareSent(request=sent.request, request_id=message.number, result=sent.result)


# -- looking -------------------------------------------------------------------------------------


@router.answers(ListFirmware)
async def list_firmware(app: App, ask: ListFirmware) -> FirmwarePage:
    limit = page.size(ask.limit)
    which = Which(ask.tenant, ask.station, ACTIONS)
    kept = await store_steps.page(app.pool, which, page.read(ask.after, Cursor), limit + 1)
    newest = await store_steps.page(app.pool, which, None, NEWEST_MAX)
    more = len(kept) > limit
    last = kept[limit - 1] if more else None
    current = [each for each in await views(app, newest) if not each.terminal]
    return FirmwarePage(
        items=await views(app, kept[:limit]),
        current=current[0] if current else None,
        next=page.spell(Cursor(last.asked_at, last.id)) if last else None,
    )


@router.answers(GetFirmware)
async def get_firmware(app: App, ask: GetFirmware) -> FirmwareView:
    kept = await store_requests.get(app.pool, ask.tenant, named(ask.id))
    if kept is None or kept.station != ask.station or kept.action not in ACTIONS:
        raise NotFound(f"The station {ask.station} was not asked for firmware {ask.id}.")
    return (await views(app, [kept]))[0]


async def views(app: App, kept: Sequence[Kept]) -> list[FirmwareView]:
    """Requests of one station, newest first, with all that came of them."""
    if not kept:
        return []
    since = Since(kept[0].tenant, kept[0].station, min(each.asked_at for each in kept))
    steps = await store_steps.steps(app.pool, [each.id for each in kept])
    boots = await store_firmware.boots(app.pool, since)
    events = await store_firmware.security_events(app.pool, since)
    which = Which(since.tenant, since.station, UPDATES)
    replacing = await store_steps.replaced(app.pool, which, since.at)
    times = await store_steps.asked(app.pool, which, since.at)
    shown: list[FirmwareView] = []
    for each in kept:
        is_update = each.action in UPDATES
        until = next((at for at in times if at > each.asked_at), None)
        replaced = is_update and any(at > each.asked_at for at in replacing)
        later = Following(boots, events, until)
        shown.append(installation.view(each, steps[each.id], later, replaced=replaced))
    return shown


# -- what stations say ---------------------------------------------------------------------------


@router.on(
    v16.FirmwareStatusNotification,
    v16.SignedFirmwareStatusNotification,
    v201.FirmwareStatusNotification,
    v21.FirmwareStatusNotification,
)
async def status(app: App, station: Station, call: Update) -> Response:
    """Whatever a station says of its firmware is kept, in whichever order it comes (L01)."""
    number = None if isinstance(call, v16.FirmwareStatusNotification) else call.request_id
    info = call.status_info if isinstance(call, v21.FirmwareStatusNotification) else None
    event = FirmwareReported(
        tenant=station.tenant,
        at=station.received_at,
        station=station.id,
        kind="update",
        status=call.status,
        request=await request_of(app, station, call, number),
        request_id=number,
        info=plain(info),
    )
    await app.keep(station, call, [event])
    return call.response()


@router.on(v201.PublishFirmwareStatusNotification, v21.PublishFirmwareStatusNotification)
async def publication_status(app: App, station: Station, call: Publication) -> Response:
    """L03: of Published, where the file is offered."""
    info = call.status_info if isinstance(call, v21.PublishFirmwareStatusNotification) else None
    event = FirmwareReported(
        tenant=station.tenant,
        at=station.received_at,
        station=station.id,
        kind="publication",
        status=call.status,
        request=await request_of(app, station, call, call.request_id),
        request_id=call.request_id,
        info=plain(info),
        locations=call.location,
    )
    await app.keep(station, call, [event])
    return call.response()


async def request_of(
    app: App, station: Station, call: Update | Publication, number: int | None
) -> str | None:
    """Only plain updates of 1.6 are told without a number: theirs is the last one."""
    if number is None and not isinstance(call, v16.FirmwareStatusNotification):
        return None
    family = correlation.TELLING[call.action]
    request = await store_steps.request_of(app.pool, station.tenant, station.id, family, number)
    return str(request.id) if request else None


def plain(info: v21.StatusInfo | None) -> dict[str, Any] | None:
    return None if info is None else to_builtins(info)


@after(StationBooted)
async def booted(app: App, event: StationBooted) -> None:
    """What an update leads to shows in the next boot (L01)."""
    since = Since(event.tenant, event.station, event.at)
    await store_firmware.booted(app.pool, since, event.firmware, event.reason)
