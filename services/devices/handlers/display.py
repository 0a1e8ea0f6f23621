"""Displays (block O): what stations show is kept in step with what they accept and report."""

from datetime import UTC, datetime
from typing import Any

from msgspec import json

from libs.bus import Station
from libs.contracts.devices import CallSent
from libs.contracts.display import (
    ClearDisplay,
    DisplayPage,
    DisplayText,
    ListDisplays,
    RefreshDisplays,
    SetDisplay,
)
from libs.contracts.transactions import TransactionEnded
from libs.ocpp import v21, v201
from libs.postgres.pool import transaction
from services.devices import asking, page, store_display
from services.devices.app import App, router
from services.devices.effects import Asked, effect
from services.devices.happenings import after
from services.devices.order import given, order
from services.devices.store_display import Filter, Line

NotifyDisplayMessages = v201.NotifyDisplayMessages | v21.NotifyDisplayMessages


# -- what stations tell --------------------------------------------------------------------------


@router.on(v201.NotifyDisplayMessages)
async def report_201(
    app: App, station: Station, call: v201.NotifyDisplayMessages
) -> v201.NotifyDisplayMessagesResponse:
    await keep_report(app, station, call)
    return v201.NotifyDisplayMessagesResponse()


@router.on(v21.NotifyDisplayMessages)
async def report_21(
    app: App, station: Station, call: v21.NotifyDisplayMessages
) -> v21.NotifyDisplayMessagesResponse:
    await keep_report(app, station, call)
    return v21.NotifyDisplayMessagesResponse()


async def keep_report(app: App, station: Station, call: NotifyDisplayMessages) -> None:
    """The last part ends the report: what it should have named and did not is gone (O03.FR.04)."""
    await app.keep(station, call)
    place = (station.tenant, station.id)
    lines = [line(info) for info in call.message_info or []]
    async with transaction(app.pool) as connection:
        await store_display.confirm(connection, place, lines, call.request_id, station.received_at)
        if call.tbc:
            return
        asked = await store_display.filter_of(connection, *place, call.request_id)
        if asked is not None:
            wanted, asked_at = asked
            await store_display.drop_unseen(connection, place, wanted, call.request_id, asked_at)


def line(info: v201.MessageInfo | v21.MessageInfo) -> Line:
    return Line(
        id=info.id,
        priority=info.priority,
        state=info.state,
        starts_at=info.start_date_time,
        ends_at=info.end_date_time,
        transaction=info.transaction_id,
        message=json.encode(info).decode(),
    )


# -- what stations answered ----------------------------------------------------------------------


@effect("SetDisplayMessage")
async def was_set(app: App, asked: Asked) -> None:
    if asked.answer.status == "Accepted":
        info = asked.call.message
        await store_display.put(app.pool, asked.tenant, asked.station, line(info), at=asked.at)


@effect("ClearDisplayMessage")
async def was_cleared(app: App, asked: Asked) -> None:
    """What the station does not know is not on its display either (O05.FR.02)."""
    if asked.answer.status in {"Accepted", "Unknown"}:
        await store_display.drop(app.pool, asked.tenant, asked.station, asked.call.id, at=asked.at)


@effect("GetDisplayMessages")
async def was_asked(app: App, asked: Asked) -> None:
    """Unknown: nothing that was asked for is there, and no report comes (O03.FR.05)."""
    if asked.answer.status != "Unknown":
        return
    call = asked.call
    wanted = Filter(call.id, call.priority, call.state)
    place = (asked.tenant, asked.station)
    found = await store_display.filter_of(app.pool, *place, call.request_id)
    asked_at = found[1] if found else asked.at
    await store_display.drop_unseen(app.pool, place, wanted, call.request_id, asked_at)


@after(TransactionEnded)
async def ended(app: App, event: TransactionEnded) -> None:
    """O02: a message of a transaction goes with it."""
    await store_display.drop_of_transaction(
        app.pool, event.tenant, event.station, event.transaction
    )


# -- what operators want -------------------------------------------------------------------------


@router.answers(ListDisplays)
async def list_displays(app: App, ask: ListDisplays) -> DisplayPage:
    limit = page.size(ask.limit)
    found = await store_display.page(
        app.pool,
        (ask.tenant, ask.station),
        page.read(ask.after, int),
        limit + 1,
        datetime.now(UTC),
    )
    items, following = page.cut(found, limit, lambda view: view.id)
    return DisplayPage(items=items, next=following)


@router.answers(SetDisplay)
async def set_display(app: App, ask: SetDisplay) -> CallSent:
    message = given(
        id=ask.id,
        priority=ask.priority,
        state=ask.state,
        startDateTime=ask.starts_at,
        endDateTime=ask.ends_at,
        transactionId=ask.transaction,
        message=content(ask.message),
        messageExtra=[content(each) for each in ask.extra] or None,
        display=ask.display,
    )
    return await order(app, ask, "SetDisplayMessage", {"message": message})


def content(text: DisplayText) -> dict[str, Any]:
    return given(format=text.format, language=text.language, content=text.content)


@router.answers(ClearDisplay)
async def clear_display(app: App, ask: ClearDisplay) -> CallSent:
    return await order(app, ask, "ClearDisplayMessage", {"id": ask.id})


@router.answers(RefreshDisplays)
async def refresh_displays(app: App, ask: RefreshDisplays) -> CallSent:
    fields = given(
        requestId=asking.number(), id=ask.ids or None, priority=ask.priority, state=ask.state
    )
    return await order(app, ask, "GetDisplayMessages", fields)
