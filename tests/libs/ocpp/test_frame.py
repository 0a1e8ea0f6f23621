"""Frames of each version, and what a peer is told of bytes that are none (2.x part 4)."""

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from libs.ocpp import frame
from libs.ocpp.fault import CODES, spell
from libs.ocpp.frame import Call, CallError, CallResult, CallResultError, FrameFault, Send

VERSIONS = ["v16", "v201", "v21"]
ID = "123e4567-e89b-12d3-a456-426614174000"
LONG_ID = f"{ID}0"


def fault_of(data: bytes, version: str) -> FrameFault:
    with pytest.raises(FrameFault) as caught:
        frame.decode(data, version)
    return caught.value


def told(data: bytes, version: str) -> tuple[str, str] | None:
    """The id and the code of the CALLERROR for such bytes, as the version spells it."""
    fault = fault_of(data, version)
    if not fault.answerable:
        return None
    assert fault.id is not None
    assert 0 < len(fault.description) <= 255
    return fault.id, spell(fault.code, version)


def written(*items) -> bytes:
    return json.dumps(items).encode()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_call_keeps_its_payload_as_it_came(version):
    data = b' [ 2 , "7" , "Heartbeat" , { "a" : 1.50 } ] \n'
    call = frame.decode(data, version)
    assert isinstance(call, Call)
    assert (call.id, call.action, bytes(call.payload)) == ("7", "Heartbeat", b'{ "a" : 1.50 }')


@pytest.mark.parametrize("version", VERSIONS)
def test_a_result_and_an_error_are_read(version):
    result = frame.decode(b'[3,"7",{}]', version)
    assert isinstance(result, CallResult)
    assert (result.id, bytes(result.payload)) == ("7", b"{}")
    error = frame.decode(b'[4,"7","GenericError","no",{"why":[1]}]', version)
    assert error == CallError("7", "GenericError", "no", {"why": [1]})


def test_2_1_adds_two_frames():
    send = frame.decode(b'[6,"7","NotifyPeriodicEventStream",{"id":1}]', "v21")
    assert isinstance(send, Send)
    assert (send.id, send.action) == ("7", "NotifyPeriodicEventStream")
    error = frame.decode(b'[5,"7","FormatViolation","no",{}]', "v21")
    assert error == CallResultError("7", "FormatViolation", "no", {})


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b'[4,"7"]', CallError("7", "GenericError")),
        (b'[4,"7","FormationViolation"]', CallError("7", "FormationViolation")),
        (b'[4,"7","Oops",null,null]', CallError("7", "Oops")),
        (b'[4,"7","Oops","no",""]', CallError("7", "Oops", "no")),
        (b'[4,"7",500,"no",{},1]', CallError("7", "GenericError", "no")),
    ],
)
def test_a_sloppy_error_still_ends_the_call(data: bytes, error: CallError):
    assert frame.decode(data, "v16") == error


@pytest.mark.parametrize("version", VERSIONS)
def test_null_for_a_payload_is_for_the_codec_to_judge(version):
    call = frame.decode(b'[2,"7","Heartbeat",null]', version)
    assert isinstance(call, Call)
    assert bytes(call.payload) == b"null"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"[",
        b'[2,"7","Heartbeat",{}',
        b"\xff\xfe",
        b"{}",
        b"5",
        b"[]",
        b'"x"',
        b"[" * 9999,
    ],
)
def test_what_cannot_be_read_is_told_by_2_x_only(data: bytes):
    assert told(data, "v16") is None
    assert told(data, "v201") == told(data, "v21") == ("-1", "RpcFrameworkError")


@pytest.mark.parametrize(
    "data",
    [
        b"[2]",
        b'[2,7,"Heartbeat",{}]',
        b'[2,null,"Heartbeat",{}]',
        b'["2","7","Heartbeat",{}]',
        b'[true,"7","Heartbeat",{}]',
        b'[2.0,"7","Heartbeat",{}]',
    ],
)
def test_a_call_without_readable_id_or_type_is_told_by_2_x_only(data: bytes):
    assert told(data, "v16") is None
    assert told(data, "v201") == told(data, "v21") == ("-1", "RpcFrameworkError")


@pytest.mark.parametrize(
    "data",
    [
        b'[2,"7"]',
        b'[2,"7","Heartbeat"]',
        b'[2,"7","Heartbeat",{},{}]',
        b'[2,"7",5,{}]',
        b'[2,"7","Heartbeat",[]]',
        b'[2,"7","Heartbeat",[{}]]',
        b'[2,"7","Heartbeat","{}"]',
        b'[2,"7","Heartbeat",5]',
        b'[2,"7","Heartbeat",[] ]',
    ],
)
def test_a_malformed_call_is_told_under_its_own_id(data: bytes):
    assert told(data, "v16") == ("7", "FormationViolation")
    assert told(data, "v201") == told(data, "v21") == ("7", "RpcFrameworkError")


def test_an_id_may_have_36_characters():
    assert frame.decode(written(2, ID, "Heartbeat", {}), "v16").id == ID
    assert told(written(2, LONG_ID, "Heartbeat", {}), "v16") == (LONG_ID, "FormationViolation")
    for version in ("v201", "v21"):
        long = written(2, LONG_ID, "Heartbeat", {})
        assert told(long, version) == (LONG_ID, "RpcFrameworkError")


@pytest.mark.parametrize("number", [0, 1, 7, 99, -2, 10**30])
def test_an_unknown_message_type_is_told_by_2_0_1_only(number: int):
    """1.6 and 2.1 ignore it; 2.0.1 has a code for it, if the id can be read."""
    data = written(number, "7", "Heartbeat", {})
    assert told(data, "v16") is told(data, "v21") is None
    assert told(data, "v201") == ("7", "MessageTypeNotSupported")
    assert told(written(number, 7, "Heartbeat", {}), "v201") is None


