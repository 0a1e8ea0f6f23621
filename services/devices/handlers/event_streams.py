"""Periodic event streams (N11 to N15 of OCPP 2.1): opened where the operator allows it, kept by
their own times, and relieved when a station cannot keep up.
"""

from libs.bus import Invalid, NotFound, Station
from libs.contracts.devices import CallSent
from libs.contracts.stations import GetStation
from libs.contracts.streams import (
    AdjustStream,
    GetStreamSettings,
    ListStreams,
    ListStreamValues,
    PutStreamSettings,
    RefreshStreams,
    StreamClosed,
    StreamLagging,
    StreamOpened,
    StreamPage,
    StreamReceived,
    StreamSettings,
    StreamValue,
    StreamValuePage,
)
from libs.ocpp import v21
from services.devices import page, store_stream, stream
from services.devices.app import App, router
from services.devices.effects import Asked, effect
from services.devices.order import given, order
from services.devices.refusal import info_21
from services.devices.store_stream import Cursor, Standing
from services.devices.stream import Pace, Value

STREAMS_MAX = 10_000


# -- what stations tell --------------------------------------------------------------------------


@router.on(v21.OpenPeriodicEventStream)
async def opened(
    app: App, station: Station, call: v21.OpenPeriodicEventStream
) -> v21.OpenPeriodicEventStreamResponse:
    """N11."""
    place, data = (station.tenant, station.id), call.constant_stream_data
    settings = await store_stream.settings(app.pool, station.tenant)
    others = await store_stream.open_count(app.pool, place, data.id)
    reason = stream.refusal(settings, others)
    if reason is not None:
        await app.keep(station, call)
        return v21.OpenPeriodicEventStreamResponse(status="Rejected", status_info=info_21(reason))
    await store_stream.put(app.pool, place, data, station.received_at)
    event = StreamOpened(
        tenant=station.tenant,
        at=station.received_at,
        station=station.id,
        id=data.id,
        monitor=data.variable_monitoring_id,
    )
    await app.keep(station, call, [event])
    return v21.OpenPeriodicEventStreamResponse(status="Accepted")


@router.on(v21.ClosePeriodicEventStream)
async def closed(
    app: App, station: Station, call: v21.ClosePeriodicEventStream
) -> v21.ClosePeriodicEventStreamResponse:
    """N12."""
    at = station.received_at
    await store_stream.close(app.pool, (station.tenant, station.id), call.id, at)
    event = StreamClosed(tenant=station.tenant, at=at, station=station.id, id=call.id)
    await app.keep(station, call, [event])
    return v21.ClosePeriodicEventStreamResponse()


@router.on(v21.NotifyPeriodicEventStream)
async def received(
    app: App, station: Station, call: v21.NotifyPeriodicEventStream
) -> v21.NotifyPeriodicEventStreamResponse:
    """A SEND: the station is told nothing, so values of an unknown stream are kept too."""
    place, values = (station.tenant, station.id), stream.values(call)
    await store_stream.add_values(
        app.pool, (*place, call.id), values, station.received_at, station.message_id
    )
    standing = await store_stream.count(app.pool, (*place, call.id), values, call.pending)
    lagging = None if standing is None else lag(station, call, standing)
    if lagging is not None:
        await store_stream.forgive(app.pool, place, call.id)
    events = [told(station, call, values, standing), *([lagging] if lagging else [])]
    await app.keep(station, call, events)
    return v21.NotifyPeriodicEventStreamResponse()


def told(
    station: Station,
    call: v21.NotifyPeriodicEventStream,
    values: list[Value],
    standing: Standing | None,
) -> StreamReceived:
    return StreamReceived(
        tenant=station.tenant,
        at=station.received_at,
        station=station.id,
        id=call.id,
        monitor=standing.monitor if standing else None,
        values=[StreamValue(at=value.at, value=value.value) for value in values],
        pending=call.pending,
    )


