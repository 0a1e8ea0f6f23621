"""Block K at the station: which profiles it takes, how it tells them, and what is cleared."""

import json
from typing import Any

import jsonschema
import pytest

from libs.station import external
from tests.libs.station.csms import SCHEMAS
from tests.libs.station.manual import Bench
from tests.libs.station.profiles import (
    at,
    both,
    composite,
    every,
    periods,
    profile,
    put,
    start,
)

# -- what is refused -----------------------------------------------------------------------------

WRONG: list[Any] = [
    (9, {}, "UnknownEvse"),
    (1, {"purpose": "ChargingStationMaxProfile"}, "InvalidProfile"),
    (0, {"purpose": "ChargingStationMaxProfile", "kind": "Relative"}, "InvalidProfile"),
    (0, {"purpose": "TxProfile", "transactionId": "x"}, "InvalidProfile"),
    (1, {"purpose": "TxProfile", "transactionId": "x"}, "TxNotFound"),
    (1, {"level": 10}, "InvalidStackLevel"),
    (1, {"kind": "Recurring"}, "InvalidProfile"),
    (1, {"limits": [-1]}, "InvalidSchedule"),
    (1, {"limits": list(range(101))}, "InvalidSchedule"),
]


@every
@pytest.mark.parametrize(("evse", "more", "reason"), WRONG)
def test_a_profile_against_the_rules_is_refused_with_the_reason(version, evse, more, reason):
    bench = Bench(version).boot()
    more = dict(more)
    if version == "v16" and "transactionId" in more:
        more["transactionId"] = 99
    status, told = put(bench, evse, profile(version, **more))
    assert (status, told) == ("Rejected", None if version == "v16" else reason)
    assert bench.controller.flash.profiles == []


@both
def test_schedules_that_contradict_themselves_are_invalid(version):
    bench = Bench(version).boot()
    unordered, late, absolute = (profile(version) for _ in range(3))
    unordered["chargingSchedule"][0]["chargingSchedulePeriod"] *= 2
    late["chargingSchedule"][0]["chargingSchedulePeriod"][0]["startPeriod"] = 1
    del absolute["chargingSchedule"][0]["startSchedule"]
    relative = profile(version, kind="Relative")
    relative["chargingSchedule"][0]["startSchedule"] = at(0)
    for wrong in (unordered, late, absolute, relative):
        assert put(bench, 1, wrong) == ("Rejected", "InvalidSchedule")


