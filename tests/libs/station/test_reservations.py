"""Places that a station keeps for somebody (H01 to H04), on paper and by hand."""

from datetime import timedelta
from typing import Any

import pytest

from libs.station import local
from libs.station.battery import Car
from libs.station.moment import Token
from tests.libs.station.manual import Bench

ALL = pytest.mark.parametrize("version", ["v16", "v201", "v21"])
TWO = pytest.mark.parametrize("version", ["v201", "v21"])
HOUR = 3600.0


def reserve(bench: Bench, id: int, evse: int | None, token: str = "AA11", **more: Any) -> str:
    """ReserveNow for an hour; the status of the answer."""
    seconds = more.pop("seconds", HOUR)
    until = bench.controller.clock.now() + timedelta(seconds=seconds)
    text = until.isoformat().replace("+00:00", "Z")
    group = more.pop("group", None)
    if bench.controller.profile.version == "v16":
        body = {
            "connectorId": evse or 0, "expiryDate": text, "idTag": token, "reservationId": id,
            "parentIdTag": group,
        }  # fmt: skip
    else:
        body = {
            "id": id,
            "expiryDateTime": text,
            "idToken": {"idToken": token, "type": "ISO14443"},
            "groupIdToken": {"idToken": group, "type": "Central"} if group else None,
            "evseId": evse,
            **more,
        }
    told = {name: value for name, value in body.items() if value is not None}
    return bench.server.ask("ReserveNow", told)[2]["status"]


def statuses(bench: Bench) -> list[str]:
    return [bench.controller.view(evse).connector for evse in bench.controller.evses]


def present(bench: Bench, token: str, evse: int) -> str:
    shown: list[str] = []
    local.present(bench.controller, evse, Token(token), shown.append)
    bench.wheel.turn(0.1)
    return shown[0]


def updates(bench: Bench) -> list[tuple[int, str]]:
    """What 2.x told, and what 1.6 has no words for."""
    bench.wheel.turn(0.1)
    return [
        (said["reservationId"], said["reservationUpdateStatus"])
        for said in bench.server.said("ReservationStatusUpdate")
    ]


@ALL
def test_a_place_is_reserved_and_told(version: str) -> None:
    bench = Bench(version).boot()
    bench.server.calls.clear()
    assert reserve(bench, 1, 1) == "Accepted"
    bench.wheel.turn(0.1)
    said = bench.server.said("StatusNotification")
    assert [each.get("status") or each.get("connectorStatus") for each in said] == ["Reserved"]
    assert present(bench, "BB22", 1) == "Reserved"
    assert present(bench, "BB22", 2) == "Accepted"


@ALL
def test_enough_places_are_kept_for_who_may_come_anywhere(version: str) -> None:
    """H_08, H_14: Reserved shows only when no more EVSEs are free than are kept."""
    bench = Bench(version).boot()
    assert reserve(bench, 1, None) == "Accepted"
    assert statuses(bench) == ["Available", "Available"]
    assert reserve(bench, 2, None, "BB22") == "Accepted"
    assert statuses(bench) == ["Reserved", "Reserved"]
    assert reserve(bench, 3, None) == "Occupied"
    assert reserve(bench, 3, 1) == "Occupied"
    assert present(bench, "CC33", 1) == "Reserved"
    assert present(bench, "BB22", 2) == "Accepted"
    assert statuses(bench)[0] == "Reserved"


@ALL
def test_a_stranger_takes_a_place_only_while_enough_are_left(version: str) -> None:
    bench = Bench(version).boot()
    reserve(bench, 1, None)
    assert present(bench, "CC33", 1) == "Accepted"
    assert statuses(bench)[1] == "Reserved"
    bench.wheel.turn(0.1)
    assert present(bench, "DD44", 2) == "Reserved"
    assert present(bench, "AA11", 2) == "Accepted"


@ALL
def test_any_place_needs_a_station_that_does_that(version: str) -> None:
    bench = Bench(version, ReservationCtrlr__NonEvseSpecific="false").boot()
    assert reserve(bench, 1, None) == "Rejected"
    assert reserve(bench, 1, 1) == "Accepted"


@ALL
@pytest.mark.parametrize(
    ("evse", "more"), [(3, {}), (1, {"seconds": -1.0}), (None, {"seconds": -1.0})]
)
def test_what_cannot_be_is_rejected(version: str, evse: int | None, more: dict[str, Any]) -> None:
    bench = Bench(version).boot()
    assert reserve(bench, 1, evse, **more) == "Rejected"


@ALL
def test_a_station_that_reserves_nothing_rejects(version: str) -> None:
    """H_22, TC_048_4."""
    bench = Bench(version, ReservationCtrlr__Enabled="false").boot()
    assert reserve(bench, 1, 1) == "Rejected"


@ALL
def test_each_state_of_a_place_has_its_answer(version: str) -> None:
    """TC_048_1 to _3."""
    bench = Bench(version).boot()
    first, second = bench.controller.evses.values()
    first.fail("OtherError")
    assert reserve(bench, 1, 1) == "Faulted"
    assert reserve(bench, 1, None) == "Accepted"
    assert reserve(bench, 2, None) == "Occupied"
    second.plug(Car())
    assert reserve(bench, 2, 2) == "Occupied"
    bench.controller.flash.inoperative.add((2, 0))
    assert reserve(bench, 3, 2) == "Unavailable"


