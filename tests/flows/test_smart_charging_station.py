"""K from end to end: the virtual station obeys what an operator sets, and tells what it holds."""

from typing import Any

import pytest

from libs.station import Car, VirtualStation
from tests.flows.charging import STATION_MAX, TX, held, later, profile, put, until_held
from tests.flows.messages import ALL, TWO
from tests.system import System, eventually

VERSIONS = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}
CAR = Car(capacity_wh=100_000, soc=10, max_power_w=22_000)
AMP = 690.0
"""Watts of an ampere on three phases."""


def made(system: System, identity: str, version: str, **more: Any) -> VirtualStation:
    given: dict[str, Any] = {"link_speed": 20, "seed": 3, **more}
    return VirtualStation(identity, system.ocpp_url, VERSIONS[version], **given)  # type: ignore[arg-type]


async def charge(station: VirtualStation) -> None:
    await station.booted()
    await station.plug_in(1, CAR)
    assert await station.present("DEMO0001", 1) == "Accepted"
    await station.until(1, "Charging")
    await station.delivered()


def offered(station: VirtualStation, evse: int = 1) -> float:
    return round(station.controller.evses[evse].reading().offered_w / AMP, 2)


@pytest.mark.parametrize("version", ALL)
async def test_a_profile_limits_the_car_until_it_is_cleared(
    system: System, identity: str, version: str
) -> None:
    async with made(system, identity, version) as station:
        await charge(station)
        assert (await put(system, identity, 1, profile(version, 1, limit=10.0)))["payload"] == {
            "status": "Accepted"
        }
        assert offered(station) == 10.0
        maximum = profile(version, 2, STATION_MAX, limit=8.0, stackLevel=1)
        await put(system, identity, 0, maximum)
        assert offered(station) == 8.0
        body = {"evse": 1, "duration": 600, "unit": "A"}
        answer = await system.post(f"stations/{identity}/composite-schedule", body)
        assert answer["schedule"]["periods"] == [{"start": 0, "limit": 8.0, "phases": 3}]
        whole = await system.post(f"stations/{identity}/composite-schedule", {**body, "evse": 0})
        assert whole["schedule"]["periods"][0]["limit"] == 8.0
        await system.http.delete(f"stations/{identity}/charging-profiles/2")
        assert offered(station) == 10.0
        gone = await system.http.delete(f"stations/{identity}/charging-profiles/2")
        assert gone.json()["payload"] == {"status": "Unknown"}
        assert await held(system, identity) == [(1, 1, "CSO")]


@pytest.mark.parametrize("version", ALL)
async def test_the_profile_of_a_start_holds_for_its_session_only(
    system: System, identity: str, version: str
) -> None:
    async with made(system, identity, version) as station:
        await station.booted()
        await station.plug_in(1, CAR)
        wanted = profile(version, 9, TX, kind="Relative", limit=7.0)
        body = {"token": "DEMO0001", "evse": 1, "charging_profile": wanted}
        assert (await system.post(f"stations/{identity}/start", body))["status"] == "answered"
        await station.until(1, "Charging")
        assert offered(station) == 7.0
        await until_held(system, identity, [(1, 9, "CSO")])

        async def bound() -> Any:
            (item,) = await system.all(f"stations/{identity}/charging-profiles")
            return item.get("transaction")

        await eventually(bound)
        await station.stop(1)
        await station.delivered()
        await until_held(system, identity, [])
        assert station.controller.flash.profiles == []


@pytest.mark.parametrize("version", TWO)
async def test_what_we_know_is_what_the_station_holds_after_a_power_cut_and_a_refresh(
    system: System, identity: str, version: str
) -> None:
    async with made(system, identity, version) as station:
        await charge(station)
        await put(system, identity, 1, profile(version, 1, limit=10.0))
        running = station.transaction(1)
        await put(system, identity, 1, profile(version, 2, TX, transactionId=running))
        station.constrain(0, 9.0, source="SO")
        station.crash()
        station.resume()
        await station.booted()
        await station.delivered()
        await until_held(system, identity, [(1, 1, "CSO")])
        answer = await system.post(f"stations/{identity}/charging-profiles/refresh")

        async def done() -> Any:
            return await system.get(f"stations/{identity}/requests/{answer['request']}")

        shown = await eventually(done, lambda found: found["progress"] == "complete")
        assert len(shown["later"]) == 2
        assert await held(system, identity) == [(0, -1, "SO"), (1, 1, "CSO")]
        (limit,) = await system.all(f"stations/{identity}/charging-limits")
        assert (limit["evse"], limit["source"]) == (0, "SO")
        assert station.release(0, "SO")
        await until_held(system, identity, [(1, 1, "CSO")])


@pytest.mark.parametrize("version", TWO)
async def test_a_station_says_why_it_refuses_and_so_do_we(
    system: System, identity: str, version: str
) -> None:
    wrong = profile(version, 1, stackLevel=50)
    async with made(system, identity, version) as station:
        await station.booted()
        answer = await put(system, identity, 1, wrong)
        assert answer["payload"]["statusInfo"] == {"reasonCode": "InvalidStackLevel"}
        assert (answer["reason"], answer["broken_rules"]) == ("InvalidStackLevel", [])
        assert answer["hint"]
        names = [{"component": "SmartChargingCtrlr", "variable": "ProfileStackLevel"}]
        read = {"getVariableData": [{k: {"name": v} for k, v in n.items()} for n in names]}
        await system.post(f"stations/{identity}/calls/GetVariables", read)
        path = f"stations/{identity}/charging-profiles/1"
        known = await system.http.put(path, json={"evse": 1, "profile": wrong})
        assert known.json()["errors"][0]["detail"].startswith("stack_level_too_high")
        forced = await put(system, identity, 1, wrong, force=True)
        assert [rule["rule"] for rule in forced["broken_rules"]] == ["stack_level_too_high"]


@pytest.mark.parametrize("version", ALL)
async def test_a_station_whose_smart_charging_is_switched_off(
    system: System, identity: str, version: str
) -> None:
    off = {"SmartChargingCtrlr.Enabled": "false"}
    async with made(system, identity, version, settings=off) as station:
        await station.booted()
        answer = await put(system, identity, 1, profile(version, 1))
        if version == "1.6":
            assert answer["payload"] == {"status": "NotSupported"}
        else:
            assert (answer["status"], answer["code"]) == ("error", "NotSupported")
    assert await held(system, identity) == []


@pytest.mark.parametrize("version", TWO)
async def test_a_car_of_iso_15118_is_given_a_profile_and_keeps_to_it(
    system: System, identity: str, version: str
) -> None:
    async with made(system, identity, version) as station:
        await charge(station)
        station.tell_needs(1, 30_000)
        await station.delivered()
        (told,) = await system.all(f"stations/{identity}/charging-needs")
        assert told["needs"]["acChargingParameters"]["energyAmount"] == 30_000
        running = station.transaction(1)
        wanted = profile(version, 3, TX, transactionId=running, validTo=later(7200), limit=12.0)
        await put(system, identity, 1, wanted)
        station.tell_plan(1)
        await station.delivered()
        (plan,) = await system.all(f"stations/{identity}/charging-schedules")
    assert plan["answer"] == "Accepted"
    assert plan["schedule"]["chargingSchedulePeriod"][0]["limit"] == 12.0
