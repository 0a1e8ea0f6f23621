"""Battery swaps, priority charging and event streams of 2.1 at a station."""

from typing import Any

from libs.station import Car
from libs.station.flash import Battery
from libs.station.moment import Token
from libs.station.streams import WAITING_MAX, Streams
from libs.station.v2 import battery_swap
from tests.libs.station.manual import Bench

TOKEN = {"idToken": "DEMO0001", "type": "ISO14443"}


def swaps(bench: Bench) -> list[tuple[str, int, str]]:
    bench.wheel.turn(1)
    return [
        (each["eventType"], data["evseId"], data["serialNumber"])
        for each in bench.server.said("BatterySwap")
        for data in each["batteryData"]
    ]


def ask_for_swap(bench: Bench) -> Any:
    return bench.server.ask("RequestBatterySwap", {"idToken": TOKEN, "requestId": 7})[2]


def test_a_battery_that_nobody_takes_stays() -> None:
    """S04."""
    bench = Bench("v21").boot()
    bench.controller.flash.batteries[1] = Battery(serial="FULL", soc=99)
    token = Token("DEMO0001")
    battery_swap.exchange(bench.controller, token, 7, Battery(serial="OLD", soc=3), taken=False)
    assert swaps(bench) == [("BatteryIn", 2, "OLD"), ("BatteryOutTimeout", 1, "FULL")]
    assert {each.serial for each in bench.controller.flash.batteries.values()} == {"OLD", "FULL"}


def test_a_station_that_is_full_swaps_nothing() -> None:
    bench = Bench("v21").boot()
    assert ask_for_swap(bench)["statusInfo"]["reasonCode"] == "NotEnabled"
    for evse in bench.controller.evses:
        bench.controller.flash.batteries[evse] = Battery(serial=str(evse), soc=90)
    assert ask_for_swap(bench)["statusInfo"]["reasonCode"] == "NoFreeSlot"
    assert swaps(bench) == []


def test_priority_is_given_where_there_is_a_profile_for_it() -> None:
    """K22: asked for, told, and taken back."""
    bench = Bench("v21").boot()
    controller = bench.controller
    controller.evses[1].plug(Car(soc=20))
    start = {"idToken": TOKEN, "remoteStartId": 1, "evseId": 1}
    assert bench.server.ask("RequestStartTransaction", start)[2]["status"] == "Accepted"
    bench.wheel.turn(5)
    transaction = controller.flash.open[1].id
    wish = {"transactionId": transaction, "activate": True}
    assert bench.server.ask("UsePriorityCharging", wish)[2] == {"status": "NoProfile"}
    profile = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "PriorityCharging",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [
            {
                "id": 1,
                "chargingRateUnit": "W",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000}],
            }
        ],
    }
    answer = bench.server.ask("SetChargingProfile", {"evseId": 0, "chargingProfile": profile})
    assert answer[2]["status"] == "Accepted"
    assert bench.server.ask("UsePriorityCharging", wish)[2] == {"status": "Accepted"}
    off = {**wish, "activate": False}
    assert bench.server.ask("UsePriorityCharging", off)[2] == {"status": "Accepted"}
    bench.wheel.turn(5)
    told = bench.server.said("NotifyPriorityCharging")
    assert [each["activated"] for each in told] == [True, False]
    gone = {**wish, "transactionId": "none"}
    assert bench.server.ask("UsePriorityCharging", gone)[2]["status"] == "Rejected"


def streaming(answer: dict[str, Any], batch: int | None = None) -> tuple[Bench, Streams]:
    bench = Bench("v21").boot()
    usual = bench.server.usual
    bench.server.usual = lambda action, payload: (
        answer if action == "OpenPeriodicEventStream" else usual(action, payload)
    )
    streams = bench.controller.feature(Streams)
    streams.begin(17, interval=30, batch=batch)
    bench.wheel.turn(1)
    return bench, streams


def sent(bench: Bench) -> list[dict[str, Any]]:
    return [frame[3] for frame in bench.server.answers if frame[0] == 6]


def test_values_are_sent_together_or_in_time_and_without_an_answer() -> None:
    bench, streams = streaming({"status": "Accepted"}, batch=2)
    bench.server.answers.clear()
    for value in ("1", "2", "3"):
        streams.add(1, value)
    assert [[each["v"] for each in message["data"]] for message in sent(bench)] == [["1", "2"]]
    bench.wheel.turn(31)
    assert [each["v"] for each in sent(bench)[1]["data"]] == ["3"]
    assert sent(bench)[1]["pending"] == 0


def test_what_could_not_be_sent_is_pending() -> None:
    bench, streams = streaming({"status": "Accepted"}, batch=10)
    bench.server.close()
    for number in range(WAITING_MAX + 25):
        streams.add(1, str(number))
    bench.server.answers.clear()
    bench.server.open()
    streams.send(streams.open[1])
    (message,) = sent(bench)
    assert (message["pending"], message["data"][0]["v"]) == (WAITING_MAX - 10, "25")


def test_a_stream_that_is_not_wanted_is_not_open() -> None:
    bench, streams = streaming({"status": "Rejected"})
    assert streams.open == {}
    assert bench.server.ask("GetPeriodicEventStream", {})[2] == {}
    adjust = {"id": 1, "params": {"values": 3}}
    assert bench.server.ask("AdjustPeriodicEventStream", adjust)[2]["status"] == "Rejected"
