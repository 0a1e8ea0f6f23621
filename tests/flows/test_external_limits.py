"""K11 to K17: limits of others and cars that plan are shown and announced (TC_K_48 to TC_K_52)."""

import asyncio
import json
from typing import Any

import pytest

from tests.flows.charging import TX, begin, held, later, part, profile, put
from tests.flows.messages import TWO, event
from tests.flows.station import Station, booted
from tests.system import System, eventually

case = pytest.mark.certification
MODES = {"2.0.1": "Processing", "2.1": "NoChargingProfile"}


def schedule(limit: float = 8.0) -> dict[str, Any]:
    return {
        "id": 1,
        "startSchedule": later(0),
        "duration": 3600,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
    }


async def limit(station: Station, **more: Any) -> None:
    about = {"chargingLimitSource": "EMS", "isGridCritical": True}
    body = {"chargingLimit": about, "chargingSchedule": [schedule()], **more}
    assert await station.ask("NotifyChargingLimit", body) == {}


async def clear(station: Station, **more: Any) -> None:
    body = {"chargingLimitSource": "EMS", **more}
    assert await station.ask("ClearedChargingLimit", body) == {}


async def limits(system: System, identity: str, **query: Any) -> list[tuple[int, str, bool]]:
    items = await system.all(f"stations/{identity}/charging-limits", **query)
    return [(item["evse"], item["source"], bool(item.get("cleared_at"))) for item in items]


@case("TC_K_48")
@pytest.mark.parametrize("version", TWO)
async def test_a_limit_of_somebody_else_is_shown_with_its_schedule(
    system: System, identity: str, version: str
) -> None:
    """K12: without an EVSE it is the station's."""
    async with booted(system, identity, version) as station:
        await limit(station)
        await limit(station, evseId=1)
    assert await limits(system, identity) == [(1, "EMS", False), (0, "EMS", False)]
    (whole,) = [
        i for i in await system.all(f"stations/{identity}/charging-limits") if not i["evse"]
    ]
    assert whole["grid_critical"] is True
    assert whole["schedules"][0]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 8.0}]


@case("TC_K_50")
@pytest.mark.parametrize("version", TWO)
async def test_a_limit_that_is_released_is_shown_as_such(
    system: System, identity: str, version: str
) -> None:
    """K13; the same source may come back."""
    async with booted(system, identity, version) as station:
        await limit(station, evseId=1)
        await limit(station, evseId=2)
        await clear(station, evseId=2)
        assert await limits(system, identity, active=True) == [(1, "EMS", False)]
        await clear(station)
        assert await limits(system, identity, active=True) == []
        await limit(station, evseId=1)
    assert await limits(system, identity) == [
        (1, "EMS", False),
        (2, "EMS", True),
        (1, "EMS", True),
    ]


