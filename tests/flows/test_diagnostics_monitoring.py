"""N: monitors, their reports, and the events that they tell (ocpp.md 4.12, 5.2)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.flows.messages import TWO, minute
from tests.flows.station import Station, booted
from tests.system import System, eventually

POWER = {"component": "EVSE", "evse": 1, "variable": "Power"}
WIRE_POWER = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
STATE = {"component": "EVSE", "evse": 1, "variable": "AvailabilityState"}
WIRE_STATE = {
    "component": {"name": "EVSE", "evse": {"id": 1}},
    "variable": {"name": "AvailabilityState"},
}
ACCEPTED = {"status": "Accepted"}


def event(number: int, value: str, trigger: str, **more: Any) -> dict[str, Any]:
    return {
        "eventId": number,
        "timestamp": minute(number),
        "trigger": trigger,
        "actualValue": value,
        "eventNotificationType": "CustomMonitor",
        **WIRE_POWER,
        **more,
    }


async def notify(station: Station, *events: dict[str, Any]) -> None:
    """The answer is empty, whatever was told."""
    notice = {"generatedAt": minute(9), "seqNo": 0, "eventData": list(events)}
    assert await station.ask("NotifyEvent", notice) == {}


async def report(station: Station, number: int, *parts: list[dict[str, Any]]) -> None:
    for place, part in enumerate(parts):
        more = {"tbc": True} if place < len(parts) - 1 else {}
        notice = {"requestId": number, "seqNo": place, "generatedAt": minute(9), **more}
        assert await station.ask("NotifyMonitoringReport", {**notice, "monitor": part}) == {}


def monitored(version: str, place: dict[str, Any], number: int, kind: str, value: float) -> Any:
    named = {"eventNotificationType": "CustomMonitor"} if version == "2.1" else {}
    monitor = {"id": number, "transaction": False, "value": value, "type": kind, "severity": 8}
    return {**place, "variableMonitoring": [{**monitor, **named}]}


async def monitors(system: System, identity: str) -> list[dict[str, Any]]:
    return await system.all(f"stations/{identity}/monitors")


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize(
    ("body", "asked"),
    [
        pytest.param(
            {"criteria": ["DeltaMonitoring"]},
            {"monitoringCriteria": ["DeltaMonitoring"]},
            marks=pytest.mark.certification("TC_N_01"),
            id="delta",
        ),
        pytest.param(
            {"criteria": ["ThresholdMonitoring"]},
            {"monitoringCriteria": ["ThresholdMonitoring"]},
            marks=pytest.mark.certification("TC_N_01"),
            id="threshold",
        ),
        pytest.param(
            {"variables": [POWER]},
            {"componentVariable": [WIRE_POWER]},
            marks=pytest.mark.certification("TC_N_02"),
            id="a variable",
        ),
        pytest.param(
            {"criteria": ["DeltaMonitoring"], "variables": [STATE]},
            {"monitoringCriteria": ["DeltaMonitoring"], "componentVariable": [WIRE_STATE]},
            marks=pytest.mark.certification("TC_N_03"),
            id="criteria and a variable",
        ),
        pytest.param(
            {}, {}, marks=pytest.mark.certification("TC_N_47"), id="all"
        ),
        pytest.param(
            {"criteria": ["DeltaMonitoring", "ThresholdMonitoring"], "variables": [STATE, POWER]},
            {
                "monitoringCriteria": ["DeltaMonitoring", "ThresholdMonitoring"],
                "componentVariable": [WIRE_STATE, WIRE_POWER],
            },
            marks=pytest.mark.certification("TC_N_60"),
            id="criteria and variables",
        ),
    ],
)  # fmt: skip
async def test_a_report_is_asked_for_with_just_the_filters_that_were_given(
    system: System, identity: str, version: str, body: dict[str, Any], asked: dict[str, Any]
) -> None:
    """What comes in parts is found under the request, and the monitors by themselves."""
    async with booted(system, identity, version) as station:
        sent = await system.post(f"stations/{identity}/monitoring/report", body)
        assert sent["payload"] == ACCEPTED
        action, payload = await station.call()
        number = payload.pop("requestId")
        assert (action, payload) == ("GetMonitoringReport", asked)
        await report(
            station,
            number,
            [monitored(version, WIRE_STATE, 11, "Delta", 1)],
            [monitored(version, WIRE_POWER, 12, "UpperThreshold", 11000.5)],
        )
    found = await system.get(f"stations/{identity}/requests/{sent['request']}")
    assert found["progress"] == "complete"
    assert [each["payload"]["seqNo"] for each in found["later"]] == [0, 1]
    assert [(m["id"], m["type"], m["value"]) for m in await monitors(system, identity)] == [
        (11, "Delta", 1), (12, "UpperThreshold", 11000.5),
    ]  # fmt: skip


@pytest.mark.certification("TC_N_47")
async def test_a_report_of_all_replaces_what_was_known(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1") as station:
        for found in (21, 31):
            await system.post(f"stations/{identity}/monitoring/report")
            _, payload = await station.call()
            part = [monitored("2.0.1", WIRE_STATE, found, "Delta", 1)]
            await report(station, payload["requestId"], part)
    assert [each["id"] for each in await monitors(system, identity)] == [31]


@pytest.mark.parametrize("status", ["Rejected", "NotSupported", "EmptyResultSet"])
async def test_a_report_that_is_refused_is_visible(
    system: System, identity: str, status: str
) -> None:
    async with booted(system, identity, "2.0.1") as station:
        station.answers["GetMonitoringReport"] = {"status": status}
        sent = await system.post(f"stations/{identity}/monitoring/report")
    assert sent["payload"] == {"status": status}
    assert sent["hint"]


@pytest.mark.certification("TC_N_05")
@pytest.mark.parametrize("base", ["All", "FactoryDefault", "HardWiredOnly"])
@pytest.mark.parametrize("version", TWO)
async def test_the_base_of_monitoring_is_set(
    system: System, identity: str, version: str, base: str
) -> None:
    async with booted(system, identity, version) as station:
        done = await system.put(f"stations/{identity}/monitoring", {"base": base})
        assert await station.call() == ("SetMonitoringBase", {"monitoringBase": base})
    assert done["base"]["payload"] == ACCEPTED
    assert (await system.get(f"stations/{identity}/monitoring"))["base"] == base


@pytest.mark.certification("TC_N_08")
@pytest.mark.parametrize("version", TWO)
async def test_a_delta_monitor_is_set(system: System, identity: str, version: str) -> None:
    result = {"id": 7, "status": "Accepted", "type": "Delta", "severity": 8, **WIRE_STATE}
    async with booted(system, identity, version) as station:
        station.answers["SetVariableMonitoring"] = {"setMonitoringResult": [result]}
        spec = {**STATE, "type": "Delta", "value": 1, "severity": 8}
        done = await system.post(f"stations/{identity}/monitors", {"monitors": [spec]})
        action, payload = await station.call()
        assert action == "SetVariableMonitoring"
        assert payload == {
            "setMonitoringData": [{**WIRE_STATE, "type": "Delta", "value": 1, "severity": 8}]
        }
        await notify(
            station,
            {**event(1, "Occupied", "Delta", variableMonitoringId=7), **WIRE_STATE},
        )
    (item,) = done["items"]
    assert (done["status"], item["status"], item["id"]) == ("answered", "Accepted", 7)
    (known,) = await monitors(system, identity)
    assert (known["id"], known["severity"], known["kind"]) == (7, 8, "CustomMonitor")
    (told,) = await system.all(f"stations/{identity}/device-events", severity=8)
    assert (told["value"], told["monitor"], told["severity"]) == ("Occupied", 7, 8)


@pytest.mark.parametrize(
    "status", ["UnknownComponent", "UnknownVariable", "UnsupportedMonitorType", "Rejected",
               "Duplicate"],
)  # fmt: skip
async def test_what_a_station_says_of_a_monitor_is_visible(
    system: System, identity: str, status: str
) -> None:
    result = {"status": status, "type": "Delta", "severity": 8, **WIRE_STATE}
    async with booted(system, identity, "2.0.1") as station:
        station.answers["SetVariableMonitoring"] = {"setMonitoringResult": [result]}
        spec = {**STATE, "type": "Delta", "value": 1, "severity": 8}
        done = await system.post(f"stations/{identity}/monitors", {"monitors": [spec]})
    assert done["items"][0]["status"] == status
    assert done["items"][0]["hint"]
    assert await monitors(system, identity) == []


async def test_results_that_come_in_another_order_find_their_monitors(
    system: System, identity: str
) -> None:
    results = [
        {"id": 8, "status": "Accepted", "type": "UpperThreshold", "severity": 5, **WIRE_POWER},
        {"status": "Rejected", "type": "Delta", "severity": 8, **WIRE_STATE},
    ]
    async with booted(system, identity, "2.0.1") as station:
        station.answers["SetVariableMonitoring"] = {"setMonitoringResult": results}
        specs = [
            {**STATE, "type": "Delta", "value": 1, "severity": 8},
            {**POWER, "type": "UpperThreshold", "value": 11000, "severity": 5},
        ]
        done = await system.post(f"stations/{identity}/monitors", {"monitors": specs})
    assert [(i["variable"], i["status"]) for i in done["items"]] == [
        ("AvailabilityState", "Rejected"), ("Power", "Accepted"),
    ]  # fmt: skip
    assert [m["variable"] for m in await monitors(system, identity)] == ["Power"]


@pytest.mark.certification("TC_N_16")
@pytest.mark.parametrize("version", TWO)
async def test_the_level_of_monitoring_is_set(system: System, identity: str, version: str) -> None:
    async with booted(system, identity, version) as station:
        done = await system.put(f"stations/{identity}/monitoring", {"level": 4})
        assert await station.call() == ("SetMonitoringLevel", {"severity": 4})
    assert done["level"]["payload"] == ACCEPTED
    assert (await system.get(f"stations/{identity}/monitoring"))["level"] == 4


@pytest.mark.certification("TC_N_17")
@pytest.mark.parametrize("version", TWO)
async def test_a_level_out_of_range_is_refused_by_the_station(
    system: System, identity: str, version: str
) -> None:
    info = {"reasonCode": "ValueOutOfRange"}
    async with booted(system, identity, version) as station:
        station.answers["SetMonitoringLevel"] = {"status": "Rejected", "statusInfo": info}
        done = await system.put(f"stations/{identity}/monitoring", {"level": 10})
        assert await station.call() == ("SetMonitoringLevel", {"severity": 10})
    assert done["level"]["payload"]["status"] == "Rejected"
    assert "minLimit" in done["level"]["hint"]
    assert (await system.get(f"stations/{identity}/monitoring"))["level"] is None


@pytest.mark.certification("TC_N_18")
@pytest.mark.parametrize("version", TWO)
async def test_no_more_monitors_are_cleared_at_once_than_the_station_takes(
    system: System, identity: str, version: str
) -> None:
    variable = {
        "component": {"name": "MonitoringCtrlr"},
        "variable": {"name": "ItemsPerMessage", "instance": "ClearVariableMonitoring"},
    }
    read = {"attributeStatus": "Accepted", "attributeValue": "2", **variable}
    async with booted(system, identity, version) as station:
        station.answers["GetVariables"] = {"getVariableResult": [read]}
        asked = {"getVariableData": [variable]}
        await system.post(f"stations/{identity}/calls/GetVariables", asked)
        await station.call()
        cleared = [{"id": number, "status": "Accepted"} for number in (1, 2, 3)]
        station.answers["ClearVariableMonitoring"] = {"clearMonitoringResult": cleared}
        done = await system.post(f"stations/{identity}/monitors/clear", {"ids": [1, 2, 3]})
        sent = [await station.call(), await station.call()]
    assert sent == [
        ("ClearVariableMonitoring", {"id": [1, 2]}), ("ClearVariableMonitoring", {"id": [3]}),
    ]  # fmt: skip
    assert [(each["id"], each["status"]) for each in done["items"]] == [
        (1, "Accepted"), (2, "Accepted"), (3, "Accepted"),
    ]  # fmt: skip
    assert [call["items"] for call in done["calls"]] == [2, 1]


@pytest.mark.certification("TC_N_44")
@pytest.mark.parametrize("status", ["Rejected", "NotFound"])
async def test_a_monitor_that_is_not_cleared_is_told(
    system: System, identity: str, status: str
) -> None:
    result = {"clearMonitoringResult": [{"id": 3, "status": status}]}
    async with booted(system, identity, "2.0.1") as station:
        await report(station, 1, [monitored("2.0.1", WIRE_STATE, 3, "Delta", 1)])
        station.answers["ClearVariableMonitoring"] = result
        done = await system.post(f"stations/{identity}/monitors/clear", {"ids": [3]})
        assert await station.call() == ("ClearVariableMonitoring", {"id": [3]})
    assert done["items"][0]["status"] == status
    assert done["items"][0]["hint"]
    left = [each["id"] for each in await monitors(system, identity)]
    assert left == ([3] if status == "Rejected" else [])


@pytest.mark.certification("TC_N_21")
@pytest.mark.parametrize("version", TWO)
async def test_an_alert_of_a_built_in_monitor_opens_an_incident(
    system: System, identity: str, version: str
) -> None:
    hot = event(
        1, "81.5", "Alerting", eventNotificationType="HardWiredMonitor", techCode="T17",
        techInfo="inlet", component={"name": "TemperatureSensor", "evse": {"id": 1}},
        variable={"name": "Temperature"},
    )  # fmt: skip
    async with booted(system, identity, version) as station:
        await notify(station, hot)
    (told,) = await system.all(f"stations/{identity}/device-events", trigger="Alerting")
    assert (told["value"], told["tech_code"], told["kind"]) == ("81.5", "T17", "HardWiredMonitor")
    (incident,) = await system.all("incidents", station=identity, open=True)
    assert incident["code"] == "event.any.Temperature"
    assert incident["hint"]


@pytest.mark.certification("TC_N_24", "TC_N_50")
@pytest.mark.parametrize("version", TWO)
async def test_periodic_events_are_answered_and_kept(
    system: System, identity: str, version: str
) -> None:
    result = {"id": 9, "status": "Accepted", "type": "Periodic", "severity": 8, **WIRE_POWER}
    async with booted(system, identity, version) as station:
        station.answers["SetVariableMonitoring"] = {"setMonitoringResult": [result]}
        spec = {**POWER, "type": "Periodic", "value": 60, "severity": 8}
        done = await system.post(f"stations/{identity}/monitors", {"monitors": [spec]})
        for number in (1, 2):
            value = str(7000 + number)
            await notify(station, event(number, value, "Periodic", variableMonitoringId=9))
    assert done["items"][0]["status"] == "Accepted"
    told = await system.all(f"stations/{identity}/device-events", trigger="Periodic")
    assert [each["value"] for each in told] == ["7002", "7001"]
    assert await system.all("incidents", station=identity) == []


@pytest.mark.certification("TC_N_49")
@pytest.mark.parametrize("kind", ["UpperThreshold", "LowerThreshold"])
async def test_an_alert_that_is_cleared_after_a_reboot_closes_its_incident(
    system: System, identity: str, kind: str
) -> None:
    result = {"id": 9, "status": "Accepted", "type": kind, "severity": 4, **WIRE_POWER}
    async with booted(system, identity, "2.0.1") as station:
        station.answers["SetVariableMonitoring"] = {"setMonitoringResult": [result]}
        spec = {**POWER, "type": kind, "value": 8000, "severity": 4}
        await system.post(f"stations/{identity}/monitors", {"monitors": [spec]})
        await notify(station, event(1, "9000", "Alerting", variableMonitoringId=9))
    (incident,) = await system.all("incidents", station=identity)
    assert (incident["open"], incident["severity"]) == (True, 4)
    async with booted(system, identity, "2.0.1") as station:
        await notify(station, event(2, "8000", "Alerting", variableMonitoringId=9, cleared=True))
    (incident,) = await system.all("incidents", station=identity)
    assert not incident["open"]
    (told,) = await system.all(f"stations/{identity}/device-events", cleared=True)
    assert told["value"] == "8000"


@pytest.mark.certification("TC_N_09")
async def test_several_monitors_are_set_at_once_and_each_has_its_result(
    system: System, identity: str
) -> None:
    results = [
        {"id": 1, "status": "Accepted", "type": "Delta", "severity": 8, **WIRE_STATE},
        {"status": "UnsupportedMonitorType", "type": "Periodic", "severity": 8, **WIRE_POWER},
    ]
    async with booted(system, identity, "2.0.1") as station:
        station.answers["SetVariableMonitoring"] = {"setMonitoringResult": results}
        specs = [
            {**STATE, "type": "Delta", "value": 1, "severity": 8},
            {**POWER, "type": "Periodic", "value": 60, "severity": 8},
        ]
        done = await system.post(f"stations/{identity}/monitors", {"monitors": specs})
        _, payload = await station.call()
    assert len(payload["setMonitoringData"]) == 2
    assert [i["status"] for i in done["items"]] == ["Accepted", "UnsupportedMonitorType"]


@pytest.mark.parametrize("version", TWO)
async def test_events_are_found_by_time_component_and_variable(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        await notify(station, event(1, "1", "Delta"), event(2, "2", "Delta"))
        other = {**event(3, "3", "Delta"), **WIRE_STATE}
        await notify(station, other, other)
    path = f"stations/{identity}/device-events"
    begin = datetime.fromisoformat(minute(2))
    found = await system.all(path, component="evse", variable="power")
    assert [each["value"] for each in found] == ["2", "1"]
    later = await system.all(path, **{"from": begin.isoformat()})
    assert [each["value"] for each in later] == ["3", "2"]
    assert await system.all(path, to=(begin - timedelta(minutes=1)).isoformat()) == []


async def test_a_station_that_is_away_is_an_outcome(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1") as station:
        station.close()
    spec = {**STATE, "type": "Delta", "value": 1, "severity": 8}

    async def status() -> Any:
        done = await system.post(f"stations/{identity}/monitors", {"monitors": [spec]})
        return done["status"]

    assert await eventually(status, lambda found: found == "offline") == "offline"
