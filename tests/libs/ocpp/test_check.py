"""A payload that breaks its schema is refused with the right code, and told where and why."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.ocpp import codec, v16, v21, v201
from libs.ocpp.check import check
from libs.ocpp.fault import Violation
from libs.ocpp.shape import shape
from tests.libs.ocpp.documents import ANY_DOCUMENT, JSON, change, fullest, plainest
from tests.libs.ocpp.mistakes import mistakes
from tests.libs.ocpp.schemas import CASES, Case, places


def refusal(message_type, payload: bytes) -> Violation:
    with pytest.raises(Violation) as caught:
        codec.decode(message_type, payload)
    return caught.value


def refuse(message_type, document) -> str:
    return refusal(message_type, json.dumps(document).encode()).description


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("documents", [fullest, plainest], ids=["with-custom-data", "without"])
def test_each_broken_rule_has_its_code_and_its_place(case: Case, documents):
    for mistake in mistakes(case, documents(case.node)):
        violation = refusal(case.type, json.dumps(mistake.document).encode())
        assert (violation.code, violation.path) == (mistake.code, mistake.path)
        assert len(violation.description) <= 255
        assert violation.hint


@settings(max_examples=200)
@given(ANY_DOCUMENT, st.data())
def test_the_check_and_the_decoder_never_disagree(pair, data):
    case, document = pair
    spots = list(places(case.node, document))
    if spots:
        document = change(document, data.draw(st.sampled_from(spots)).keys, data.draw(JSON))
    payload = msgspec.json.encode(document)
    found = check(shape(case.type), msgspec.json.decode(payload), case.version)
    if found is None:
        codec.decode(case.type, payload)
    else:
        violation = refusal(case.type, payload)
        assert (violation.code, violation.path) == (found.code, found.path)


@given(st.sampled_from(CASES), st.binary(max_size=50))
def test_bytes_are_refused_by_a_violation_or_are_a_message(case, payload):
    try:
        message = codec.decode(case.type, payload)
    except Violation:
        return
    assert isinstance(message, case.type)


def test_what_is_wrong_is_said_in_words():
    assert refuse(v16.Authorize, {"idTag": "x" * 21}) == ("$.idTag has 21 characters: at most 20")
    assert refuse(v16.Authorize, {}) == ("$.idTag is missing: give a text of at most 20 characters")
    assert refuse(v16.Authorize, {"idTag": 5}) == (
        "$.idTag is an integer: give a text of at most 20 characters"
    )
    assert refuse(v16.Authorize, {"idTag": "x", "idtag": "x"}) == (
        '$.idtag is no property of Authorize: leave it out, or did you mean "idTag"?'
    )
    assert refuse(v201.Reset, {"type": "immediate"}) == (
        '$.type is "immediate": did you mean "Immediate"?'
    )
    assert refuse(v201.Reset, {"type": "Now"}) == '$.type is "Now": one of Immediate, OnIdle'
    assert refuse(v201.Reset, {"type": "OnIdle", "evseId": None}) == (
        "$.evseId is null: leave it out"
    )
    assert refuse(v21.Reset, {"type": "OnIdle", "evseId": -1}) == (
        "$.evseId is -1: give an integer from 0"
    )
    assert refuse(v21.ClearVariableMonitoring, {"id": []}) == (
        "$.id holds 0 items: give a list of 1 or more items"
    )
    assert refuse(v16.BootNotificationResponse, {"status": "Accepted", "interval": 300}) == (
        "$.currentTime is missing: give a date and time with its zone as 2026-01-31T12:00:00Z"
    )


def test_a_required_property_is_missed_before_anything_else_is_found():
    assert refuse(v201.MeterValues, {"evseId": "x", "surprise": 1}).startswith("$.meterValue is mi")


def test_of_several_faults_the_first_in_the_order_of_the_type_is_told():
    document = {"zzz": 1, "connectorId": "x", "connectorStatus": "y", "evseId": 1, "timestamp": 5}
    assert refuse(v201.StatusNotification, document).startswith("$.timestamp is an integer")


@pytest.mark.parametrize("payload", [b"null", b"[]", b'""', b"7", b"[{}]"])
def test_a_payload_that_is_no_object_is_malformed(payload: bytes):
    violation = refusal(v201.Heartbeat, payload)
    assert (violation.code, violation.path) == ("FormatViolation", "$")


NO_JSON = [b"", b"{", b'{"a":1}}', b"\xff", b'{"\xff":1}', b'{"a":' * 9999, b"[" * 9999]


@pytest.mark.parametrize("payload", NO_JSON, ids=range(len(NO_JSON)))
def test_bytes_that_are_no_json_are_malformed(payload: bytes):
    violation = refusal(v201.Heartbeat, payload)
    assert (violation.code, violation.path) == ("FormatViolation", "$")


def test_text_that_is_no_utf_8_is_malformed():
    violation = refusal(v16.Authorize, b'{"idTag":"\x80"}')
    assert (violation.code, violation.path) == ("FormatViolation", "$")


def test_nesting_without_end_is_refused():
    """However deep a hostile payload nests, the decoder's recursion ends in a violation."""
    payload = b'{"customData":{"vendorId":"x","a":' + b"[" * 99999 + b"]" * 99999 + b"}}"
    assert refusal(v201.Heartbeat, payload).code == "FormatViolation"


def test_a_long_text_of_the_peer_is_not_repeated_in_full():
    description = refuse(v201.Reset, {"type": "x" * 9999})
    assert len(description) < 120
    description = refuse(v201.Reset, {"type": "OnIdle", "y" * 9999: 1})
    assert len(description) < 120


def test_a_long_hint_is_cut_to_what_a_callerror_has_room_for():
    document = {
        "timestamp": "2026-01-31T12:00:00Z",
        "sampledValue": [{"value": 1, "measurand": "?"}],
    }
    description = refuse(v21.MeterValue, document)
    assert len(description) == 255
    assert description.endswith("…")


def test_a_nul_in_a_text_is_improper():
    """Legal in JSON, but no character of any identifier, and no database keeps it."""
    violation = refusal(v16.Authorize, b'{"idTag":"AA\\u000011"}')
    assert (violation.code, violation.path) == ("PropertyConstraintViolation", "$.idTag")


def test_a_backslash_before_u0000_is_no_nul():
    assert codec.decode(v16.Authorize, rb'{"idTag":"A\\u0000"}').id_tag == "A\\u0000"
