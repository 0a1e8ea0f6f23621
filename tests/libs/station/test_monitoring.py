"""Block N on the station's side: monitors, levels, bases, and the events that they tell."""

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.station import Car, local
from libs.station.moment import Token
from libs.station.monitor import Monitor, Place, beyond, moved, seconds_until
from libs.station.streams import Streams
from tests.libs.station.manual import Bench

VERSIONS = ["v201", "v21"]
POWER = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
STATE = {
    "component": {"name": "EVSE", "evse": {"id": 1}},
    "variable": {"name": "AvailabilityState"},
}


def put(bench: Bench, *data: dict[str, Any]) -> list[dict[str, Any]]:
    answer = bench.server.ask("SetVariableMonitoring", {"setMonitoringData": list(data)})
    assert answer[0] == 3, answer
    return answer[2]["setMonitoringResult"]


def one(bench: Bench, place: dict[str, Any], kind: str, value: float, **more: Any) -> Any:
    return put(bench, {**place, "type": kind, "value": value, "severity": 6, **more})[0]


def told(bench: Bench) -> list[dict[str, Any]]:
    bench.wheel.turn(1)
    return [event for call in bench.server.said("NotifyEvent") for event in call["eventData"]]


def report(bench: Bench, **filters: Any) -> list[dict[str, Any]]:
    before = len(bench.server.said("NotifyMonitoringReport"))
    answer = bench.server.ask("GetMonitoringReport", {"requestId": 9, **filters})
    bench.wheel.turn(1)
    parts = bench.server.said("NotifyMonitoringReport")[before:]
    assert (answer[2]["status"] == "Accepted") is bool(parts)
    return [
        {**monitor, "variable": data["variable"]["name"]}
        for part in parts
        for data in part["monitor"]
        for monitor in data["variableMonitoring"]
    ]


def charge(bench: Bench, watts: float = 7_000) -> None:
    evse = bench.controller.evses[1]
    evse.plug(Car(max_power_w=watts))
    local.present(bench.controller, 1, Token("AA11"), lambda _shown: None)
    bench.wheel.turn(2)
    assert evse.state == "Charging"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_delta_tells_each_change_of_state(version: str) -> None:
    """TC_N_08: value 1 on what is no number."""
    bench = Bench(version).boot()
    result = one(bench, STATE, "Delta", 1)
    assert result["status"] == "Accepted"
    bench.controller.evses[1].plug(Car())
    (event,) = told(bench)
    assert (event["actualValue"], event["trigger"]) == ("Occupied", "Delta")
    assert event["variableMonitoringId"] == result["id"]
    assert event["eventNotificationType"] == "CustomMonitor"
    assert event.get("severity") == (6 if version == "v21" else None)


def test_a_threshold_is_told_when_it_is_passed_and_when_it_is_over() -> None:
    bench = Bench().boot()
    one(bench, POWER, "UpperThreshold", 5_000)
    charge(bench)
    (raised,) = told(bench)
    assert (raised["trigger"], raised.get("cleared")) == ("Alerting", None)
    assert float(raised["actualValue"]) > 5_000
    assert raised["transactionId"]
    bench.controller.evses[1].offer(3_000)
    bench.wheel.turn(11)
    _, cleared = told(bench)
    assert cleared["cleared"] is True
    assert float(cleared["actualValue"]) <= 5_000


def test_an_alert_is_cleared_after_a_reboot_when_its_cause_is_gone() -> None:
    """TC_N_49."""
    bench = Bench().boot()
    one(bench, POWER, "UpperThreshold", 5_000)
    charge(bench)
    assert len(told(bench)) == 1
    bench.controller.power_off(abruptly=True)
    bench.controller.power_on()
    raised, cleared = told(bench)
    assert raised["variableMonitoringId"] == cleared["variableMonitoringId"]
    assert (raised.get("cleared"), cleared["cleared"]) == (None, True)


@pytest.mark.parametrize("kind", ["Periodic", "PeriodicClockAligned"])
def test_a_periodic_monitor_tells_the_value_again_and_again(kind: str) -> None:
    """TC_N_24, TC_N_50."""
    bench = Bench().boot()
    one(bench, POWER, kind, 60)
    bench.wheel.turn(185)
    events = told(bench)
    assert len(events) == 3
    assert {event["trigger"] for event in events} == {"Periodic"}


