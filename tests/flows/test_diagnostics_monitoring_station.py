"""N: whole stations watch themselves: ours, and one that is not ours (PyPI ``ocpp``)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import websockets
from ocpp.routing import after, on
from ocpp.v201 import call as call201
from ocpp.v201 import call_result as result201

from libs.station import Car, VirtualStation
from tests.flows.independent import Station201, minute
from tests.flows.station import booted
from tests.system import System, eventually

POWER = {"component": "EVSE", "evse": 1, "variable": "Power"}


async def told(system: System, identity: str, **more: Any) -> list[dict[str, Any]]:
    return await system.all(f"stations/{identity}/device-events", **more)


@pytest.mark.parametrize("version", ["v201", "v21"])
async def test_a_whole_station_is_watched(system: System, identity: str, version: Any) -> None:
    path = f"stations/{identity}"
    async with VirtualStation(
        identity, system.ocpp_url, version, evses=1, speed=60, seed=1
    ) as station:
        await station.booted()
        specs = [
            {**POWER, "type": "UpperThreshold", "value": 5000, "severity": 6},
            {**POWER, "type": "UpperThreshold", "value": 6000, "severity": 6},
            {**POWER, "variable": "AvailabilityState", "type": "LowerThreshold", "value": 1,
             "severity": 6},
        ]  # fmt: skip
        done = await system.post(f"{path}/monitors", {"monitors": specs[:1]})
        number = done["items"][0]["id"]
        more = await system.post(f"{path}/monitors", {"monitors": specs[1:]})
        assert [item["status"] for item in more["items"]] == [
            "Duplicate", "UnsupportedMonitorType",
        ]  # fmt: skip
        await station.plug_in(1, Car(max_power_w=7_000, soc=20))
        assert await station.present("DEMO0001", 1) == "Accepted"
        await eventually(lambda: told(system, identity, variable="Power"), lambda found: found)
        (incident,) = await system.all("incidents", station=identity, open=True)
        assert (incident["code"], incident["severity"]) == ("event.any.Power", 6)
        station.offer(1, 3_000)
        await eventually(lambda: told(system, identity, cleared=True), lambda found: found)
        assert await system.all("incidents", station=identity, open=True) == []
        sent = await system.post(f"{path}/monitoring/report")

        async def progress() -> Any:
            return (await system.get(f"{path}/requests/{sent['request']}"))["progress"]

        await eventually(progress, lambda found: found == "complete")
        known = {m["id"]: m for m in await system.all(f"{path}/monitors")}
        assert known[number]["value"] == 5000
        assert len(known) == 4
        cleared = await system.post(f"{path}/monitors/clear", {"ids": [number, 1, 999]})
        assert [item["status"] for item in cleared["items"]] == ["Accepted", "Rejected", "NotFound"]
        assert number not in {m["id"] for m in await system.all(f"{path}/monitors")}


async def test_a_fault_of_a_whole_station_is_open_until_it_is_repaired(
    system: System, identity: str
) -> None:
    async with VirtualStation(identity, system.ocpp_url, "v201", evses=1) as station:
        await station.booted()
        station.fail(1, "ConnectorLockFailure")

        async def codes() -> set[str]:
            found = await system.all("incidents", station=identity, open=True)
            return {each["code"] for each in found}

        both = {"event.ConnectorPlugRetentionLock", "event.any.AvailabilityState"}
        await eventually(codes, lambda found: found == both)
        station.repair(1)
        await eventually(codes, lambda found: not found)


@pytest.mark.certification("TC_N_48")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_change_of_what_can_only_be_written_is_told_without_its_value(
    system: System, identity: str, version: str
) -> None:
    place = {"component": "SecurityCtrlr", "variable": "BasicAuthPassword"}
    wire = {name: {"name": value} for name, value in place.items()}
    result = {"id": 5, "status": "Accepted", "type": "Delta", "severity": 8, **wire}
    event = {
        "eventId": 1, "timestamp": minute(1), "trigger": "Delta", "actualValue": "",
        "eventNotificationType": "CustomMonitor", "variableMonitoringId": 5, **wire,
    }  # fmt: skip
    async with booted(system, identity, version) as station:
        station.answers["SetVariableMonitoring"] = {"setMonitoringResult": [result]}
        spec = {**place, "type": "Delta", "value": 1, "severity": 8}
        done = await system.post(f"stations/{identity}/monitors", {"monitors": [spec]})
        assert done["items"][0]["status"] == "Accepted"
        notice = {"generatedAt": minute(1), "seqNo": 0, "eventData": [event]}
        assert await station.ask("NotifyEvent", notice) == {}
    (kept,) = await told(system, identity)
    assert (kept["variable"], kept["value"], kept["monitor"]) == ("BasicAuthPassword", "", 5)
    assert await system.all("incidents", station=identity) == []


async def test_a_1_6_station_has_no_monitors(system: System, identity: str) -> None:
    spec = {**POWER, "type": "Delta", "value": 1, "severity": 8}
    async with VirtualStation(identity, system.ocpp_url, "v16", evses=1) as station:
        await station.booted()
        answer = await system.http.post(f"stations/{identity}/monitors", json={"monitors": [spec]})
    assert answer.status_code == 409
    assert answer.json()["code"] == "conflict"


class Watcher(Station201):
    """Keeps monitors, and reports them in parts of one."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.monitors: dict[int, dict[str, Any]] = {}

    @on("SetVariableMonitoring")
    async def on_set(self, set_monitoring_data: list[dict[str, Any]]) -> Any:
        results = []
        for data in set_monitoring_data:
            number = len(self.monitors) + 1
            self.monitors[number] = data
            same = {key: data[key] for key in ("type", "severity", "component", "variable")}
            results.append({"id": number, "status": "Accepted", **same})
        return result201.SetVariableMonitoring(results)

    @on("GetMonitoringReport")
    async def on_get(self, **_: Any) -> Any:
        return result201.GetMonitoringReport("Accepted" if self.monitors else "EmptyResultSet")

    @after("GetMonitoringReport")
    async def report(self, request_id: int, **_: Any) -> None:
        for place, (number, data) in enumerate(self.monitors.items()):
            monitor = {
                "id": number, "transaction": False, "value": data["value"], "type": data["type"],
                "severity": data["severity"],
            }  # fmt: skip
            where = {key: data[key] for key in ("component", "variable")}
            await self.call(
                call201.NotifyMonitoringReport(
                    request_id,
                    place,
                    minute(place),
                    monitor=[{**where, "variable_monitoring": [monitor]}],
                    tbc=place < len(self.monitors) - 1,
                ),
                suppress=False,
            )

    async def tell(self, number: int, value: str) -> None:
        data = self.monitors[number]
        event = {
            "event_id": 1, "timestamp": minute(1), "trigger": "Alerting", "actual_value": value,
            "event_notification_type": "CustomMonitor", "component": data["component"],
            "variable": data["variable"], "variable_monitoring_id": number,
        }  # fmt: skip
        await self.call(call201.NotifyEvent(minute(1), 0, [event]), suppress=False)


