"""Periodic event streams: what is decided, and that a station that lags is helped (N11 to N15)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.bus import Address, Bus
from libs.contracts.streams import (
    ListStreams,
    ListStreamValues,
    PutStreamSettings,
    StreamClosed,
    StreamLagging,
    StreamOpened,
    StreamReceived,
    StreamSettings,
)
from libs.ocpp import v21
from services.devices import stream
from services.devices.stream import Pace
from tests.services.service import Ear, up

BASE = datetime(2026, 5, 1, 12, tzinfo=UTC)
PARAMS = v21.PeriodicEventStreamParams(interval=30, values=10)
DATA = v21.ConstantStreamData(id=1, params=PARAMS, variable_monitoring_id=17)


def message(*offsets: float, pending: int = 0, id: int = 1) -> v21.NotifyPeriodicEventStream:
    data = [v21.StreamDataElement(t=offset, v=f"{offset:g}") for offset in offsets]
    return v21.NotifyPeriodicEventStream(id=id, pending=pending, basetime=BASE, data=data)


def test_each_value_has_its_own_time() -> None:
    assert stream.values(message(-1.5, 0, 2.25)) == [
        (BASE - timedelta(seconds=1.5), "-1.5"),
        (BASE, "0"),
        (BASE + timedelta(seconds=2.25), "2.25"),
    ]


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_no_offset_breaks_it(offset: float) -> None:
    assert stream.moment(BASE, offset).tzinfo is UTC


@pytest.mark.parametrize(
    ("pending", "lags"),
    [
        ([], False),
        ([5, 6], False),
        ([1, 2, 3], True),
        ([9, 1, 2, 3], True),
        ([1, 2, 2], False),
        ([3, 2, 1], False),
        ([0, 0, 0], False),
    ],
)
def test_a_station_lags_when_ever_more_waits(pending: list[int], lags: bool) -> None:
    assert stream.lags(pending) is lags


@given(
    st.lists(st.integers(0, 10_000), max_size=12),
    st.none() | st.integers(0, 2_000),
    st.none() | st.integers(0, 3_600),
)
def test_relief_is_more_values_in_a_message_and_only_where_there_is_need(
    pending: list[int], batch: int | None, interval: int | None
) -> None:
    found = stream.relief(Pace(interval, batch), pending)
    if found is None:
        assert not stream.lags(pending) or (batch or stream.BATCH_FIRST) >= stream.BATCH_MAX
    else:
        assert stream.lags(pending)
        assert found.interval == interval
        assert (batch or stream.BATCH_FIRST) < (found.batch or 0) <= stream.BATCH_MAX


@pytest.mark.parametrize(
    ("settings", "others", "refused"),
    [
        (StreamSettings(), 99, False),
        (StreamSettings(), 100, True),
        (StreamSettings(streams_max=0), 0, True),
        (StreamSettings(accept=False), 0, True),
    ],
)
def test_an_operator_allows_streams(settings: StreamSettings, others: int, refused: bool) -> None:
    assert (stream.refusal(settings, others) is not None) is refused


async def test_a_stream_is_kept_from_its_beginning_to_its_end(
    service: Any, bus: Bus, tenant: str
) -> None:
    station = Address(tenant, "CP1")
    async with Ear(bus, tenant, StreamOpened, StreamReceived, StreamClosed) as ear:
        await up(bus, station, v21.OpenPeriodicEventStream(constant_stream_data=DATA))
        await up(bus, station, message(0, 10, pending=4), received_at=BASE)
        await up(bus, station, message(20), received_at=BASE + timedelta(seconds=1))
        await up(bus, station, v21.ClosePeriodicEventStream(id=1))
        facts = await ear.heard(4)
    kinds = {type(fact) for fact in facts}
    assert kinds == {StreamOpened, StreamReceived, StreamClosed}
    (view,) = (await bus.ask(ListStreams(tenant=tenant, station="CP1"))).items
    assert (view.monitor, view.interval_seconds, view.values) == (17, 30, 10)
    assert (view.received, view.pending, view.last_value) == (3, 0, "20")
    assert view.last_at == BASE + timedelta(seconds=20)
    assert view.closed_at is not None
    ask = ListStreamValues(tenant=tenant, station="CP1", id=1, limit=2)
    first = await bus.ask(ask)
    second = await bus.ask(
        ListStreamValues(tenant=tenant, station="CP1", id=1, limit=2, after=first.next)
    )
    assert [each.value for each in first.items + second.items] == ["20", "10", "0"]


async def test_a_lag_is_announced_once(service: Any, bus: Bus, tenant: str) -> None:
    """What is to be asked for is in the event; what waited before does not count again."""
    station = Address(tenant, "CP1")
    async with Ear(bus, tenant, StreamLagging, StreamReceived) as ear:
        await up(bus, station, v21.OpenPeriodicEventStream(constant_stream_data=DATA))
        for number, pending in enumerate([1, 5, 9, 12, 30]):
            at = BASE + timedelta(seconds=number)
            await up(bus, station, message(number, pending=pending), received_at=at)
        facts = await ear.heard(6)
    (lagging,) = [fact for fact in facts if isinstance(fact, StreamLagging)]
    assert (lagging.pending, lagging.interval_seconds, lagging.values) == (9, 30, 20)


async def test_values_of_a_stream_that_was_never_opened_are_kept(
    service: Any, bus: Bus, tenant: str
) -> None:
    await up(bus, Address(tenant, "CP1"), message(0, id=8))
    page = await bus.ask(ListStreamValues(tenant=tenant, station="CP1", id=8))
    assert [each.value for each in page.items] == ["0"]


async def test_settings_change_one_by_one(service: Any, bus: Bus, tenant: str) -> None:
    await bus.ask(PutStreamSettings(tenant=tenant, accept=False))
    settings = await bus.ask(PutStreamSettings(tenant=tenant, streams_max=3))
    assert settings == StreamSettings(accept=False, streams_max=3, adjust=True)
    answer = await up(
        bus, Address(tenant, "CP1"), v21.OpenPeriodicEventStream(constant_stream_data=DATA)
    )
    assert answer.status == "Rejected"