def test_what_the_maker_built_in_tells_faults_and_recovery() -> None:
    """TC_N_21, TC_G_20."""
    bench = Bench().boot()
    bench.controller.evses[1].fail("ConnectorLockFailure")
    bench.controller.evses[1].repair()
    bench.controller.evses[2].fail("GroundFailure")
    found = [
        (e["component"]["name"], e["actualValue"], e.get("cleared"), e.get("techCode"))
        for e in told(bench)
    ]
    assert found == [
        ("ConnectorPlugRetentionLock", "true", None, "ConnectorLockFailure"),
        ("ConnectorPlugRetentionLock", "false", True, None),
        ("EVSE", "true", None, "GroundFailure"),
    ]


def test_only_what_is_grave_enough_is_told() -> None:
    """TC_N_16, TC_N_17."""
    bench = Bench().boot()
    assert bench.server.ask("SetMonitoringLevel", {"severity": 2})[2] == {"status": "Accepted"}
    refused = bench.server.ask("SetMonitoringLevel", {"severity": 10})[2]
    assert refused["status"] == "Rejected"
    bench.controller.evses[1].fail("ConnectorLockFailure")
    bench.controller.evses[2].fail("GroundFailure")
    assert [event["component"]["name"] for event in told(bench)] == ["EVSE"]


def test_grave_events_wait_for_the_connection_and_others_are_lost() -> None:
    """N07.FR.02: OfflineQueuingSeverity."""
    bench = Bench(MonitoringCtrlr__OfflineQueuingSeverity="2").boot()
    bench.server.close()
    bench.controller.evses[1].fail("ConnectorLockFailure")
    bench.controller.evses[2].fail("GroundFailure")
    assert told(bench) == []
    bench.server.open()
    (event,) = told(bench)
    assert (event["component"]["name"], event["techCode"]) == ("EVSE", "GroundFailure")


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        ({"component": {"name": "Nothing"}}, "UnknownComponent", None),
        ({"variable": {"name": "Nothing"}}, "UnknownVariable", None),
        ({**STATE, "type": "UpperThreshold"}, "UnsupportedMonitorType", "UnsupportedParam"),
        ({"severity": 10}, "Rejected", "ValueOutOfRange"),
        ({"type": "Delta", "value": -1.0}, "Rejected", "ValuePositiveOnly"),
        ({"type": "Periodic", "value": 0.0}, "Rejected", "ValueTooLow"),
        ({"id": 4711}, "Rejected", "NotFound"),
        ({"id": 1}, "Rejected", "ReadOnly"),
        ({"type": "UpperThreshold", "value": 9.0}, "Duplicate", None),
    ],
)
def test_what_cannot_be_watched_is_refused(
    data: dict[str, Any], status: str, reason: str | None
) -> None:
    bench = Bench().boot()
    one(bench, POWER, "UpperThreshold", 30_000, severity=7)
    given = {**POWER, "type": "UpperThreshold", "value": 1.0, "severity": 7, **data}
    if "type" not in data and data.keys() & {"component", "severity", "id"}:
        given["type"] = "Delta"
    (result,) = put(bench, given)
    assert result["status"] == status
    assert result.get("statusInfo", {}).get("reasonCode") == reason
    assert "id" not in result


def test_a_monitor_is_replaced_by_its_id() -> None:
    bench = Bench().boot()
    number = one(bench, POWER, "UpperThreshold", 30_000)["id"]
    assert one(bench, POWER, "UpperThreshold", 20_000, id=number)["id"] == number
    mine = [m for m in report(bench) if m["id"] == number]
    assert [m["value"] for m in mine] == [20_000]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_report_holds_what_was_asked_for(version: str) -> None:
    """TC_N_01, 02, 03, 47, 60."""
    bench = Bench(version).boot()
    one(bench, STATE, "Delta", 1)
    one(bench, POWER, "Periodic", 60)
    assert len(report(bench)) == 2 * 2 + 2 + 2
    thresholds = report(bench, monitoringCriteria=["ThresholdMonitoring"])
    assert {m["type"] for m in thresholds} == {"UpperThreshold"}
    both = report(bench, monitoringCriteria=["DeltaMonitoring", "PeriodicMonitoring"])
    assert {m["type"] for m in both} == {"Delta", "Periodic"}
    assert [m["variable"] for m in report(bench, componentVariable=[STATE])] == [
        "AvailabilityState"
    ]
    narrow = report(
        bench, componentVariable=[STATE, POWER], monitoringCriteria=["PeriodicMonitoring"]
    )
    assert [m["variable"] for m in narrow] == ["Power"]
    assert report(bench, componentVariable=[{"component": {"name": "Nothing"}}]) == []


