"""K: profiles are set, refused and cleared (TC_K_01 to 19, 37, 60, 70; 1.6 TC_056 to 067)."""

from typing import Any

import pytest

from tests.bare import Refused
from tests.flows.charging import (
    STATION_MAX,
    TX,
    TX_DEFAULT,
    begin,
    held,
    profile,
    put,
    sent,
    until_held,
    valid,
)
from tests.flows.messages import ALL, TWO, event, stop
from tests.flows.station import booted
from tests.system import System, eventually

case = pytest.mark.certification
ACCEPTED = {"status": "Accepted"}

SET: list[Any] = [
    pytest.param("2.0.1", 1, TX_DEFAULT, valid(), marks=case("TC_K_01")),
    pytest.param("2.0.1", 0, STATION_MAX, {"limit": 8.0}, marks=case("TC_K_03")),
    pytest.param("2.0.1", 0, TX_DEFAULT, {"limit": 6.0}, marks=case("TC_K_10")),
    pytest.param(
        "2.0.1",
        1,
        TX_DEFAULT,
        {"kind": "Recurring", "recurrencyKind": "Daily"},
        marks=case("TC_K_19"),
    ),
    pytest.param(
        "2.0.1",
        1,
        TX_DEFAULT,
        {"kind": "Recurring", "recurrencyKind": "Weekly"},
        marks=case("TC_K_19"),
    ),
    ("2.0.1", 1, TX_DEFAULT, {"unit": "W", "limit": 6000.0}),
    ("2.1", 1, TX_DEFAULT, valid()),
    ("2.1", 0, STATION_MAX, {"unit": "W", "limit": 8000.0}),
    pytest.param("1.6", 1, TX_DEFAULT, valid(), marks=case("TC_056")),
    ("1.6", 0, STATION_MAX, {}),
]


@pytest.mark.parametrize(("version", "evse", "purpose", "more"), SET)
async def test_a_profile_is_set_with_each_field_of_choice(
    system: System, identity: str, version: str, evse: int, purpose: str, more: dict[str, Any]
) -> None:
    wanted = profile(version, 11, purpose, **more)
    async with booted(system, identity, version) as station:
        answer = await put(system, identity, evse, wanted)
        assert await station.call() == sent(version, evse, wanted)
    assert (answer["status"], answer["payload"]) == ("answered", ACCEPTED)
    assert answer["request"]
    (item,) = await system.all(f"stations/{identity}/charging-profiles")
    assert item["profile"] == wanted
    assert (item["id"], item["evse"], item["source"]) == (11, evse, "CSO")
    assert item["purpose"] == wanted["chargingProfilePurpose"]


@case("TC_K_04")
@pytest.mark.parametrize("version", ALL)
async def test_a_profile_of_the_same_id_replaces(
    system: System, identity: str, version: str
) -> None:
    first, second = (profile(version, 7, limit=limit) for limit in (6.0, 8.0))
    async with booted(system, identity, version) as station:
        await put(system, identity, 1, first)
        assert (await put(system, identity, 1, second))["payload"] == ACCEPTED
    assert station.calls == [sent(version, 1, first), sent(version, 1, second)]
    (item,) = await system.all(f"stations/{identity}/charging-profiles")
    assert item["profile"] == second


