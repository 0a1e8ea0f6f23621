"""NotifyEvent: each event kept once, announced, found again; alerts raised and cleared (N07)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.bus import Address, Bus
from libs.contracts.faults import IncidentView, ListIncidents
from libs.contracts.monitoring import DeviceAlert, DeviceEvent, DeviceEventView, ListDeviceEvents
from libs.ocpp import v21, v201
from services.devices.alert import alert
from tests.services.service import Ear, up

NOW = datetime.now(UTC).replace(microsecond=0)


def event(number: int, value: str = "true", **more: Any) -> v201.EventData:
    place = more.pop("component", "ConnectorPlugRetentionLock")
    given: dict[str, Any] = {
        "event_id": number,
        "timestamp": NOW + timedelta(seconds=number),
        "trigger": "Alerting",
        "actual_value": value,
        "event_notification_type": "HardWiredMonitor",
        "component": v201.Component(name=place, evse=v201.EVSE(id=1, connector_id=1)),
        "variable": v201.Variable(name=more.pop("variable", "Problem")),
        **more,
    }
    return v201.EventData(**given)


async def notify(bus: Bus, tenant: str, *events: v201.EventData) -> None:
    call = v201.NotifyEvent(generated_at=NOW, seq_no=0, event_data=list(events))
    assert await up(bus, Address(tenant, "CP1"), call) == v201.NotifyEventResponse()


async def kept(bus: Bus, tenant: str, **more: Any) -> list[DeviceEventView]:
    return (await bus.ask(ListDeviceEvents(tenant=tenant, station="CP1", **more))).items


async def incidents(bus: Bus, tenant: str) -> list[IncidentView]:
    return (await bus.ask(ListIncidents(tenant=tenant))).items


async def test_each_event_is_kept_and_announced(service: Any, bus: Bus, tenant: str) -> None:
    async with Ear(bus, tenant, DeviceEvent, DeviceAlert) as ear:
        power = event(
            2, "7400", component="EVSE", variable="Power", trigger="Periodic",
            event_notification_type="CustomMonitor", variable_monitoring_id=7,
        )  # fmt: skip
        await notify(bus, tenant, event(1, tech_code="CX001", tech_info="jammed"), power)
        heard = await ear.heard(3)
    alerts = [each for each in heard if isinstance(each, DeviceAlert)]
    assert [(each.code, each.cleared, each.evse) for each in alerts] == [("mrec.CX001", False, 1)]
    newest, oldest = await kept(bus, tenant)
    assert (newest.variable, newest.value, newest.monitor) == ("Power", "7400", 7)
    assert (oldest.tech_code, oldest.tech_info, oldest.connector) == ("CX001", "jammed", 1)


async def test_an_event_that_is_told_again_is_kept_once(
    service: Any, bus: Bus, tenant: str
) -> None:
    await notify(bus, tenant, event(1))
    await notify(bus, tenant, event(1))
    assert len(await kept(bus, tenant)) == 1
    [incident] = await incidents(bus, tenant)
    assert incident.count == 1


async def test_a_lock_failure_is_open_until_it_is_cleared(
    service: Any, bus: Bus, tenant: str
) -> None:
    """G05."""
    await notify(bus, tenant, event(1))
    [incident] = await incidents(bus, tenant)
    assert (incident.code, incident.open, incident.evse) == (
        "event.ConnectorPlugRetentionLock", True, 1,
    )  # fmt: skip
    await notify(bus, tenant, event(2, "false", cleared=True))
    [incident] = await incidents(bus, tenant)
    assert not incident.open


async def test_an_alert_is_cleared_also_when_it_is_told_with_another_code(
    service: Any, bus: Bus, tenant: str
) -> None:
    await notify(bus, tenant, event(1, tech_code="CX001"))
    await notify(bus, tenant, event(2, "false"))
    assert [(each.code, each.open) for each in await incidents(bus, tenant)] == [
        ("mrec.CX001", False)
    ]


async def test_the_clock_of_a_station_may_be_ahead(service: Any, bus: Bus, tenant: str) -> None:
    """What was told of tomorrow is mended today."""
    tomorrow = NOW + timedelta(days=1)
    await notify(bus, tenant, event(1, timestamp=tomorrow))
    await notify(bus, tenant, event(1, timestamp=tomorrow))
    assert [each.open for each in await incidents(bus, tenant)] == [True]
    await notify(bus, tenant, event(2, "false", timestamp=tomorrow + timedelta(seconds=1)))
    assert [each.open for each in await incidents(bus, tenant)] == [False]
    assert [each.at for each in await kept(bus, tenant)][1] == tomorrow
    assert [each.count for each in await incidents(bus, tenant)] == [1]


async def test_a_character_that_postgresql_lacks_is_no_fault_of_ours(
    service: Any, bus: Bus, tenant: str
) -> None:
    odd = event(1, "tr\x00ue", tech_code="\x00", tech_info="a\x00b", component="Re\x00lay")
    await notify(bus, tenant, odd)
    await notify(bus, tenant, event(2, "false", component="Re\x00lay", cleared=True))
    assert [each.component for each in await kept(bus, tenant)] == ["Re\ufffdlay"] * 2
    [incident] = await incidents(bus, tenant)
    assert (incident.info, incident.open) == ("a\ufffdb", False)


async def test_events_are_found_by_what_they_are_about(service: Any, bus: Bus, tenant: str) -> None:
    await notify(
        bus,
        tenant,
        event(1),
        event(2, "1", component="EVSE", variable="Power", trigger="Delta"),
        event(3, "2", component="EVSE", variable="Power", trigger="Periodic"),
        event(4, "30", component="TemperatureSensor", variable="Temperature", cleared=True),
    )

    async def found(**more: Any) -> list[int]:
        return [each.event for each in await kept(bus, tenant, **more)]

    assert await found() == [4, 3, 2, 1]
    assert await found(component="evse") == [3, 2]
    assert await found(variable="POWER", trigger="Delta") == [2]
    assert await found(cleared=True) == [4]
    assert await found(cleared=False) == [3, 2, 1]
    assert await found(since=NOW + timedelta(seconds=2), until=NOW + timedelta(seconds=4)) == [3, 2]
    first = await bus.ask(ListDeviceEvents(tenant=tenant, station="CP1", limit=3))
    rest = await bus.ask(ListDeviceEvents(tenant=tenant, station="CP1", limit=3, after=first.next))
    assert [each.event for each in (*first.items, *rest.items)] == [4, 3, 2, 1]
    assert rest.next is None


async def test_an_event_of_2_1_tells_its_own_severity(service: Any, bus: Bus, tenant: str) -> None:
    given = v21.EventData(
        event_id=5,
        timestamp=NOW,
        trigger="Alerting",
        actual_value="81",
        component=v21.Component(name="TemperatureSensor"),
        variable=v21.Variable(name="Temperature"),
        event_notification_type="HardWiredMonitor",
        severity=2,
    )
    call = v21.NotifyEvent(generated_at=NOW, seq_no=0, event_data=[given])
    await up(bus, Address(tenant, "CP1"), call)
    [stored] = await kept(bus, tenant, severity=2)
    assert stored.severity == 2
    assert await kept(bus, tenant, severity=1) == []
    [incident] = await incidents(bus, tenant)
    assert (incident.severity, incident.evse) == (2, 0)


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (event(1), "raised"),
        (event(1, "false"), "cleared"),
        (event(1, trigger="Delta"), "raised"),
        (event(1, "False ", trigger="Delta"), "cleared"),
        (event(1, "90", variable="Temperature"), "raised"),
        (event(1, "60", variable="Temperature", cleared=True), "cleared"),
        (event(1, "7400", variable="Power", trigger="Periodic"), None),
        (event(1, "7400", variable="Power", trigger="Delta"), None),
        (event(1, "Faulted", variable="AvailabilityState"), None),
        (event(1, variable="Tripped", trigger="Delta"), "raised"),
    ],
)
def test_what_an_event_says(given: v201.EventData, verdict: str | None) -> None:
    assert alert(given) == verdict
