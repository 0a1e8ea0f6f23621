"""Block K at the station: what its EVSEs offer, limits from elsewhere, and what survives."""

from typing import Any

import msgspec
import pytest

from libs.station import external, flash, needs
from libs.station.battery import Car
from libs.station.chronicle import Permission
from libs.station.flash import Flash
from libs.station.moment import Token
from libs.station.smart_charging import SmartCharging
from tests.libs.station.manual import Bench
from tests.libs.station.profiles import (
    CAR,
    FULL_W,
    both,
    charging,
    every,
    offered,
    profile,
    put,
    start,
    transaction,
)

# -- limits --------------------------------------------------------------------------------------


@every
def test_a_car_is_offered_what_the_profile_allows_from_minute_to_minute(version):
    bench = charging(version)
    assert offered(bench) == FULL_W
    assert put(bench, 1, profile(version, limits=[10, 0, 6])) == ("Accepted", None)
    assert offered(bench) == 6_900
    bench.wheel.turn(61)
    assert bench.controller.evses[1].state == "SuspendedEVSE"
    bench.wheel.turn(60)
    assert (bench.controller.evses[1].state, offered(bench)) == ("Charging", 4_140)


@every
def test_the_energy_is_what_the_limit_let_through(version):
    bench = charging(version)
    before = bench.controller.evses[1].reading().register_mwh
    put(bench, 0, profile(version, limits=[10]))
    bench.wheel.turn(3_600)
    counted = bench.controller.evses[1].reading().register_mwh - before
    assert counted == pytest.approx(6_900_000, abs=10_000)


@every
def test_a_car_on_one_phase_gets_the_amps_of_one_phase(version):
    bench = Bench(version).boot()
    bench.controller.evses[1].plug(Car(max_power_w=7_400, phases=1))
    start(bench)
    put(bench, 1, profile(version, limits=[10]))
    assert offered(bench) == 2_300


@every
def test_the_maximum_of_the_station_is_shared_by_who_charges(version):
    bench = charging(version)
    put(bench, 0, profile(version, purpose="ChargingStationMaxProfile", limits=[20], level=1))
    assert offered(bench) == 13_800
    bench.controller.evses[2].plug(CAR)
    if version == "v16":
        bench.server.ask("RemoteStartTransaction", {"idTag": "U", "connectorId": 2})
    else:
        token = {"idToken": "U", "type": "Central"}
        body = {"idToken": token, "remoteStartId": 2, "evseId": 2}
        bench.server.ask("RequestStartTransaction", body)
    assert (offered(bench, 1), offered(bench, 2)) == (6_900, 6_900)


@every
def test_the_profile_of_a_transaction_goes_with_it(version):
    """K01.FR.14: the next driver is not limited by it."""
    bench = charging(version)
    wanted = profile(version, purpose="TxProfile", limits=[8], transactionId=transaction(bench))
    assert put(bench, 1, wanted) == ("Accepted", None)
    assert offered(bench) == 5_520
    bench.controller.evses[1].stop("Local")
    assert bench.controller.flash.profiles == []
    start(bench)
    assert offered(bench) == FULL_W


@every
def test_a_remote_start_brings_a_profile_that_waits_for_the_plug(version):
    """K05, 1.6 5.16.2: it is relative to the begin of charging."""
    bench = Bench(version).boot()
    wanted = profile(version, purpose="TxProfile", kind="Relative", limits=[6, 12])
    assert start(bench, wanted) == "Accepted"
    bench.wheel.turn(20)
    assert bench.controller.flash.profiles == []
    bench.controller.evses[1].plug(CAR)
    assert offered(bench) == 4_140
    bench.wheel.turn(61)
    assert offered(bench) == 8_280
    running = bench.controller.evses[1].transaction
    assert [p.plan.transaction for p in bench.controller.flash.profiles] == [running.id]


@every
def test_a_remote_start_that_nobody_follows_takes_its_profile_along(version):
    bench = Bench(version).boot()
    start(bench, profile(version, purpose="TxProfile", limits=[6]))
    bench.wheel.turn(120)
    bench.controller.evses[1].plug(CAR)
    bench.controller.evses[1].allow(Permission(Token("LOCAL")))
    assert offered(bench) == FULL_W


@every
def test_a_remote_start_with_another_profile_is_refused(version):
    """F01.FR.10: only a TxProfile, and it cannot name a transaction yet."""
    bench = Bench(version).boot()
    assert start(bench, profile(version)) == "Rejected"
    named = profile(version, purpose="TxProfile", transactionId=7 if version == "v16" else "7")
    assert start(bench, named) == "Rejected"


@every
def test_profiles_survive_a_power_cut(version):
    bench = charging(version)
    put(bench, 1, profile(version, limits=[10]))
    put(bench, 1, profile(version, 2, "TxProfile", transactionId=transaction(bench)))
    bench.controller.power_off(abruptly=True)
    kept = msgspec.json.decode(msgspec.json.encode(bench.controller.flash), type=Flash)
    assert kept.profiles == bench.controller.flash.profiles
    bench.controller.power_on()
    bench.wheel.turn(1)
    assert [p.plan.id for p in bench.controller.flash.profiles] == [1]
    start(bench)
    assert offered(bench) == 6_900


def test_a_profile_in_a_file_is_read_again(tmp_path):
    bench = Bench("v21").boot()
    put(bench, 1, profile("v21"))
    flash.save(bench.controller.flash, tmp_path / "flash")
    assert flash.load(tmp_path / "flash").profiles == bench.controller.flash.profiles


# -- limits from elsewhere, cars that plan -------------------------------------------------------


