"""K: what a station holds, and what it will allow (TC_K_29 to TC_K_44; 1.6 TC_066)."""

from typing import Any

import pytest

from tests.flows.charging import STATION_MAX, TX_DEFAULT, held, part, profile, put, report
from tests.flows.messages import TWO
from tests.flows.station import booted
from tests.system import System

case = pytest.mark.certification
ACCEPTED = {"status": "Accepted"}


ASKED: list[Any] = [
    ("TC_K_29", {"evse": 0, "purpose": STATION_MAX}, {"chargingProfilePurpose": STATION_MAX}),
    ("TC_K_30", {"evse": 1, "purpose": TX_DEFAULT}, {"chargingProfilePurpose": TX_DEFAULT}),
    ("TC_K_31", {"purpose": TX_DEFAULT}, {"chargingProfilePurpose": TX_DEFAULT}),
    ("TC_K_32", {"ids": [1, 2]}, {"chargingProfileId": [1, 2]}),
    ("TC_K_33", {"evse": 1, "stack_level": 0}, {"stackLevel": 0}),
    ("TC_K_34", {"evse": 1, "sources": ["CSO"]}, {"chargingLimitSource": ["CSO"]}),
    ("TC_K_35", {"evse": 1, "purpose": TX_DEFAULT}, {"chargingProfilePurpose": TX_DEFAULT}),
    (
        "TC_K_36",
        {"evse": 1, "purpose": TX_DEFAULT, "stack_level": 0},
        {"chargingProfilePurpose": TX_DEFAULT, "stackLevel": 0},
    ),
]


@pytest.mark.parametrize(
    ("body", "criteria"), [pytest.param(*rest, marks=case(name)) for name, *rest in ASKED]
)
@pytest.mark.parametrize("version", TWO)
async def test_profiles_are_asked_for_by_any_criteria_and_the_report_is_shown(
    system: System, identity: str, version: str, body: dict[str, Any], criteria: dict[str, Any]
) -> None:
    evse = body.get("evse", 1)
    purpose = STATION_MAX if evse == 0 else TX_DEFAULT
    found = profile(version, 1, purpose)
    async with booted(system, identity, version) as station:
        path = f"stations/{identity}/charging-profiles"
        answer = await system.post(f"{path}/refresh", body)
        assert answer["payload"] == ACCEPTED
        asked = await report(station, part(evse, found))
        place = {"evseId": evse} if "evse" in body else {}
        assert {k: v for k, v in asked.items() if k != "requestId"} == {
            "chargingProfile": criteria,
            **place,
        }
        shown = await system.get(f"stations/{identity}/requests/{answer['request']}")
        assert shown["progress"] == "complete"
        assert shown["later"][0]["payload"]["chargingProfile"] == [found]
        (item,) = await system.all(path)
    assert (item["evse"], item["profile"], item["source"]) == (evse, found, "CSO")
    assert item["confirmed_at"]


@pytest.mark.parametrize("version", TWO)
async def test_a_report_in_parts_replaces_what_it_covers_and_nothing_else(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        await put(system, identity, 2, profile(version, 8))
        await station.call()
        for n in (1, 2):
            await put(system, identity, 1, profile(version, n, stackLevel=n))
            await station.call()
        await system.post(f"stations/{identity}/charging-profiles/refresh", {"evse": 1})
        kept = profile(version, 2, stackLevel=2, limit=9.0)
        external = profile(version, -1, "ChargingStationExternalConstraints")
        await report(station, part(1, kept), part(1, external, source="EMS"))
        wanted = [(1, 2, "CSO"), (1, -1, "EMS"), (2, 8, "CSO")]
        assert await held(system, identity) == wanted
        station.answers["GetChargingProfiles"] = {"status": "NoProfiles"}
        answer = await system.post(
            f"stations/{identity}/charging-profiles/refresh", {"evse": 1, "sources": ["CSO"]}
        )
        assert answer["payload"] == {"status": "NoProfiles"}
    assert await held(system, identity) == [(1, -1, "EMS"), (2, 8, "CSO")]


async def test_a_1_6_station_cannot_be_asked_for_its_profiles(
    system: System, identity: str
) -> None:
    async with booted(system, identity, "1.6"):
        path = f"stations/{identity}/charging-profiles/refresh"
        answer = await system.http.post(path, json={})
    assert answer.status_code == 422
    assert "GetChargingProfiles" in answer.json()["detail"]


COMPOSITE: list[Any] = [
    pytest.param("2.0.1", 1, marks=case("TC_K_43")),
    pytest.param("2.0.1", 0, marks=case("TC_K_44")),
    ("2.1", 1),
    pytest.param("1.6", 1, marks=case("TC_066")),
]


@pytest.mark.parametrize(("version", "evse"), COMPOSITE)
async def test_a_composite_schedule_is_shown_the_same_for_every_version(
    system: System, identity: str, version: str, evse: int
) -> None:
    begins, periods = "2026-06-01T12:00:00Z", [{"startPeriod": 0, "limit": 6.0}]
    inner = {"duration": 300, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    if version == "1.6":
        granted = {"connectorId": evse, "scheduleStart": begins, "chargingSchedule": inner}
    else:
        granted = {"schedule": {**inner, "evseId": evse, "scheduleStart": begins}}
    async with booted(system, identity, version) as station:
        station.answers["GetCompositeSchedule"] = {"status": "Accepted", **granted}
        body = {"evse": evse, "duration": 300, "unit": "A"}
        answer = await system.post(f"stations/{identity}/composite-schedule", body)
        place = {"connectorId" if version == "1.6" else "evseId": evse}
        wire = {**place, "duration": 300, "chargingRateUnit": "A"}
        assert await station.call() == ("GetCompositeSchedule", wire)
        assert answer["schedule"] == {
            "evse": evse,
            "begins_at": begins,
            "duration": 300,
            "unit": "A",
            "periods": [{"start": 0, "limit": 6.0}],
        }
        station.answers["GetCompositeSchedule"] = {"status": "Rejected"}
        refused = await system.post(f"stations/{identity}/composite-schedule", body)
    assert refused["payload"] == {"status": "Rejected"}
    assert "schedule" not in refused