def lag(
    station: Station, call: v21.NotifyPeriodicEventStream, standing: Standing
) -> StreamLagging | None:
    """What is to be asked of a station that cannot keep up."""
    pace = stream.relief(standing.pace, standing.lag)
    if pace is None:
        return None
    return StreamLagging(
        tenant=station.tenant,
        at=station.received_at,
        station=station.id,
        id=call.id,
        pending=call.pending,
        interval_seconds=pace.interval,
        values=pace.batch,
    )


@router.follows(StreamLagging)
async def relieve(app: App, event: StreamLagging) -> None:
    """N14, unless the operator, or the station's own setting, wants nothing of our own accord."""
    settings = await store_stream.settings(app.pool, event.tenant)
    try:
        station = await app.bus.ask(GetStation(tenant=event.tenant, station=event.station))
    except NotFound:
        return
    wanted = settings.adjust and station.automatic
    if not wanted or not station.online or station.protocol != "v21":
        return
    ask = AdjustStream(
        tenant=event.tenant,
        station=event.station,
        id=event.id,
        interval_seconds=event.interval_seconds,
        values=event.values,
        by="platform: event streams",
    )
    await adjust_stream(app, ask)


# -- what stations answered ----------------------------------------------------------------------


@effect("AdjustPeriodicEventStream")
async def was_adjusted(app: App, asked: Asked) -> None:
    if asked.answer.status == "Accepted":
        call = asked.call
        pace = Pace(call.params.interval, call.params.values)
        await store_stream.adjust(app.pool, (asked.tenant, asked.station), call.id, pace)


@effect("GetPeriodicEventStream")
async def was_asked(app: App, asked: Asked) -> None:
    """N13."""
    answer: v21.GetPeriodicEventStreamResponse = asked.answer
    streams = answer.constant_stream_data or []
    await store_stream.confirm(app.pool, (asked.tenant, asked.station), streams, asked.at)


# -- what operators want -------------------------------------------------------------------------


@router.answers(ListStreams)
async def list_streams(app: App, ask: ListStreams) -> StreamPage:
    limit = page.size(ask.limit)
    place, after = (ask.tenant, ask.station), page.read(ask.after, int)
    found = await store_stream.page(app.pool, place, after, limit + 1)
    items, following = page.cut(found, limit, lambda view: view.id)
    return StreamPage(items=items, next=following)


@router.answers(ListStreamValues)
async def list_values(app: App, ask: ListStreamValues) -> StreamValuePage:
    limit = page.size(ask.limit)
    before = page.read(ask.after, Cursor)
    found = await store_stream.values(
        app.pool, (ask.tenant, ask.station, ask.id), before, limit + 1
    )
    place = (ask.tenant, ask.station)
    if not found and not await store_stream.known(app.pool, place, ask.id):
        raise NotFound(f"The station never opened a stream {ask.id}.")
    items, following = page.cut(found, limit, lambda each: each[0])
    values = [StreamValue(at=value.at, value=value.value) for _, value in items]
    return StreamValuePage(items=values, next=following)


@router.answers(AdjustStream)
async def adjust_stream(app: App, ask: AdjustStream) -> CallSent:
    params = given(interval=ask.interval_seconds, values=ask.values)
    return await order(app, ask, "AdjustPeriodicEventStream", {"id": ask.id, "params": params})


@router.answers(RefreshStreams)
async def refresh_streams(app: App, ask: RefreshStreams) -> CallSent:
    return await order(app, ask, "GetPeriodicEventStream", {})


@router.answers(GetStreamSettings)
async def get_settings(app: App, ask: GetStreamSettings) -> StreamSettings:
    return await store_stream.settings(app.pool, ask.tenant)


@router.answers(PutStreamSettings)
async def put_settings(app: App, ask: PutStreamSettings) -> StreamSettings:
    if isinstance(ask.streams_max, int) and not 0 <= ask.streams_max <= STREAMS_MAX:
        raise Invalid(f"A station may have up to {STREAMS_MAX} streams.", field="streams_max")
    return await store_stream.put_settings(app.pool, ask)