@asynccontextmanager
async def watcher(system: System, identity: str) -> AsyncIterator[Watcher]:
    async with websockets.connect(
        f"{system.ocpp_url}/{identity}", subprotocols=[websockets.Subprotocol("ocpp2.0.1")]
    ) as socket:
        station = Watcher(identity, socket)
        loop = asyncio.create_task(station.start())
        try:
            yield station
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)


async def test_a_station_that_is_not_ours_is_watched(system: System, identity: str) -> None:
    path = f"stations/{identity}"
    async with watcher(system, identity) as station:
        assert await station.boot() == "Accepted"
        specs = [
            {**POWER, "type": "UpperThreshold", "value": 11000, "severity": 4},
            {**POWER, "type": "Periodic", "value": 900, "severity": 8},
        ]
        done = await system.post(f"{path}/monitors", {"monitors": specs})
        assert [(item["status"], item["id"]) for item in done["items"]] == [
            ("Accepted", 1), ("Accepted", 2),
        ]  # fmt: skip
        await station.tell(1, "11500.5")
        sent = await system.post(f"{path}/monitoring/report")

        async def request() -> Any:
            return await system.get(f"{path}/requests/{sent['request']}")

        found = await eventually(request, lambda found: found["progress"] == "complete")
    assert len(found["later"]) == 2
    (event,) = await told(system, identity)
    assert (event["value"], event["monitor"], event["severity"]) == ("11500.5", 1, 4)
    known = await system.all(f"{path}/monitors")
    assert [(m["id"], m["source"]) for m in known] == [(1, "report"), (2, "report")]
