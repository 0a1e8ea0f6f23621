"""The small pure modules: boot gate, penalty, replay, wheel, inspection."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import msgspec
import pytest

from libs.bus import CallFault
from libs.ocpp.frame import Call
from libs.ocpp.message import Version
from services.edge import gate
from services.edge.inspection import Inspected, inspect, unwrapped
from services.edge.penalty import KEYS_MAX, Penalty
from services.edge.replay import Replay
from services.edge.wheel import Wheel

NOTHING: frozenset[str] = frozenset()

# -- gate ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v16", "v201", "v21"])
@pytest.mark.parametrize("status", ["Accepted", "Pending", "Rejected", None])
def test_a_boot_notification_always_passes(version: Version, status: Any) -> None:
    assert (
        gate.refusal(status, version=version, action="BootNotification", asked_for=NOTHING) is None
    )


@pytest.mark.parametrize(
    ("status", "version", "action", "asked_for", "passes"),
    [
        ("Accepted", "v16", "Authorize", NOTHING, True),
        ("Pending", "v201", "StatusNotification", NOTHING, False),
        ("Pending", "v201", "StatusNotification", frozenset({"StatusNotification"}), True),
        ("Pending", "v201", "NotifyReport", frozenset({"StatusNotification"}), False),
        ("Pending", "v201", "TransactionEvent", NOTHING, False),
        ("Rejected", "v201", "StatusNotification", frozenset({"StatusNotification"}), False),
        ("Rejected", "v16", "StartTransaction", NOTHING, False),
        (None, "v16", "StatusNotification", NOTHING, False),
        (None, "v16", "StartTransaction", NOTHING, True),
        (None, "v16", "StopTransaction", NOTHING, True),
        (None, "v16", "MeterValues", NOTHING, True),
        (None, "v201", "TransactionEvent", NOTHING, True),
        (None, "v21", "TransactionEvent", NOTHING, True),
        (None, "v21", "MeterValues", NOTHING, False),
    ],
)
def test_what_passes_before_the_boot_is_accepted(
    status: Any, version: Version, action: str, asked_for: frozenset[str], passes: bool
) -> None:
    refusal = gate.refusal(status, version=version, action=action, asked_for=asked_for)
    assert (refusal is None) is passes


@pytest.mark.parametrize(
    ("action", "payload", "allowed"),
    [
        ("TriggerMessage", {"requestedMessage": "StatusNotification"}, "StatusNotification"),
        ("TriggerMessage", {"requestedMessage": "SignV2GCertificate"}, "SignCertificate"),
        (
            "ExtendedTriggerMessage",
            {"requestedMessage": "LogStatusNotification"},
            "LogStatusNotification",
        ),
        ("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}, "NotifyReport"),
        ("GetReport", {"requestId": 1}, "NotifyReport"),
        ("GetVariables", {}, None),
    ],
)
def test_what_we_ask_for_may_be_sent(
    action: str, payload: dict[str, Any], allowed: str | None
) -> None:
    assert gate.requested(action, payload) == allowed


# -- penalty ---------------------------------------------------------------------------------------


def test_so_many_connects_pass_and_no_more() -> None:
    penalty = Penalty(3)
    assert [penalty.take("CP1", 0.0) for _ in range(5)] == [None, None, None, 20, 20]
    assert penalty.take("CP2", 0.0) is None
    assert penalty.refusals("CP1") == 2


def test_time_gives_connects_back() -> None:
    penalty = Penalty(3)
    for _ in range(4):
        penalty.take("CP1", 0.0)
    assert penalty.take("CP1", 19.0) == 1
    assert penalty.take("CP1", 20.0) is None
    assert penalty.take("CP1", 20.0) == 20


def test_a_fault_of_ours_does_not_count() -> None:
    penalty = Penalty(1)
    for _ in range(10):
        assert penalty.take("CP1", 0.0) is None
        penalty.give_back("CP1")


def test_the_memory_of_penalties_is_bounded() -> None:
    penalty = Penalty(1)
    for number in range(KEYS_MAX + 10):
        penalty.take(number, 0.0)
    assert len(penalty.buckets) == KEYS_MAX
    assert penalty.refusals(0) == 0


# -- replay ----------------------------------------------------------------------------------------


def test_an_answer_is_remembered_for_the_same_frame_only() -> None:
    replay = Replay(2)
    replay.remember("1", b"frame", b"answer")
    assert replay.verdict("1", b"frame") == "repeated"
    assert replay.verdict("1", b"other") == "reused"
    assert replay.verdict("2", b"frame") == "new"
    assert replay.answer("1") == b"answer"


def test_the_oldest_answer_is_forgotten_first() -> None:
    replay = Replay(2)
    for number in ("1", "2", "1", "3"):
        replay.remember(number, b"frame", number.encode())
    assert [replay.verdict(number, b"frame") for number in ("1", "2", "3")] == [
        "repeated",
        "new",
        "repeated",
    ]


# -- wheel -----------------------------------------------------------------------------------------


class Sleeper:
    def __init__(self, *naps: int) -> None:
        self.naps = list(naps)
        self.visits = 0

    def visit(self) -> int | None:
        self.visits += 1
        return self.naps.pop(0) if self.naps else None


def test_whoever_is_on_the_wheel_is_visited_when_its_time_has_come() -> None:
    wheel = Wheel(5)
    sleeper = Sleeper(5, 1)
    wheel.put(sleeper, 2)
    seen: list[int] = []
    for _ in range(12):
        wheel.turn()
        seen.append(sleeper.visits)
    assert seen == [0, 1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 3]


def test_one_that_breaks_at_its_visit_does_not_stop_the_wheel() -> None:
    class Broken(Sleeper):
        def visit(self) -> int | None:
            raise RuntimeError("broken on purpose")

    wheel, healthy = Wheel(2), Sleeper()
    wheel.put(Broken(), 1)
    wheel.put(healthy, 1)
    wheel.turn()
    assert healthy.visits == 1


# -- inspection ------------------------------------------------------------------------------------

GOOD = b'{"idTag":"AA11"}'


def inspected(
    action: str, payload: bytes, *, version: Version = "v16", strict: bool = False
) -> Inspected:
    return inspect(version, action, payload, strict=strict)


def fault(
    action: str, payload: bytes, *, version: Version = "v16", strict: bool = False
) -> CallFault:
    with pytest.raises(CallFault) as caught:
        inspect(version, action, payload, strict=strict)
    return caught.value


@pytest.mark.parametrize("strict", [True, False])
def test_a_good_payload_goes_up_as_it_came(strict: bool) -> None:
    odd_but_good = b'{ "idTag" : "AA11" }'
    assert inspected("Authorize", odd_but_good, strict=strict) == Inspected(odd_but_good)


def test_a_tolerant_station_is_mended() -> None:
    found = inspected("Authorize", b'{"idTag":"AA11","extra":1}')
    assert found == Inspected(GOOD, ("unknown property $.extra",))


def test_nul_is_taken_out_of_texts() -> None:
    """PostgreSQL stores no U+0000: it must not come as far as there."""
    payload = rb'{"idTag":"AA\u000011"}'
    found = inspected("Authorize", payload)
    assert json.loads(found.payload) == {"idTag": "AA11"}
    assert found.quirks == ("nul $.idTag",)
    assert fault("Authorize", payload, strict=True).fault == "PropertyConstraintViolation"


def test_a_backslash_before_u0000_is_a_text_like_any_other() -> None:
    payload = rb'{"idTag":"\\u0000"}'
    assert inspected("Authorize", payload) == Inspected(payload)
    assert inspected("Authorize", payload, strict=True) == Inspected(payload)


def test_a_strict_station_is_refused() -> None:
    refusal = fault("Authorize", b'{"idTag":"AA11","extra":1}', strict=True)
    assert refusal.fault == "FormatViolation"
    assert "$.extra" in refusal.description


@pytest.mark.parametrize(
    ("version", "action", "code"),
    [
        ("v16", "NoSuchAction", "NotImplemented"),
        ("v16", "TransactionEvent", "NotImplemented"),
        ("v201", "StartTransaction", "NotImplemented"),
        ("v16", "Reset", "NotSupported"),
        ("v201", "GetVariables", "NotSupported"),
        ("v21", "SetDERControl", "NotSupported"),
    ],
)
def test_actions_that_a_station_does_not_send(version: Version, action: str, code: str) -> None:
    assert fault(action, b"{}", version=version).fault == code


BAD_START = (
    b'{"connectorId":"one","idTag":"AA11","meterStart":0,"timestamp":"2026-01-31T12:00:00Z"}'
)


def test_a_transaction_message_that_cannot_be_mended_goes_up_with_its_violation() -> None:
    found = inspected("StartTransaction", BAD_START)
    assert found.payload == BAD_START
    assert found.violation is not None
    assert (found.violation.code, found.violation.path) == (
        "TypeConstraintViolation",
        "$.connectorId",
    )


def test_a_strict_stations_transaction_message_is_refused_like_any_other() -> None:
    assert fault("StartTransaction", BAD_START, strict=True).fault == "TypeConstraintViolation"


def test_meter_values_without_a_transaction_are_refused_like_any_other() -> None:
    values: dict[str, Any] = {"connectorId": "x", "meterValue": []}
    assert fault("MeterValues", json.dumps(values).encode()).fault == "TypeConstraintViolation"
    found = inspected("MeterValues", json.dumps({**values, "transactionId": 7}).encode())
    assert found.violation is not None


def signed(action: str, payload: bytes) -> Call:
    jws = {
        "payload": urlsafe_b64encode(payload).decode().rstrip("="),
        "protected": "x",
        "signature": "y",
    }
    return Call("1", action, msgspec.Raw(msgspec.json.encode(jws)))


@pytest.mark.parametrize("version", ["v201", "v21"])
def test_a_signed_message_is_unwrapped(version: Version) -> None:
    inner = unwrapped(version, signed("Heartbeat-Signed", b"{}"))
    assert (inner.action, bytes(inner.payload)) == ("Heartbeat", b"{}")


def test_1_6_has_no_signed_messages() -> None:
    call = signed("Heartbeat-Signed", b"{}")
    assert unwrapped("v16", call) is call


def test_a_signed_transaction_message_without_json_is_refused() -> None:
    """It could not travel in the envelope."""
    inner = unwrapped("v201", signed("TransactionEvent-Signed", b"\xff no JSON"))
    assert (
        fault("TransactionEvent", bytes(inner.payload), version="v201").fault == "FormatViolation"
    )