@both
def test_a_unit_that_the_station_does_not_know_is_named(version):
    bench = Bench(version, SmartChargingCtrlr__RateUnit="A").boot()
    assert put(bench, 1, profile(version, unit="W")) == ("Rejected", "UnsupportedRateUnit")
    answer = composite(bench, 1, unit="W")
    assert answer == {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedRateUnit"}}


@both
def test_two_profiles_for_the_same_thing_are_one_too_many(version):
    """K01.FR.06, 52, 53; apart in time they do not meet."""
    bench = Bench(version).boot()
    assert put(bench, 1, profile(version, 1, validTo=at(60))) == ("Accepted", None)
    assert put(bench, 1, profile(version, 2)) == ("Rejected", "DuplicateProfile")
    assert put(bench, 1, profile(version, 2, validFrom=at(60)))[0] == "Accepted"
    assert put(bench, 0, profile(version, 3)) == ("Rejected", "DuplicateProfile")
    assert put(bench, 0, profile(version, 3, level=1))[0] == "Accepted"
    assert put(bench, 1, profile(version, 4, level=1)) == ("Rejected", "DuplicateProfile")


def test_a_1_6_profile_replaces_the_one_in_its_place():
    """1.6 5.16.4: same id, or same level and purpose."""
    bench = Bench("v16").boot()
    put(bench, 1, profile("v16", 1))
    put(bench, 1, profile("v16", 2, limits=[8]))
    assert [p.plan.id for p in bench.controller.flash.profiles] == [2]
    put(bench, 2, profile("v16", 2, level=3))
    assert [(p.plan.id, p.plan.evse) for p in bench.controller.flash.profiles] == [(2, 2)]


def test_more_profiles_than_it_holds_are_refused():
    bench = Bench("v201", MaxChargingProfilesInstalled="2").boot()
    for level in range(2):
        assert put(bench, 1, profile("v201", level, level=level))[0] == "Accepted"
    assert put(bench, 1, profile("v201", 5, level=5)) == ("Rejected", "OutOfStorage")
    assert put(bench, 1, profile("v201", 1, level=4))[0] == "Accepted"


@pytest.mark.parametrize(
    ("more", "period", "reason"),
    [
        ({"dynUpdateInterval": 5}, {}, "InvalidProfile"),
        ({}, {"operationMode": "CentralFrequency"}, "UnsupportedParam"),
        ({}, {"operationMode": "CentralSetpoint"}, "InvalidSchedule"),
        ({}, {"setpoint": -5.0, "operationMode": "CentralSetpoint"}, "UnsupportedParam"),
        ({"chargingProfilePurpose": "PriorityCharging"}, {}, None),
        ({"chargingProfileKind": "Dynamic"}, {}, None),
    ],
)
def test_what_2_1_adds_is_judged(more, period, reason):
    bench = Bench("v21").boot()
    wanted = profile("v21") | more
    wanted["chargingSchedule"][0]["chargingSchedulePeriod"][0] |= period
    expected = ("Rejected", reason) if reason else ("Accepted", None)
    assert put(bench, 1, wanted) == expected


@every
def test_without_smart_charging_there_is_no_such_message(version):
    """TC_K_15; 1.6 has a status for it."""
    bench = Bench(version, SmartChargingCtrlr__Enabled="false").boot()
    body = {"evseId": 1, "chargingProfile": profile(version)}
    if version == "v16":
        assert put(bench, 1, profile(version)) == ("NotSupported", None)
    else:
        assert bench.server.ask("SetChargingProfile", body)[2] == "NotSupported"
    assert bench.server.ask("ClearChargingProfile", {})[2] == "NotSupported"
    assert start(bench, profile(version, purpose="TxProfile")) == "Accepted"


# -- asking and clearing -------------------------------------------------------------------------


@every
def test_the_composite_is_of_an_evse_or_of_the_station(version):
    bench = Bench(version).boot()
    now = bench.controller.clock.now().replace(microsecond=0).isoformat()
    put(bench, 1, profile(version, 1, limits=[8, 12], start=now))
    maximum = profile(version, 2, "ChargingStationMaxProfile", limits=[30], level=1)
    put(bench, 0, maximum)
    answer = composite(bench, 1)
    assert (answer["status"], periods(answer)) == ("Accepted", [(0, 8.0), (60, 12.0)])
    assert periods(composite(bench, 0)) == [(0, 30.0)]
    assert periods(composite(bench, 1, 30, "W")) == [(0, 5_520.0)]
    assert composite(bench, 7)["status"] == "Rejected"


@every
def test_profiles_are_cleared_by_id_by_criteria_or_not_at_all(version):
    bench = Bench(version).boot()
    for n in range(3):
        put(bench, 1, profile(version, n + 1, level=n))
    place, purpose = (1, "TxDefaultProfile")
    if version == "v16":
        one = {"connectorId": place, "chargingProfilePurpose": purpose, "stackLevel": 1}
        by_id, nothing = {"id": 1, "stackLevel": 9}, {"stackLevel": 7}
    else:
        criteria = {"evseId": place, "chargingProfilePurpose": purpose, "stackLevel": 1}
        one = {"chargingProfileCriteria": criteria}
        by_id = {"chargingProfileId": 1, "chargingProfileCriteria": {"stackLevel": 9}}
        nothing = {"chargingProfileCriteria": {"stackLevel": 7}}

    def clear(body: dict[str, Any]) -> tuple[str, list[int]]:
        status = bench.server.ask("ClearChargingProfile", body)[2]["status"]
        return status, [p.plan.id for p in bench.controller.flash.profiles]

    assert clear(nothing) == ("Unknown", [1, 2, 3])
    assert clear(by_id) == ("Accepted", [2, 3])
    assert clear(one) == ("Accepted", [3])
    assert clear({}) == (("Accepted", []) if version == "v16" else ("Unknown", [3]))


@both
def test_profiles_are_reported_by_evse_and_source_in_parts(version):
    bench = Bench(version).boot()
    wanted = [profile(version, n, level=n % 10) for n in range(1, 4)]
    for each in wanted:
        put(bench, 1, each)
    put(bench, 0, profile(version, 9, "ChargingStationMaxProfile"))
    external.constrain(bench.controller, 1, 16, "A", "SO")

    def get(**body: Any) -> tuple[str, list[dict[str, Any]]]:
        known = len(bench.server.said("ReportChargingProfiles"))
        answer = bench.server.ask("GetChargingProfiles", {"requestId": 5, **body})
        bench.wheel.turn(1)
        return answer[2]["status"], bench.server.said("ReportChargingProfiles")[known:]

    status, parts = get(chargingProfile={})
    assert status == "Accepted"
    told = [(p["evseId"], p["chargingLimitSource"], p["tbc"], len(p["chargingProfile"]))
            for p in parts]  # fmt: skip
    assert told == [(0, "CSO", True, 1), (1, "CSO", True, 3), (1, "SO", False, 1)]
    assert parts[1]["chargingProfile"] == wanted
    schema = json.loads((SCHEMAS / "ReportChargingProfilesRequest.json").read_text())
    for part in parts:
        jsonschema.validate(part, schema)
    _, parts = get(evseId=1, chargingProfile={"stackLevel": 2})
    assert [p["id"] for p in parts[0]["chargingProfile"]] == [2]
    _, parts = get(chargingProfile={"chargingProfileId": [3, 9]})
    assert [p["chargingProfile"][0]["id"] for p in parts] == [9, 3]
    _, parts = get(evseId=1, chargingProfile={"chargingLimitSource": ["SO"]})
    assert parts[0]["chargingProfile"][0]["id"] == -1
    assert get(evseId=2, chargingProfile={"stackLevel": 1}) == ("NoProfiles", [])