@both
def test_an_external_limit_is_told_obeyed_and_never_cleared_by_the_server(version):
    """K11, K12, K13, K10.FR.06."""
    bench = charging(version)
    external.constrain(bench.controller, 0, 8, "A", "EMS")
    bench.wheel.turn(1)
    assert offered(bench) == 5_520
    (told,) = bench.server.said("NotifyChargingLimit")
    assert told["chargingLimit"] == {"chargingLimitSource": "EMS"}
    assert told["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] == 8
    reasons = [e["triggerReason"] for e in bench.server.said("TransactionEvent")]
    assert reasons[-1] == "ChargingRateChanged"
    clear = {"chargingProfileCriteria": {"evseId": 0}}
    assert bench.server.ask("ClearChargingProfile", clear)[2]["status"] == "Unknown"
    assert external.release(bench.controller, 0, "EMS")
    bench.wheel.turn(1)
    cleared = {"chargingLimitSource": "EMS", "evseId": 0}
    assert bench.server.said("ClearedChargingLimit") == [cleared]
    assert offered(bench) == FULL_W
    assert not external.release(bench.controller, 0, "EMS")


@both
def test_an_external_limit_that_hardly_changes_anything_is_not_told(version):
    bench = Bench(version).boot()
    external.constrain(bench.controller, 1, 31.5, "A", "EMS")
    bench.wheel.turn(1)
    assert bench.server.said("NotifyChargingLimit") == []


def test_an_external_limit_of_1_6_is_only_obeyed():
    bench = charging("v16")
    external.constrain(bench.controller, 1, 8, "A", "EMS")
    assert offered(bench) == 5_520
    assert external.release(bench.controller, 1, "EMS")


@both
def test_settings_tell_what_it_can(version):
    bench = Bench(version).boot()
    put(bench, 1, profile(version))
    read = bench.controller.configuration.text
    assert read("SmartChargingCtrlr.Entries[ChargingProfiles]") == "1"
    assert read("ChargingScheduleAllowedChargingRateUnit") == "Current,Power"
    assert read("SmartChargingCtrlr.RateUnit") == "A,W"


def test_without_profiles_nothing_waits():
    """Fleets hold thousands: no timer for a station that nobody limits."""
    bench = charging("v201")
    feature = bench.controller.feature(SmartCharging)
    assert feature._timer is None
    put(bench, 1, profile("v201", limits=[6, 8]))
    assert feature._timer is not None
    bench.server.ask("ClearChargingProfile", {"chargingProfileId": 1})
    assert feature._timer is None


# -- dynamic profiles (2.1) ----------------------------------------------------------------------


def test_a_dynamic_profile_takes_what_the_server_pushes():
    """K29; what is no dynamic profile takes nothing."""
    bench = charging("v21")
    put(bench, 1, profile("v21", 1, limits=[10]) | {"chargingProfileKind": "Dynamic"})
    assert offered(bench) == 6_900

    def push(id: int, **values: float) -> dict[str, Any]:
        body = {"chargingProfileId": id, "scheduleUpdate": values}
        return bench.server.ask("UpdateDynamicSchedule", body)[2]

    assert push(1, limit=6.0) == {"status": "Accepted"}
    assert offered(bench) == 4_140
    put(bench, 1, profile("v21", 2, level=1, limits=[20]))
    assert push(2, limit=6.0)["statusInfo"] == {"reasonCode": "InvalidProfile"}
    assert push(3, limit=6.0)["status"] == "Rejected"


def test_a_dynamic_profile_asks_for_its_values_in_time():
    """K28: by dynUpdateInterval, for as long as the profile is there."""
    bench = charging("v21")
    answers = {"status": "Accepted", "scheduleUpdate": {"limit": 7.0}}
    usual = bench.server.usual
    bench.server.usual = lambda action, payload: (
        answers if action == "PullDynamicScheduleUpdate" else usual(action, payload)
    )
    wanted = profile("v21", 1, limits=[10]) | {"chargingProfileKind": "Dynamic"}
    put(bench, 1, wanted | {"dynUpdateInterval": 30})
    bench.wheel.turn(31)
    assert bench.server.said("PullDynamicScheduleUpdate") == [{"chargingProfileId": 1}]
    assert offered(bench) == 4_830
    answers = {"status": "Rejected"}
    bench.wheel.turn(30)
    assert offered(bench) == 4_830
    bench.controller.power_off()
    bench.controller.power_on()
    bench.wheel.turn(31)
    assert len(bench.server.said("PullDynamicScheduleUpdate")) == 3
    bench.server.ask("ClearChargingProfile", {"chargingProfileId": 1})
    bench.wheel.turn(300)
    assert len(bench.server.said("PullDynamicScheduleUpdate")) == 3


# -- cars of ISO 15118 ---------------------------------------------------------------------------


@both
def test_a_car_tells_its_needs_and_its_plan(version):
    """K15."""
    bench = charging(version)
    put(bench, 1, profile(version, limits=[10]))
    for told in (
        needs.wanted(bench.controller, 1, 20_000, bench.controller.clock.now()),
        needs.planned(bench.controller, 1, 3600),
    ):
        assert told is not None
        bench.controller.say(told)
    bench.wheel.turn(1)
    (wanted,) = bench.server.said("NotifyEVChargingNeeds")
    assert wanted["chargingNeeds"]["requestedEnergyTransfer"] == "AC_three_phase"
    (plan,) = bench.server.said("NotifyEVChargingSchedule")
    (period,) = plan["chargingSchedule"]["chargingSchedulePeriod"]
    assert (period["limit"], plan["chargingSchedule"]["duration"]) == (10.0, 3600)
    assert needs.wanted(bench.controller, 2, 1, None) is None
