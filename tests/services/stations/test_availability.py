"""The states of connectors: one model for all versions (block G)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.bus import Address, Bus
from libs.contracts.devices import AvailabilityReported
from libs.contracts.stations import (
    ConnectorSpec,
    ConnectorStatusChanged,
    ConnectorView,
    EvseSpec,
    EvseView,
    GetStation,
    ListStatusHistory,
    PutStation,
    StationView,
)
from libs.ocpp import v16, v21, v201
from libs.ocpp.message import Version
from services.stations import status
from services.stations.status import Report, State, fold
from tests.services.service import Ear, announce, eventually, up

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def report(
    minutes: float, state: Any = "Available", *, heard: float | None = None, **more: Any
) -> Report:
    """A report of a time, heard at that time unless told otherwise; in minutes from noon."""
    return Report(
        evse=1,
        connector=1,
        status=state,
        at=NOW + timedelta(minutes=minutes),
        received_at=NOW + timedelta(minutes=minutes if heard is None else heard),
        **more,
    )


def folded(*reports: Report, booted: float | None = None) -> State:
    now = State()
    for each in reports:
        booted_at = None if booted is None else NOW + timedelta(minutes=booted)
        now = fold(now, each, booted_at).state
    return now


# -- the model -----------------------------------------------------------------------------------


def test_a_newer_report_replaces_an_older_one() -> None:
    now = folded(report(0, "Available"), report(1, "Charging"))
    assert (now.status, now.since) == ("Charging", NOW + timedelta(minutes=1))


def test_an_older_report_goes_into_the_history_only() -> None:
    first = fold(State(), report(5, "Charging"), None).state
    outcome = fold(first, report(1, "Available", heard=6), None)
    assert outcome == status.Outcome(first, news=True, changed=False)


def test_of_two_reports_of_one_time_the_later_to_come_counts() -> None:
    """1.6 stations tell whole seconds."""
    assert folded(report(0, "Preparing"), report(0, "Charging")).status == "Charging"


def test_a_repetition_is_no_news() -> None:
    first = fold(State(), report(0), None).state
    assert fold(first, report(0), None) == status.Outcome(first, news=False, changed=False)
    again = fold(first, report(9), None)
    assert (again.news, again.changed, again.state.since) == (False, False, NOW)


def test_another_error_is_a_change_that_leaves_since_as_it_was() -> None:
    first = fold(State(), report(0, "Faulted", error_code="OtherError"), None).state
    outcome = fold(first, report(3, "Faulted", error_code="GroundFailure"), None)
    assert (outcome.changed, outcome.state.error_code, outcome.state.since) == (
        True,
        "GroundFailure",
        NOW,
    )


def test_after_a_boot_the_order_of_arrival_counts() -> None:
    """The station's clock was wrong before, and the answer to its boot set it."""
    wrong = report(600, "Faulted", heard=0)
    assert folded(wrong, report(2, "Available"), booted=1).status == "Available"
    assert folded(wrong, report(2, "Available")).status == "Faulted"


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["Available", "Charging"])), max_size=8)
)
def test_the_state_is_always_that_of_the_latest_time(told: list[tuple[int, Any]]) -> None:
    now = folded(*(report(minute, state, heard=10) for minute, state in told))
    if told:
        latest = max(minute for minute, _ in told)
        assert now.status == [state for minute, state in told if minute == latest][-1]
        assert now.reported_at == NOW + timedelta(minutes=latest)
        assert now.since is not None
        assert now.since <= now.reported_at
    else:
        assert now == State()


def test_a_time_in_the_future_counts_as_now() -> None:
    call = v201.StatusNotification(
        timestamp=NOW + timedelta(days=400), connector_status="Available", evse_id=1, connector_id=1
    )
    assert status.of_2(NOW, call).at == NOW


def test_16_without_a_time_is_as_of_now() -> None:
    call = v16.StatusNotification(connector_id=0, error_code="NoError", status="Unavailable")
    assert status.of_16(NOW, call) == Report(
        evse=0, connector=0, status="Unavailable", at=NOW, received_at=NOW
    )


# -- the service ---------------------------------------------------------------------------------


def status_notification(version: Version, state: Any, at: datetime, place: int = 1) -> Any:
    match version:
        case "v16":
            return v16.StatusNotification(
                connector_id=place, error_code="NoError", status=state, timestamp=at
            )
        case "v201":
            return v201.StatusNotification(
                timestamp=at, connector_status=state, evse_id=place, connector_id=1
            )
        case "v21":
            return v21.StatusNotification(
                timestamp=at, connector_status=state, evse_id=place, connector_id=1
            )


async def view_of(bus: Bus, station: Address) -> StationView:
    return await bus.ask(GetStation(tenant=station.tenant, station=station.station))


async def registered(bus: Bus, tenant: str, **more: Any) -> Address:
    await bus.ask(PutStation(tenant=tenant, station="CP1", **more))
    return Address(tenant, "CP1")


@pytest.mark.parametrize("version", ["v16", "v201", "v21"])
async def test_a_status_is_shown_announced_and_remembered(
    service: Any, bus: Bus, tenant: str, version: Version
) -> None:
    station = await registered(bus, tenant)
    now = datetime.now(UTC).replace(microsecond=0)
    early, late = now - timedelta(minutes=2), now - timedelta(minutes=1)
    async with Ear(bus, tenant, ConnectorStatusChanged) as ear:
        await up(bus, station, status_notification(version, "Available", early, 2))
        await up(bus, station, status_notification(version, "Reserved", late, 2))
        older = early - timedelta(minutes=1)
        await up(bus, station, status_notification(version, "Faulted", older, 2))
        events = await ear.heard(2)
        assert [(event.previous, event.status) for event in events] == [
            (None, "Available"),
            ("Available", "Reserved"),
        ]
    view = await view_of(bus, station)
    shown = ConnectorView(id=1, status="Reserved", since=late)
    assert view.evses == [EvseView(id=2, connectors=[shown])]
    page = await bus.ask(ListStatusHistory(tenant=tenant, station="CP1"))
    assert [(line.at, line.evse, line.status) for line in page.items] == [
        (late, 2, "Reserved"),
        (early, 2, "Available"),
        (older, 2, "Faulted"),
    ]