@case("TC_K_70")
@pytest.mark.parametrize("version", TWO)
async def test_profiles_of_several_purposes_stand_beside_each_other(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        one = profile(version, 1, TX_DEFAULT)
        other = profile(version, 2, STATION_MAX, stackLevel=1)
        await put(system, identity, 1, one)
        await put(system, identity, 0, other)
        assert [await station.call(), await station.call()] == [
            sent(version, 1, one),
            sent(version, 0, other),
        ]
    assert await held(system, identity) == [(0, 2, "CSO"), (1, 1, "CSO")]


@pytest.mark.parametrize(
    "version",
    [
        pytest.param("2.0.1", marks=case("TC_K_60")),
        "2.1",
        pytest.param("1.6", marks=case("TC_057")),
    ],
)
async def test_the_profile_of_a_transaction_names_it_and_goes_with_it(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        name = await begin(system, station, identity, version)
        wire = int(name) if version == "1.6" else name
        wanted = profile(version, 5, TX, transactionId=wire)
        answer = await put(system, identity, 1, wanted)
        assert answer["payload"] == ACCEPTED
        assert await station.call() == sent(version, 1, wanted)
        (item,) = await system.all(f"stations/{identity}/charging-profiles")
        assert item["transaction"] == name
        if version == "1.6":
            await station.ask(*stop(wire))
        else:
            info = {"stoppedReason": "Local"}
            await station.ask(*event("Ended", "StopAuthorized", name, 1, register=9, info=info))
        await until_held(system, identity, [])


@case("TC_K_02")
@pytest.mark.parametrize("version", ALL)
async def test_a_profile_of_a_transaction_that_does_not_run_is_not_sent_unless_forced(
    system: System, identity: str, version: str
) -> None:
    wanted = profile(version, 5, TX, transactionId=99 if version == "1.6" else "99")
    path, body = f"stations/{identity}/charging-profiles/5", {"evse": 1, "profile": wanted}
    async with booted(system, identity, version) as station:
        refused = await system.http.put(path, json=body)
        assert refused.status_code == 422
        (error,) = refused.json()["errors"]
        assert error["pointer"] == "/profile/transactionId"
        assert error["detail"].startswith("no_transaction")
        assert "Wait for the transaction" in error["hint"]
        assert station.calls == []
        station.answers["SetChargingProfile"] = {"status": "Rejected"}
        if version != "1.6":
            info = {"reasonCode": "TxNotFound"}
            station.answers["SetChargingProfile"] = {"status": "Rejected", "statusInfo": info}
        answer = await put(system, identity, 1, wanted, force=True)
    assert answer["payload"]["status"] == "Rejected"
    assert [rule["rule"] for rule in answer["broken_rules"]] == ["no_transaction"]
    assert answer.get("reason") == (None if version == "1.6" else "TxNotFound")
    assert await held(system, identity) == []


@case("TC_K_15")
@pytest.mark.parametrize("version", TWO)
async def test_a_station_without_smart_charging_is_no_trouble(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        station.answers["SetChargingProfile"] = Refused("NotSupported", "No smart charging", {})
        answer = await put(system, identity, 1, profile(version, 1))
        assert (answer["status"], answer["code"]) == ("error", "NotSupported")
        assert answer["description"] == "No smart charging"
        assert answer["hint"]
        del station.answers["SetChargingProfile"]
        assert (await put(system, identity, 1, profile(version, 1)))["payload"] == ACCEPTED


async def test_a_charge_point_without_smart_charging_says_so(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6") as station:
        station.answers["SetChargingProfile"] = {"status": "NotSupported"}
        answer = await put(system, identity, 1, profile("1.6", 1))
    assert answer["payload"] == {"status": "NotSupported"}
    assert await held(system, identity) == []


# -- rules ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ALL)
async def test_a_profile_against_the_rules_is_refused_with_every_rule_that_it_breaks(
    system: System, identity: str, version: str
) -> None:
    wanted = profile(version, 3, STATION_MAX, kind="Relative", stackLevel=-1)
    if version == "2.1":
        wanted["stackLevel"] = 0
    path = f"stations/{identity}/charging-profiles/3"
    async with booted(system, identity, version) as station:
        refused = await system.http.put(path, json={"evse": 1, "profile": wanted})
        problem = refused.json()
        assert (refused.status_code, problem["code"]) == (422, "invalid_body")
        named = [error["detail"].partition(" ")[0] for error in problem["errors"]]
        level = [] if version == "2.1" else ["stack_level_negative"]
        assert named == ["maximum_on_evse", "maximum_relative", *level]
        assert all(error["hint"] for error in problem["errors"])
        assert station.calls == []
        raw = await system.post(
            f"stations/{identity}/calls/SetChargingProfile", sent(version, 1, wanted)[1]
        )
        assert raw["payload"] == ACCEPTED


async def test_the_limits_that_a_station_told_are_rules_too(system: System, identity: str) -> None:
    async with booted(system, identity, "1.6") as station:
        station.answers["GetConfiguration"] = {
            "configurationKey": [
                {"key": "ChargeProfileMaxStackLevel", "readonly": True, "value": "2"},
                {
                    "key": "ChargingScheduleAllowedChargingRateUnit",
                    "readonly": True,
                    "value": "Power",
                },
            ]
        }
        await system.post(f"stations/{identity}/calls/GetConfiguration", {})
        wanted = profile("1.6", 1, stackLevel=3)
        refused = await system.http.put(
            f"stations/{identity}/charging-profiles/1", json={"evse": 1, "profile": wanted}
        )
    named = [error["detail"].partition(" ")[0] for error in refused.json()["errors"]]
    assert named == ["stack_level_too_high", "unit_unsupported"]


async def test_a_station_that_is_full_takes_no_more(system: System, identity: str) -> None:
    """2.x tells by the maxLimit of its entries how many profiles it holds."""
    async with booted(system, identity, "2.0.1") as station:
        entries = {
            "component": {"name": "SmartChargingCtrlr"},
            "variable": {"name": "Entries", "instance": "ChargingProfiles"},
            "variableAttribute": [{"type": "Actual", "value": "1"}],
            "variableCharacteristics": {
                "dataType": "integer",
                "maxLimit": 1,
                "supportsMonitoring": False,
            },
        }
        now = valid()["validFrom"]
        body = {"requestId": 1, "generatedAt": now, "seqNo": 0, "reportData": [entries]}
        await station.ask("NotifyReport", body)
        await put(system, identity, 1, profile("2.0.1", 1))
        refused = await system.http.put(
            f"stations/{identity}/charging-profiles/2",
            json={"evse": 1, "profile": profile("2.0.1", 2, stackLevel=1)},
        )
        (error,) = refused.json()["errors"]
        assert error["detail"].startswith("profiles_too_many")
        again = profile("2.0.1", 1, limit=8.0)
        assert (await put(system, identity, 1, again))["payload"] == ACCEPTED


async def test_what_a_station_holds_already_stands_against_a_duplicate(
    system: System, identity: str
) -> None:
    """K01.FR.06."""
    async with booted(system, identity, "2.0.1"):
        await put(system, identity, 1, profile("2.0.1", 1))
        refused = await system.http.put(
            f"stations/{identity}/charging-profiles/2",
            json={"evse": 1, "profile": profile("2.0.1", 2)},
        )
    (error,) = refused.json()["errors"]
    assert error["detail"].startswith("duplicate (K01.FR.06): Profile 1")


async def test_the_address_and_the_profile_name_the_same_id(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1"):
        refused = await system.http.put(
            f"stations/{identity}/charging-profiles/2",
            json={"evse": 1, "profile": profile("2.0.1", 1)},
        )
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/profile/id"


# -- clearing ------------------------------------------------------------------------------------

CLEARED: list[Any] = [
    pytest.param("2.0.1", {"chargingProfileId": 1}, None, marks=case("TC_K_05")),
    pytest.param(
        "2.0.1",
        {
            "chargingProfileCriteria": {
                "evseId": 1,
                "chargingProfilePurpose": TX_DEFAULT,
                "stackLevel": 0,
            }
        },
        {"evse": 1, "purpose": TX_DEFAULT, "stack_level": 0},
        marks=case("TC_K_06"),
    ),
    ("2.1", {"chargingProfileId": 1}, None),
    pytest.param("1.6", {"id": 1}, None, marks=case("TC_067")),
    pytest.param(
        "1.6",
        {"connectorId": 1, "chargingProfilePurpose": TX_DEFAULT, "stackLevel": 0},
        {"evse": 1, "purpose": TX_DEFAULT, "stack_level": 0},
        marks=case("TC_067"),
    ),
    pytest.param("1.6", {}, {}, marks=case("TC_067")),
]


@pytest.mark.parametrize(("version", "wire", "body"), CLEARED)
@pytest.mark.parametrize("word", ["Accepted", "Unknown"])
async def test_profiles_are_cleared_by_id_or_by_criteria(
    system: System, identity: str, version: str, wire: Any, body: Any, word: str
) -> None:
    """Unknown: the station has none, so neither have we."""
    path = f"stations/{identity}/charging-profiles"
    async with booted(system, identity, version) as station:
        await put(system, identity, 1, profile(version, 1))
        await station.call()
        station.answers["ClearChargingProfile"] = {"status": word}
        if body is None:
            answer = (await system.http.delete(f"{path}/1")).json()
        else:
            answer = await system.post(f"{path}/clear", body)
        assert await station.call() == ("ClearChargingProfile", wire)
    assert answer["payload"] == {"status": word}
    assert await held(system, identity) == []


@case("TC_K_08")
async def test_clearing_where_nothing_is_shows_the_answer(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1") as station:
        station.answers["ClearChargingProfile"] = {"status": "Unknown"}
        criteria = {"evse": 1, "purpose": TX_DEFAULT, "stack_level": 0}
        path = f"stations/{identity}/charging-profiles/clear"
        answer = await system.post(path, criteria)
        assert (answer["payload"], bool(answer["hint"])) == ({"status": "Unknown"}, True)
        wire = {"evseId": 1, "chargingProfilePurpose": TX_DEFAULT, "stackLevel": 0}
        assert station.calls == [("ClearChargingProfile", {"chargingProfileCriteria": wire})]
        assert (await system.http.post(path, json={})).status_code == 422


# -- remote start --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "version",
    [
        pytest.param("2.0.1", marks=case("TC_K_37")),
        "2.1",
        pytest.param("1.6", marks=case("TC_059")),
    ],
)
@pytest.mark.parametrize("raw", [False, True])
async def test_a_remote_start_brings_a_profile_that_belongs_to_its_transaction(
    system: System, identity: str, version: str, raw: bool
) -> None:
    wanted = profile(version, 4, TX, kind="Relative")
    async with booted(system, identity, version) as station:
        if not raw:
            body = {"token": "DEMO0001", "evse": 1, "charging_profile": wanted}
            answer = await system.post(f"stations/{identity}/start", body)
        elif version == "1.6":
            body = {"idTag": "DEMO0001", "connectorId": 1, "chargingProfile": wanted}
            path = f"stations/{identity}/calls/RemoteStartTransaction"
            answer = await system.post(path, body)
        else:
            token = {"idToken": "DEMO0001", "type": "Central"}
            body = {"idToken": token, "remoteStartId": 1, "evseId": 1, "chargingProfile": wanted}
            path = f"stations/{identity}/calls/RequestStartTransaction"
            answer = await system.post(path, body)
        assert answer["payload"] == ACCEPTED
        _, payload = await station.call()
        assert payload["chargingProfile"] == wanted
        assert await held(system, identity) == [(1, 4, "CSO")]
        name = await begin(system, station, identity, version)

        async def bound() -> Any:
            (item,) = await system.all(f"stations/{identity}/charging-profiles")
            return item.get("transaction")

        assert await eventually(bound) == name


@pytest.mark.parametrize("version", ALL)
async def test_a_start_with_another_profile_is_refused_and_a_raw_one_is_not(
    system: System, identity: str, version: str
) -> None:
    """F01, K05: the profile of a start is a TxProfile that names no transaction."""
    async with booted(system, identity, version) as station:
        body = {"token": "DEMO0001", "evse": 1, "charging_profile": profile(version, 1)}
        refused = await system.http.post(f"stations/{identity}/start", json=body)
        (error,) = refused.json()["errors"]
        assert refused.status_code == 422
        assert error["pointer"] == "/charging_profile/chargingProfilePurpose"
        assert "TxProfile" in error["detail"]
        assert station.calls == []
