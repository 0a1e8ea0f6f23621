"""Habits: a station that misbehaves on the wire, and is inside as ever."""

from random import Random
from typing import Any

import pytest

from libs.ocpp import catalog, codec
from libs.ocpp.message import Version
from libs.station import Habits, Token, local
from libs.station.clock import Clock
from libs.station.controller import Controller, Parts
from libs.station.flash import Flash
from libs.station.profile import Profile
from libs.station.station import ANSWERS, DIALECTS, FEATURES
from tests.libs.station.manual import Bench


def odd(version: Version = "v16", **habits: Any) -> Bench:
    """A bench whose station has these habits; not booted."""
    bench = Bench(version)
    bench.controller = Controller(
        Profile(identity="B", url="ws://nowhere/", version=version, habits=Habits(**habits)),
        Parts(
            clock=Clock(bench.wheel),
            dice=Random(1),
            dialect=DIALECTS[version],
            answer=ANSWERS[version],
            observer=bench.witness,
            flash=Flash(),
            saved=lambda: None,
            features=FEATURES,
        ),
    )
    bench.controller.wire = bench.server
    bench.server.controller = bench.controller
    return bench


@pytest.mark.parametrize("version", ["v16", "v201", "v21"])
@pytest.mark.parametrize(
    ("habit", "kind"),
    [
        ({"writes_zone": False}, "time"),
        ({"quotes_numbers": True}, "text as number"),
        ({"letters": "upper"}, "spelling"),
        ({"nulls": True}, "null"),
        ({"extras": True}, "unknown property"),
    ],
)
def test_what_it_writes_is_wrong_in_this_way_alone(
    version: Version, habit: dict[str, Any], kind: str
) -> None:
    bench = odd(version, **habit).boot()
    assert bench.controller.ready
    kinds: set[str] = set()
    for action, payload in bench.server.calls:
        request = catalog.find(version, action)
        assert request is not None
        written = codec._encoder.encode(payload)
        kinds |= {quirk.partition(" $")[0] for quirk in codec.mend(request, written).quirks}
    assert kinds == {kind}


def test_without_habits_nothing_is_touched() -> None:
    plain, still = Bench("v16").boot(), odd("v16").boot()

    def said(bench: Bench) -> list[Any]:
        return [(name, {**payload, "timestamp": None}) for name, payload in bench.server.calls]

    assert said(still) == said(plain)


def test_a_time_that_it_cannot_read_is_an_answer_lost() -> None:
    bench = odd("v16", reads_fractions=False)
    usual = bench.server.usual
    fraction = {"currentTime": "2026-01-01T00:00:00.123Z", "interval": 300, "status": "Accepted"}
    bench.server.usual = lambda action, payload: (  # type: ignore[method-assign]
        fraction if action == "BootNotification" else usual(action, payload)
    )
    bench.boot()
    assert not bench.controller.ready
    bench.server.usual = usual  # type: ignore[method-assign]
    bench.wheel.turn(120)
    assert bench.controller.ready


def test_it_takes_so_many_keys_and_never_all() -> None:
    bench = odd("v16", keys_max=2, keys_all=False).boot()
    ask = bench.server.ask
    keys = ["HeartbeatInterval", "ConnectionTimeOut", "ResetRetries"]
    assert len(ask("GetConfiguration", {"key": keys[:2]})[2]["configurationKey"]) == 2
    assert ask("GetConfiguration", {"key": keys})[0] == 4
    assert ask("GetConfiguration", {}) is None


@pytest.mark.parametrize(
    ("habit", "action", "refused", "taken"),
    [
        ({"soft_reset": False}, "Reset", {"type": "Soft"}, {"type": "Hard"}),
        (
            {"connector_zero": False},
            "ChangeAvailability",
            {"connectorId": 0, "type": "Inoperative"},
            {"connectorId": 1, "type": "Inoperative"},
        ),
        (
            {"needs_connector": True},
            "RemoteStartTransaction",
            {"idTag": "A"},
            {"idTag": "A", "connectorId": 1},
        ),
    ],
)
def test_it_refuses_one_form_and_takes_the_other(
    habit: dict[str, Any], action: str, refused: dict[str, Any], taken: dict[str, Any]
) -> None:
    bench = odd("v16", **habit).boot()
    assert bench.server.ask(action, refused)[2] == {"status": "Rejected"}
    assert bench.server.ask(action, taken)[2] == {"status": "Accepted"}


def test_an_action_that_it_does_not_know_gets_not_implemented() -> None:
    bench = odd("v16", unknown=frozenset({"TriggerMessage"})).boot()
    answer = bench.server.ask("TriggerMessage", {"requestedMessage": "Heartbeat"})
    assert (answer[0], answer[2]) == (4, "NotImplemented")


def test_it_knows_one_unit_of_schedules() -> None:
    bench = odd("v16", rate_unit="W").boot()
    asked = {"connectorId": 1, "duration": 60}
    in_a = bench.server.ask("GetCompositeSchedule", {**asked, "chargingRateUnit": "A"})
    in_w = bench.server.ask("GetCompositeSchedule", {**asked, "chargingRateUnit": "W"})
    assert in_a[2] == {"status": "Rejected"}
    assert in_w != in_a


def test_status_comes_before_the_answer_to_the_boot() -> None:
    bench = odd("v201", early_status=True)
    bench.server.silent = lambda action: action == "BootNotification"
    bench.boot()
    assert [action for action, _ in bench.server.calls][:3] == [
        "BootNotification", "StatusNotification", "StatusNotification",
    ]  # fmt: skip


def test_its_answers_take_their_time() -> None:
    bench = odd("v16", answer_seconds=5.0).boot()
    assert bench.server.ask("GetConfiguration", {"key": ["HeartbeatInterval"]}) is None
    bench.wheel.turn(4)
    assert bench.server.answers == []
    bench.wheel.turn(2)
    assert bench.server.answers[0][0] == 3


def test_tokens_are_written_small() -> None:
    bench = odd("v16", lower_tokens=True).boot()
    local.present(bench.controller, 1, Token("DEMO0001"), [].append)
    assert bench.server.said("Authorize") == [{"idTag": "demo0001"}]