async def test_connector_0_of_16_is_the_station(service: Any, bus: Bus, tenant: str) -> None:
    station = await registered(bus, tenant)
    fault = v16.StatusNotification(
        connector_id=0,
        error_code="PowerMeterFailure",
        status="Faulted",
        info="meter",
        vendor_id="acme",
        vendor_error_code="E17",
    )
    await up(bus, station, fault)
    view = await view_of(bus, station)
    assert (view.status, view.evses) == ("Faulted", [])


async def test_a_16_fault_keeps_its_words(service: Any, bus: Bus, tenant: str) -> None:
    """TC_024."""
    station = await registered(bus, tenant)
    fault = v16.StatusNotification(
        connector_id=1,
        error_code="ConnectorLockFailure",
        status="Faulted",
        info="stuck",
        vendor_error_code="E17",
    )
    await up(bus, station, fault)
    (evse,) = (await view_of(bus, station)).evses
    connector = evse.connectors[0]
    assert (connector.error_code, connector.info, connector.vendor_error_code) == (
        "ConnectorLockFailure",
        "stuck",
        "E17",
    )


async def test_what_notify_event_says_of_availability_counts_as_much(
    service: Any, bus: Bus, tenant: str
) -> None:
    """G01: `devices` announces it."""
    station = await registered(bus, tenant)
    now = datetime.now(UTC)

    def said(state: str, **place: int) -> AvailabilityReported:
        return AvailabilityReported(tenant=tenant, at=now, station="CP1", state=state, **place)

    for event in (
        said("Available", evse=1, connector=1),
        said("occupied", evse=1),
        said("Unavailable"),
        said("Sleepy", evse=2, connector=1),
    ):
        await announce(bus, event)
    view = await eventually(lambda: view_of(bus, station), lambda view: view.status and view.evses)
    view = await eventually(
        lambda: view_of(bus, station),
        lambda view: view.evses[0].status and view.evses[0].connectors,
    )
    assert view.status == "Unavailable"
    (evse,) = view.evses
    assert (evse.status, evse.connectors[0].status) == ("Occupied", "Available")


async def test_declared_connectors_are_shown_before_they_report(
    service: Any, bus: Bus, tenant: str
) -> None:
    evses = [
        EvseSpec(id=1, connectors=[ConnectorSpec(id=1, type="cCCS2"), ConnectorSpec(id=2)]),
        EvseSpec(id=2),
    ]
    station = await registered(bus, tenant, evses=evses)
    told = status_notification("v201", "Available", datetime.now(UTC), 1)
    await up(bus, station, told)
    view = await view_of(bus, station)
    assert [evse.id for evse in view.evses] == [1, 2]
    assert [(c.id, c.type, c.status) for c in view.evses[0].connectors] == [
        (1, "cCCS2", "Available"),
        (2, None, "Unknown"),
    ]
    await registered(bus, tenant, evses=[])
    view = await view_of(bus, station)
    assert [(evse.id, [c.id for c in evse.connectors]) for evse in view.evses] == [(1, [1])]


async def test_an_impossible_connector_is_answered_and_not_kept(
    service: Any, bus: Bus, tenant: str
) -> None:
    station = await registered(bus, tenant)
    await up(bus, station, status_notification("v201", "Available", datetime.now(UTC), 2_000_000))
    await up(bus, station, status_notification("v16", "Available", datetime.now(UTC), -1))
    assert (await view_of(bus, station)).evses == []


async def test_a_status_of_a_station_that_is_gone_is_answered(
    service: Any, bus: Bus, tenant: str
) -> None:
    answer = await up(
        bus, Address(tenant, "GONE"), status_notification("v21", "Available", datetime.now(UTC))
    )
    assert answer == v21.StatusNotificationResponse()


async def test_the_history_is_read_page_by_page(service: Any, bus: Bus, tenant: str) -> None:
    station = await registered(bus, tenant)
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
    for minute in range(7):
        state = "Available" if minute % 2 else "Unavailable"
        at = begin + timedelta(minutes=minute // 2)
        await up(bus, station, status_notification("v16", state, at))
    seen: list[Any] = []
    after: str | None = None
    while True:
        page = await bus.ask(ListStatusHistory(tenant=tenant, station="CP1", after=after, limit=3))
        seen += page.items
        after = page.next
        if after is None:
            break
    assert len(seen) == 7
    assert [line.at for line in seen] == sorted((line.at for line in seen), reverse=True)


async def test_one_station_may_be_written_by_two_instances_at_once(
    start: Any, bus: Bus, tenant: str
) -> None:
    """Bursts over the same connectors, crosswise: nothing is lost and nobody dead-locks."""
    stations = [Address(tenant, f"S{n}") for n in range(20)]
    async with start(), start():
        for each in stations:
            await bus.ask(PutStation(tenant=tenant, station=each.station))
        calls = [
            up(bus, each, status_notification("v201", state, datetime.now(UTC), evse))
            for state in ("Available", "Occupied", "Faulted")
            for evse in (3, 1, 2)
            for each in (stations if evse % 2 else reversed(stations))
        ]
        await asyncio.gather(*calls)
        for each in stations:
            assert len((await view_of(bus, each)).evses) == 3
