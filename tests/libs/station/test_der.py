"""Block R at a station: which control is in effect, and what the server is told of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from libs.station import der
from libs.station.flash import Control
from tests.libs.station.manual import Bench

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
CURVE = {"curveData": [{"x": 1, "y": 2}], "yUnit": "PctMaxVar"}

controls = st.builds(
    lambda number, priority, kind, default, start, seconds: Control(
        id=str(number),
        kind=kind,
        is_default=default,
        priority=priority,
        starts=None if start is None else NOW + timedelta(seconds=start),
        seconds=seconds,
        order=number,
    ),
    st.integers(0, 1_000),
    st.integers(0, 3),
    st.sampled_from(["VoltVar", "FixedVar"]),
    st.booleans(),
    st.none() | st.integers(-50, 50),
    st.none() | st.integers(1, 60),
)
sets = st.lists(controls, max_size=6, unique_by=lambda control: control.id)


@given(sets)
def test_one_control_of_a_kind_is_in_effect_at_a_time(all_of_them: list[Control]) -> None:
    by_id = {control.id: control for control in all_of_them}
    kinds = [by_id[each].kind for each in der.in_effect(all_of_them, NOW)]
    assert len(kinds) == len(set(kinds))


@given(sets)
def test_where_some_could_be_in_effect_one_of_the_highest_priority_is(
    all_of_them: list[Control],
) -> None:
    at = NOW.timestamp()
    ready = [
        control
        for control in all_of_them
        if not control.is_default and der.begin(control) <= at < der.end(control)
    ]
    found = {control.kind: control for control in ready if control.id in der.in_effect(ready, NOW)}
    assert set(found) == {control.kind for control in ready}
    for control in ready:
        assert found[control.kind].priority <= control.priority


@given(sets)
def test_ranking_is_one_way(all_of_them: list[Control]) -> None:
    for one in all_of_them:
        for other in all_of_them:
            assert not (der.outranks(one, other) and der.outranks(other, one))


def put(bench: Bench, id: str, priority: int = 1, *, default: bool = False, **more: Any) -> Any:
    control = {"isDefault": default, "controlId": id, "controlType": "VoltVar"}
    return bench.server.ask(
        "SetDERControl", {**control, "curve": {**CURVE, "priority": priority, **more}}
    )[2]


def turned(bench: Bench) -> list[tuple[str, bool]]:
    bench.wheel.turn(1)
    said = bench.server.said("NotifyDERStartStop")
    bench.server.calls.clear()
    return [(each["controlId"], each["started"]) for each in said]


def test_a_control_of_higher_priority_takes_the_place_until_it_is_over() -> None:
    bench = Bench("v21").boot()
    bench.server.calls.clear()
    assert put(bench, "weak", 5) == {"status": "Accepted"}
    assert turned(bench) == [("weak", True)]
    answer = put(bench, "strong", 1, duration=60)
    assert answer == {"status": "Accepted", "supersededIds": ["weak"]}
    assert sorted(turned(bench)) == [("strong", True), ("weak", False)]
    bench.wheel.turn(60)
    assert sorted(turned(bench)) == [("strong", False), ("weak", True)]
    assert set(bench.controller.flash.controls) == {"weak"}


def test_a_default_starts_nothing_and_a_later_start_waits() -> None:
    bench = Bench("v21").boot()
    bench.server.calls.clear()
    put(bench, "base", default=True)
    start = (bench.controller.clock.now() + timedelta(seconds=30)).isoformat()
    put(bench, "soon", startTime=start, duration=10)
    assert turned(bench) == []
    bench.wheel.turn(30)
    assert turned(bench) == [("soon", True)]
    bench.wheel.turn(10)
    assert turned(bench) == [("soon", False)]


def test_what_happened_without_connection_is_told_afterwards() -> None:
    bench = Bench("v21").boot()
    put(bench, "short", duration=60)
    assert turned(bench)[-1] == ("short", True)
    bench.server.close()
    bench.wheel.turn(90)
    assert "short" in bench.controller.flash.controls
    bench.server.open()
    assert turned(bench) == [("short", False)]
    assert bench.controller.flash.controls == {}


def test_controls_are_reported_in_parts_and_cleared_by_filter() -> None:
    bench = Bench("v21").boot()
    for number in range(10):
        put(bench, f"c{number}", default=number > 6)
    wanted = {"requestId": 7, "isDefault": False}
    assert bench.server.ask("GetDERControl", wanted)[2] == {"status": "Accepted"}
    bench.wheel.turn(5)
    parts = bench.server.said("ReportDERControl")
    assert [len(part["curve"]) for part in parts] == [7]
    assert bench.server.ask("GetDERControl", {"requestId": 8})[2] == {"status": "Accepted"}
    bench.wheel.turn(5)
    parts = bench.server.said("ReportDERControl")[1:]
    assert [(len(part["curve"]), part.get("tbc")) for part in parts] == [(8, True), (2, None)]
    clear = {"isDefault": True, "controlType": "VoltVar"}
    assert bench.server.ask("ClearDERControl", clear)[2] == {"status": "Accepted"}
    assert bench.server.ask("ClearDERControl", clear)[2] == {"status": "NotFound"}
    assert len(bench.controller.flash.controls) == 7


def test_a_kind_that_it_has_not_and_a_setting_that_is_missing() -> None:
    bench = Bench("v21", DCDERCtrlr__ModesSupported="VoltVar").boot()
    fixed = {"isDefault": False, "controlId": "x", "controlType": "FixedVar"}
    assert bench.server.ask("SetDERControl", fixed)[2]["status"] == "NotSupported"
    volt = {**fixed, "controlType": "VoltVar"}
    assert bench.server.ask("SetDERControl", volt)[2]["status"] == "Rejected"
