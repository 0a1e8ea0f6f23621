"""Block O at a station: what it takes, what people see, when it goes."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from libs.station.display import visible
from libs.station.settings import DISPLAYS_MAX
from tests.libs.station.manual import Bench

TEXT = {"format": "UTF8", "content": "Hello"}


def later(bench: Bench, seconds: float) -> str:
    at = bench.controller.clock.now() + timedelta(seconds=seconds)
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def put(bench: Bench, id: int, **more: Any) -> str:
    message = {"id": id, "priority": "NormalCycle", "message": TEXT, **more}
    return bench.server.ask("SetDisplayMessage", {"message": message})[2]["status"]


def reported(bench: Bench, **wanted: Any) -> list[int]:
    """Ids of what it reports when it is asked."""
    bench.server.calls.clear()
    answer = bench.server.ask("GetDisplayMessages", {"requestId": 1, **wanted})
    bench.wheel.turn(5)
    parts = bench.server.said("NotifyDisplayMessages")
    assert answer[2]["status"] == ("Accepted" if parts else "Unknown")
    assert [part.get("tbc", False) for part in parts] == [True] * (len(parts) - 1) + [False] * (
        len(parts) > 0
    )
    return [info["id"] for part in parts for info in part["messageInfo"]]


@pytest.mark.parametrize(
    ("setting", "message", "status"),
    [
        ("SupportedFormats=ASCII", {}, "NotSupportedMessageFormat"),
        ("SupportedPriorities=InFront", {}, "NotSupportedPriority"),
        ("SupportedStates=Idle", {"state": "Faulted"}, "NotSupportedState"),
        ("Enabled=false", {}, "Rejected"),
        ("Enabled=true", {"transactionId": "none"}, "UnknownTransaction"),
        ("Enabled=true", {}, "Accepted"),
    ],
)
def test_a_message_is_judged_by_what_the_station_can(
    setting: str, message: dict[str, Any], status: str
) -> None:
    name, _, value = setting.partition("=")
    bench = Bench("v201", **{f"DisplayMessageCtrlr__{name}": value}).boot()
    assert put(bench, 1, **message) == status
    assert reported(bench) == ([1] if status == "Accepted" else [])


def test_languages_and_codes_are_of_2_1() -> None:
    bench = Bench("v21", DisplayMessageCtrlr__Language="en,de").boot()
    french = {**TEXT, "language": "fr"}
    assert put(bench, 1, message=french) == "LanguageNotSupported"
    assert put(bench, 1, messageExtra=[french]) == "LanguageNotSupported"
    assert put(bench, 1, message={**TEXT, "format": "QRCODE"}) == "Accepted"
    older = Bench("v201", DisplayMessageCtrlr__Language="en").boot()
    assert put(older, 1, message=french) == "Rejected"


def test_there_is_room_for_so_many_and_the_same_id_replaces() -> None:
    bench = Bench().boot()
    assert {put(bench, number) for number in range(DISPLAYS_MAX)} == {"Accepted"}
    assert put(bench, DISPLAYS_MAX) == "Rejected"
    assert put(bench, 0, priority="InFront") == "Accepted"
    assert reported(bench, priority="InFront") == [0]
    assert len(reported(bench)) == DISPLAYS_MAX
    assert reported(bench, id=[3, 4, 99]) == [3, 4]


def test_a_message_comes_and_goes_with_its_times() -> None:
    bench = Bench().boot()
    put(bench, 1, startDateTime=later(bench, 60), endDateTime=later(bench, 120))
    assert (visible(bench.controller), reported(bench)) == ([], [1])
    bench.wheel.turn(70)
    assert visible(bench.controller) == [1]
    bench.wheel.turn(60)
    assert (visible(bench.controller), reported(bench)) == ([], [])


def test_what_is_always_in_front_hides_the_others() -> None:
    bench = Bench().boot()
    put(bench, 1)
    put(bench, 2, priority="InFront")
    assert visible(bench.controller) == [2, 1]
    put(bench, 3, priority="AlwaysFront", state="Charging")
    assert visible(bench.controller) == [2, 1]
    put(bench, 4, priority="AlwaysFront", state="Idle")
    assert visible(bench.controller) == [4]


def test_messages_survive_a_power_cut() -> None:
    bench = Bench().boot()
    put(bench, 1)
    bench.controller.power_off(abruptly=True)
    bench.boot()
    assert reported(bench) == [1]
    assert bench.server.ask("ClearDisplayMessage", {"id": 1})[2] == {"status": "Accepted"}
    assert bench.server.ask("ClearDisplayMessage", {"id": 1})[2] == {"status": "Unknown"}


def test_the_device_model_tells_how_many_there_are() -> None:
    bench = Bench().boot()
    put(bench, 1)
    where = {
        "component": {"name": "DisplayMessageCtrlr"},
        "variable": {"name": "DisplayMessages"},
    }
    answer = bench.server.ask("GetVariables", {"getVariableData": [where]})
    assert answer[2]["getVariableResult"][0]["attributeValue"] == "1"
