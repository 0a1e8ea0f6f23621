"""Every CALL of a server gets an answer: real, or an honest refusal with the right code."""

import json
from pathlib import Path

import jsonschema
import ocpp
import pytest

from libs.ocpp import catalog
from tests.libs.station.manual import Bench
from tests.libs.station.minimal import minimal

PACKAGE = Path(ocpp.__file__).parent

ORDERS = [
    (version, action)
    for version, actions in catalog.ACTIONS.items()
    for action, request in actions.items()
    if request.sender != "station"
]


def schema(version: str, action: str, kind: str) -> dict:
    folder = PACKAGE / version / "schemas"
    legacy = "" if kind == "Request" else kind
    name = f"{action}{legacy if version == 'v16' else kind}.json"
    return json.loads((folder / name).read_text(encoding="utf-8-sig"))


@pytest.mark.parametrize(("version", "action"), ORDERS, ids=lambda value: value)
def test_every_order_is_answered_by_its_schema_or_refused_as_not_supported(version, action):
    bench = Bench(version).boot()
    payload = minimal(schema(version, action, "Request"))
    answer = bench.server.ask(action, payload)
    bench.wheel.turn(100)
    if answer[0] == 3:
        jsonschema.validate(answer[2], schema(version, action, "Response"))
    else:
        assert answer[2] == "NotSupported", answer
        assert action in answer[3]


@pytest.mark.parametrize(
    ("version", "action", "payload", "code"),
    [
        ("v16", "NoSuchAction", {}, "NotImplemented"),
        ("v201", "NoSuchAction", {}, "NotImplemented"),
        ("v201", "SetDefaultTariff", {}, "NotImplemented"),
        ("v21", "Heartbeat", {}, "NotSupported"),
        ("v16", "Heartbeat", {}, "NotSupported"),
        ("v16", "Reset", {}, "ProtocolError"),
        ("v201", "Reset", {}, "OccurrenceConstraintViolation"),
        ("v16", "Reset", {"type": 5}, "TypeConstraintViolation"),
        ("v201", "Reset", {"type": "Maybe"}, "PropertyConstraintViolation"),
        ("v201", "GetVariables", {"getVariableData": []}, "OccurrenceConstraintViolation"),
        ("v16", "Reset", {"type": "Soft", "more": 1}, "FormationViolation"),
    ],
)
def test_a_wrong_order_gets_the_right_code(version, action, payload, code):
    assert Bench(version).boot().server.ask(action, payload)[2] == code


def test_a_broken_frame_is_answered_if_its_version_has_an_answer():
    bench = Bench("v201").boot()
    bench.controller.heard(b"[2,")
    assert bench.server.answers[-1][:3] == [4, "-1", "RpcFrameworkError"]


@pytest.mark.parametrize("version", ["v16", "v201", "v21"])
def test_a_rejected_station_does_not_obey(version):
    """2.x answers SecurityError, 1.6 nothing at all."""
    bench = Bench(version)
    bench.server.usual = lambda *_: {
        "currentTime": "2026-01-01T00:00:00Z", "interval": 100, "status": "Rejected"
    }  # fmt: skip
    bench.boot()
    answer = bench.server.ask("ClearCache", {})
    assert answer is None if version == "v16" else answer[2] == "SecurityError"


def test_a_pending_station_rejects_a_remote_start():
    bench = Bench("v201")
    bench.server.usual = lambda *_: {
        "currentTime": "2026-01-01T00:00:00Z", "interval": 100, "status": "Pending"
    }  # fmt: skip
    bench.boot()
    token = {"idToken": "DEMO0001", "type": "Central"}
    answer = bench.server.ask("RequestStartTransaction", {"idToken": token, "remoteStartId": 1})
    assert answer[2]["status"] == "Rejected"
    assert bench.server.ask("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"})[
        2
    ] == {"status": "Accepted"}
    assert bench.server.said("NotifyReport")


@pytest.mark.parametrize("version", ["v16", "v201"])
def test_the_answer_comes_before_what_it_promises(version):
    bench = Bench(version).boot()
    order: list[str] = []
    send = bench.server.send

    def note(data: bytes) -> None:
        frame = json.loads(data)
        order.append("answer" if frame[0] == 3 else frame[2])
        send(data)

    bench.server.send = note
    bench.server.ask("TriggerMessage", {"requestedMessage": "Heartbeat"})
    assert order == ["answer", "Heartbeat"]


def test_a_wrong_answer_of_the_server_is_told_in_2_1():
    """CALLRESULTERROR."""
    bench = Bench("v21")
    bench.server.usual = lambda *_: {"status": "Sure"}
    bench.boot()
    assert bench.server.answers[0][0] == 5
    assert not bench.controller.registration.accepted


def test_an_answer_to_another_call_changes_nothing():
    bench = Bench("v201").boot()
    bench.controller.heard(b'[3,"unknown",{"status":"Rejected"}]')
    bench.controller.heard(b'[4,"unknown","InternalError","",{}]')
    assert bench.controller.ready