@case("TC_K_51")
@pytest.mark.parametrize("version", TWO)
async def test_a_limit_may_come_and_go_while_a_car_charges(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        name = await begin(system, station, identity, version)
        await limit(station, evseId=1)
        changed = event("Updated", "ChargingRateChanged", name, 1, register=5)
        assert await station.ask(*changed) == {}
        await clear(station, evseId=1)
        again = event("Updated", "ChargingRateChanged", name, 2, register=6)
        assert await station.ask(*again) == {}
    assert await limits(system, identity, active=True) == []
    (session,) = (await system.get("transactions", station=identity))["items"]
    assert session["events"] == 3


@case("TC_K_52")
@pytest.mark.parametrize("version", TWO)
async def test_a_station_may_report_the_profile_of_a_limit_that_nobody_asked_for(
    system: System, identity: str, version: str
) -> None:
    """K12.FR.04: by ReportChargingProfiles; it goes with the limit."""
    external = profile(version, 100, "ChargingStationExternalConstraints")
    async with booted(system, identity, version) as station:
        await limit(station, evseId=1)
        body = {"requestId": 0, "tbc": False, **part(1, external, source="EMS")}
        assert await station.ask("ReportChargingProfiles", body) == {}
        assert await held(system, identity) == [(1, 100, "EMS")]
        refused = await system.http.put(
            f"stations/{identity}/charging-profiles/100",
            json={"evse": 1, "profile": profile(version, 100)},
        )
        assert refused.json()["errors"][0]["detail"].startswith("id_of_others")
        await clear(station, evseId=1)
    assert await held(system, identity) == []


async def announced(system: System, identity: str, count: int) -> list[str]:
    """The types of the first events of a station's smart charging."""
    found: list[str] = []
    query = {"types": "charging.*", "after": "0"}
    async with (
        asyncio.timeout(20),
        system.http.stream("GET", "events", params=query) as stream,
    ):
        async for line in stream.aiter_lines():
            name, _, value = line.partition(": ")
            event = json.loads(value) if name == "data" else {}
            if event.get("data", {}).get("station") == identity:
                found.append(event["type"])
            if len(found) == count:
                break
    return found


async def test_what_stations_tell_is_announced(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1") as station:
        await limit(station, evseId=1)
        await clear(station, evseId=1)
        await station.ask("NotifyEVChargingNeeds", needs("2.0.1"))
        plan = {"timeBase": later(0), "evseId": 1, "chargingSchedule": schedule()}
        await station.ask("NotifyEVChargingSchedule", plan)
    assert await announced(system, identity, 4) == [
        "charging.limit_set",
        "charging.limit_cleared",
        "charging.needs_told",
        "charging.schedule_told",
    ]


# -- cars ----------------------------------------------------------------------------------------


def needs(version: str) -> dict[str, Any]:
    ac = {"energyAmount": 20_000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 230}
    return {
        "evseId": 1,
        "maxScheduleTuples": 12,
        "chargingNeeds": {
            "requestedEnergyTransfer": "AC_three_phase",
            "departureTime": later(7200),
            "acChargingParameters": ac,
        },
    }


@pytest.mark.parametrize("version", TWO)
async def test_an_operator_answers_the_needs_of_a_car_with_a_choice_of_schedules(
    system: System, identity: str, version: str
) -> None:
    """K15: up to three schedules once a car told its needs (K01.FR.34)."""
    async with booted(system, identity, version) as station:
        name = await begin(system, station, identity, version)
        wanted = profile(version, 1, TX, transactionId=name)
        wanted["chargingSchedule"] = [{**schedule(), "id": n} for n in (1, 2)]
        path = f"stations/{identity}/charging-profiles/1"
        refused = await system.http.put(path, json={"evse": 1, "profile": wanted})
        assert refused.json()["errors"][0]["detail"].startswith("schedules_too_many")
        answer = await station.ask("NotifyEVChargingNeeds", needs(version))
        assert answer["status"] == MODES[version]
        (told,) = await system.all(f"stations/{identity}/charging-needs", evse=1)
        assert (told["evse"], told["answer"], told["max_periods"]) == (1, MODES[version], 12)
        assert told["needs"] == needs(version)["chargingNeeds"] | {
            "departureTime": told["needs"]["departureTime"]
        }
        assert told["departure_at"]
        assert (await put(system, identity, 1, wanted))["payload"] == {"status": "Accepted"}


@pytest.mark.parametrize("version", TWO)
async def test_a_car_that_plans_beyond_its_profile_is_to_renegotiate(
    system: System, identity: str, version: str
) -> None:
    """K15, K16: without a profile any plan is fine."""

    async def plan(station: Station, amps: float) -> str:
        body = {"timeBase": later(0), "evseId": 1, "chargingSchedule": schedule(amps)}
        answer = await station.ask("NotifyEVChargingSchedule", body)
        status: str = answer["status"]
        return status

    async with booted(system, identity, version) as station:
        name = await begin(system, station, identity, version)
        assert await plan(station, 32.0) == "Accepted"
        await put(system, identity, 1, profile(version, 1, TX, transactionId=name, limit=10.0))
        assert await plan(station, 10.0) == "Accepted"
        assert await plan(station, 16.0) == "Rejected"
    told = await system.all(f"stations/{identity}/charging-schedules")
    assert [item["answer"] for item in told] == ["Rejected", "Accepted", "Accepted"]
    assert told[0]["schedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 16.0}]


async def test_a_dynamic_profile_is_pulled_as_it_was_last_updated(
    system: System, identity: str
) -> None:
    """2.1 K28, K29."""
    wanted = profile("2.1", 6, kind="Dynamic", limit=12.0)
    async with booted(system, identity, "2.1") as station:
        pull = {"chargingProfileId": 6}
        refused = await station.ask("PullDynamicScheduleUpdate", pull)
        assert refused == {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfile"}}
        await put(system, identity, 1, wanted)
        answer = await station.ask("PullDynamicScheduleUpdate", pull)
        assert answer == {"status": "Accepted", "scheduleUpdate": {"limit": 12.0}}
        update = {"chargingProfileId": 6, "scheduleUpdate": {"limit": 9.0}}
        await system.post(f"stations/{identity}/calls/UpdateDynamicSchedule", update)
        answer = await station.ask("PullDynamicScheduleUpdate", pull)
        assert answer["scheduleUpdate"] == {"limit": 9.0}


async def test_needs_are_paged(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1") as station:
        for _ in range(3):
            await station.ask("NotifyEVChargingNeeds", needs("2.0.1"))

    async def page(after: str | None = None) -> Any:
        return await system.get(f"stations/{identity}/charging-needs", limit=2, after=after)

    first = await page()
    rest = await page(first["next"])
    ids = [item["id"] for item in (*first["items"], *rest["items"])]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), rest.get("next")) == (3, None)
    assert await eventually(lambda: system.get(f"stations/{identity}/charging-needs", evse=2))