@pytest.mark.parametrize(
    "data", [b'[6,"7","NotifyPeriodicEventStream",{}]', b'[5,"7","GenericError","",{}]']
)
def test_the_frames_of_2_1_are_unknown_to_the_others(data: bytes):
    assert told(data, "v16") is None
    assert told(data, "v201") == ("7", "MessageTypeNotSupported")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "data", [b'[3,"7"]', b'[3,"7",[]]', b'[3,"7",{},{}]', b'[3,"7","x"]', b"[3,7,{}]", b"[4,7]"]
)
def test_a_malformed_answer_is_never_answered_but_names_its_call(data: bytes, version):
    fault = fault_of(data, version)
    assert not fault.answerable
    assert fault.id == ("7" if b'"7"' in data else None)


@pytest.mark.parametrize("data", [b'[6,"7","X"]', b'[6,"7","X",[]]', b'[6,7,"X",{}]'])
def test_a_malformed_send_is_never_answered(data: bytes):
    assert not fault_of(data, "v21").answerable


@given(st.sampled_from(VERSIONS), st.binary(max_size=60))
def test_random_bytes_raise_nothing_but_a_fault(version, data: bytes):
    read_or_fault(version, data)


ITEM = st.none() | st.booleans() | st.integers() | st.text(max_size=40) | st.just({}) | st.just([])


@given(st.sampled_from(VERSIONS), st.lists(st.integers(2, 7) | ITEM, max_size=6))
@example("v21", [5, "7", None, None, None])
def test_random_arrays_raise_nothing_but_a_fault(version, items):
    read_or_fault(version, json.dumps(items).encode())


@given(st.sampled_from(VERSIONS), st.integers(0, 60), st.integers(0, 255))
def test_a_frame_with_one_byte_changed_raises_nothing_but_a_fault(version, at: int, byte: int):
    data = bytearray(b'[2,"19223201","BootNotification",{"reason":"PowerUp","x":"\xc3\xa4"}]')
    data[at % len(data)] = byte
    read_or_fault(version, bytes(data))


def read_or_fault(version, data: bytes) -> None:
    try:
        assert isinstance(frame.decode(data, version), frame.Frame)
    except FrameFault as error:
        fault = error
    else:
        return
    assert fault.code in CODES
    assert not fault.answerable or isinstance(fault.id, str)


@pytest.mark.parametrize("version", VERSIONS)
def test_one_byte_order_mark_is_ignored(version):
    text = b'[2,"a","Heartbeat",{}]'
    assert frame.decode(b"\xef\xbb\xbf" + text, version) == frame.decode(text, version)
    with pytest.raises(FrameFault):
        frame.decode(b"\xef\xbb\xbf" * 80_000 + text, version)


def test_nesting_without_end_is_a_fault():
    data = b'[2,"7","Heartbeat",' + b'{"a":' * 99999 + b"1" + b"}" * 99999 + b"]"
    assert told(data, "v201") == ("-1", "RpcFrameworkError")


def test_frames_are_written():
    assert (
        frame.encode_call("7", "Reset", b'{"type": "Hard"}') == b'[2,"7","Reset",{"type": "Hard"}]'
    )
    assert frame.encode_result("7", b"{}") == b'[3,"7",{}]'
    assert frame.encode_error("7", "GenericError", "", {}) == b'[4,"7","GenericError","",{}]'
    assert frame.encode_result_error('"', "X", "no", {"a": 1}) == b'[5,"\\"","X","no",{"a":1}]'
    assert frame.encode_send("7", "X", b"{}") == b'[6,"7","X",{}]'


def test_a_description_is_cut_to_255_characters():
    error = frame.decode(frame.encode_error("7", "GenericError", "x" * 300, {}), "v16")
    assert len(error.description) == 255


@given(st.text(max_size=36), st.text(), st.dictionaries(st.text(), st.integers()))
def test_what_is_written_is_read_again(message_id: str, action: str, payload: dict[str, int]):
    body = json.dumps(payload).encode()
    call = frame.decode(frame.encode_call(message_id, action, body), "v201")
    assert (call.id, call.action, bytes(call.payload)) == (message_id, action, body)


def signed(payload: bytes) -> dict[str, str]:
    return {
        "protected": "eyJhbGciOiJFUzI1NiJ9",
        "payload": urlsafe_b64encode(payload).decode().rstrip("="),
        "signature": "c2lnbmF0dXJl",
    }


@pytest.mark.parametrize("number", [2, 6])
def test_a_signed_frame_is_unwrapped(number: int):
    """2.x: the receiver that does not verify must still take the payload."""
    data = written(number, "7", "MeterValues-Signed", signed(b'{"evseId": 1}'))
    plain = frame.unwrap(frame.decode(data, "v21"))
    assert type(plain) is (Call if number == 2 else Send)
    assert (plain.id, plain.action, bytes(plain.payload)) == ("7", "MeterValues", b'{"evseId": 1}')


def test_an_unsigned_frame_is_left_as_it_is():
    call = frame.decode(b'[2,"7","MeterValues",{}]', "v21")
    assert frame.unwrap(call) is call


@pytest.mark.parametrize("payload", [{}, {"payload": 5}, {"payload": "ä"}, {"payload": "x"}])
def test_a_signed_frame_without_content_is_refused(payload):
    call = frame.decode(written(2, "7", "MeterValues-Signed", payload), "v21")
    with pytest.raises(FrameFault) as caught:
        frame.unwrap(call)
    assert (caught.value.code, caught.value.id) == ("FormatViolation", "7")
    assert caught.value.answerable