@TWO
def test_a_type_of_connector_is_looked_for(version: str) -> None:
    """H_15."""
    bench = Bench(version).boot()
    assert reserve(bench, 1, None, connectorType="cCCS2") == "Rejected"
    assert reserve(bench, 1, None, connectorType="cType2") == "Accepted"


@ALL
def test_the_same_id_replaces(version: str) -> None:
    bench = Bench(version).boot()
    reserve(bench, 1, 1)
    assert reserve(bench, 1, 2, "BB22") == "Accepted"
    assert statuses(bench) == ["Available", "Reserved"]
    bench.wheel.turn(HOUR / 2)
    assert reserve(bench, 1, 2, "BB22") == "Accepted"
    bench.wheel.turn(HOUR / 2 + 1)
    assert statuses(bench) == ["Available", "Reserved"]
    assert updates(bench) == []


@ALL
def test_a_group_may_use_it(version: str) -> None:
    """H_19, TC_053: the server's answer to Authorize says that they are of one group."""
    bench = Bench(version).boot()
    usual = bench.server.usual
    info = {"idTagInfo": {"status": "Accepted", "parentIdTag": "g"}}
    group = {"idToken": "g", "type": "Central"}
    if version != "v16":
        info = {"idTokenInfo": {"status": "Accepted", "groupIdToken": group}}

    def answer(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        return info if action == "Authorize" else usual(action, payload)

    bench.server.usual = answer  # type: ignore[method-assign]
    reserve(bench, 1, 1, group="G")
    assert present(bench, "BB22", 1) == "Accepted"
    assert bench.controller.flash.reservations == {}


@ALL
def test_a_token_keeps_what_it_has_elsewhere(version: str) -> None:
    """H03: a reservation of EVSE 2 is not used up at EVSE 1."""
    bench = Bench(version).boot()
    reserve(bench, 1, 2)
    assert present(bench, "AA11", 1) == "Accepted"
    assert list(bench.controller.flash.reservations) == [1]


@ALL
def test_a_fault_removes_it(version: str) -> None:
    """H_20; what names no EVSE stays while a place is left."""
    bench = Bench(version).boot()
    reserve(bench, 1, 1)
    reserve(bench, 2, None)
    bench.controller.evses[1].fail("OtherError")
    assert updates(bench) == ([] if version == "v16" else [(1, "Removed")])
    assert statuses(bench) == ["Faulted", "Reserved"]
    bench.controller.evses[2].fail("OtherError")
    assert updates(bench)[1:] == ([] if version == "v16" else [(2, "Removed")])
    assert bench.controller.flash.reservations == {}


@ALL
def test_out_of_service_removes_it_after_the_answer(version: str) -> None:
    bench = Bench(version).boot()
    reserve(bench, 1, 1)
    if version == "v16":
        body: dict[str, Any] = {"connectorId": 1, "type": "Inoperative"}
    else:
        body = {"operationalStatus": "Inoperative", "evse": {"id": 1}}
    assert bench.server.ask("ChangeAvailability", body)[2] == {"status": "Accepted"}
    assert updates(bench) == ([] if version == "v16" else [(1, "Removed")])
    assert statuses(bench) == ["Unavailable", "Available"]


@ALL
def test_it_expires(version: str) -> None:
    """H_07, TC_047."""
    bench = Bench(version).boot()
    reserve(bench, 1, 1, seconds=10.0)
    bench.wheel.turn(11)
    assert statuses(bench) == ["Available", "Available"]
    assert updates(bench) == ([] if version == "v16" else [(1, "Expired")])


@ALL
def test_it_survives_a_power_cut_and_expires_then(version: str) -> None:
    bench = Bench(version).boot()
    reserve(bench, 1, 1, seconds=60.0)
    bench.controller.power_off(abruptly=True)
    bench.wheel.turn(5)
    bench.boot()
    assert statuses(bench) == ["Reserved", "Available"]
    bench.wheel.turn(60)
    assert statuses(bench) == ["Available", "Available"]
    assert updates(bench) == ([] if version == "v16" else [(1, "Expired")])


@TWO
def test_what_ended_offline_is_told_later(version: str) -> None:
    bench = Bench(version).boot()
    reserve(bench, 1, 1, seconds=10.0)
    bench.server.close()
    bench.wheel.turn(11)
    assert updates(bench) == []
    bench.server.open()
    assert updates(bench) == [(1, "Expired")]


@ALL
def test_a_token_without_a_car_wastes_it(version: str) -> None:
    """H03: only 2.1 has a word for it."""
    bench = Bench(version).boot()
    reserve(bench, 1, 1)
    present(bench, "AA11", 1)
    bench.wheel.turn(61)
    assert updates(bench) == ([(1, "NoTransaction")] if version == "v21" else [])
    assert statuses(bench) == ["Available", "Available"]


@ALL
def test_a_session_that_began_used_it(version: str) -> None:
    bench = Bench(version).boot()
    reserve(bench, 1, 1)
    present(bench, "AA11", 1)
    bench.controller.evses[1].plug(Car())
    bench.wheel.turn(5)
    bench.controller.evses[1].unplug()
    bench.wheel.turn(5)
    action = "StartTransaction" if version == "v16" else "TransactionEvent"
    assert bench.server.said(action)[0]["reservationId"] == 1
    assert updates(bench) == []