def test_monitors_are_cleared_but_for_those_built_in() -> None:
    """TC_N_44."""
    bench = Bench().boot()
    number = one(bench, STATE, "Delta", 1)["id"]
    answer = bench.server.ask("ClearVariableMonitoring", {"id": [number, 1, 5, 4711]})
    statuses = {each["id"]: each["status"] for each in answer[2]["clearMonitoringResult"]}
    assert statuses == {number: "Accepted", 1: "Rejected", 5: "Accepted", 4711: "NotFound"}
    assert {m["id"] for m in report(bench)} == {1, 2, 3, 4, 6}
    bench.controller.evses[1].plug(Car())
    assert told(bench) == []


def test_a_message_with_too_many_items_is_refused() -> None:
    bench = Bench(**{"MonitoringCtrlr__ItemsPerMessage[ClearVariableMonitoring]": "2"}).boot()
    answer = bench.server.ask("ClearVariableMonitoring", {"id": [1, 2, 3]})
    assert answer[0] == 4
    assert answer[2] == "OccurrenceConstraintViolation"


@pytest.mark.parametrize(
    ("base", "left"),
    [
        ("All", {1, 2, 3, 4, 5, 6, 7}),
        ("FactoryDefault", {1, 2, 3, 4, 5, 6}),
        ("HardWiredOnly", {1, 2, 3, 4}),
    ],
)
def test_a_base_leaves_what_it_is_called_after(base: str, left: set[int]) -> None:
    """TC_N_05."""
    bench = Bench().boot()
    one(bench, STATE, "Delta", 1)
    assert (
        bench.server.ask("SetMonitoringBase", {"monitoringBase": base})[2]["status"] == "Accepted"
    )
    assert {m["id"] for m in report(bench)} == left
    assert bench.controller.configuration.text("MonitoringCtrlr.ActiveMonitoringBase") == base


def test_a_monitor_for_transactions_rests_without_one() -> None:
    bench = Bench().boot()
    one(bench, POWER, "Periodic", 10, transaction=True)
    bench.wheel.turn(35)
    assert told(bench) == []
    charge(bench)
    bench.wheel.turn(35)
    assert len(told(bench)) >= 3


def test_values_may_be_streamed_in_2_1() -> None:
    """N11."""
    bench = Bench("v21")
    usual = bench.server.usual
    bench.server.usual = lambda action, payload: (  # type: ignore[method-assign]
        {"status": "Accepted"} if action == "OpenPeriodicEventStream" else usual(action, payload)
    )
    bench.boot()
    stream = {"interval": 30, "values": 3}
    number = one(bench, POWER, "Periodic", 5, periodicEventStream=stream)["id"]
    bench.wheel.turn(40)
    assert told(bench) == []
    (opened,) = bench.server.said("OpenPeriodicEventStream")
    assert opened["constantStreamData"]["variableMonitoringId"] == number
    bench.server.ask("ClearVariableMonitoring", {"id": [number]})
    assert bench.controller.feature(Streams).open == {}


def test_a_switched_off_controller_watches_nothing() -> None:
    bench = Bench(MonitoringCtrlr__Enabled="false").boot()
    assert one(bench, STATE, "Delta", 1)["statusInfo"]["reasonCode"] == "NotEnabled"
    bench.controller.evses[1].fail("GroundFailure")
    assert told(bench) == []


def test_1_6_knows_nothing_of_it() -> None:
    bench = Bench("v16").boot()
    bench.controller.evses[1].fail("GroundFailure")
    assert told(bench) == []


def monitor(kind: Any, value: float) -> Monitor:
    return Monitor(id=1, place=Place("A", None, None, "B"), type=kind, value=value, severity=1)


def test_thresholds_deltas_and_intervals() -> None:
    assert beyond(monitor("UpperThreshold", 5), "5.1")
    assert not beyond(monitor("UpperThreshold", 5), "5")
    assert beyond(monitor("LowerThreshold", 5), "4.9")
    assert not beyond(monitor("LowerThreshold", 5), "many")
    assert moved(monitor("Delta", 10), "100", "110")
    assert not moved(monitor("Delta", 10), "100", "109")
    assert not moved(monitor("Delta", 0), "100", "100")
    assert moved(monitor("Delta", 1), "Available", "Occupied")
    noon = datetime(2026, 5, 1, 12, 0, 50, tzinfo=UTC)
    assert seconds_until(monitor("PeriodicClockAligned", 60), noon) == 10
    assert seconds_until(monitor("Periodic", 60), noon) == 60
