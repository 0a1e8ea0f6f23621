import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.errors import ProtocolError

from libs.bus import header
from libs.bus.errors import BusError, NotFound
from libs.bus.parser import Parser


class Heard:
    def __init__(self):
        self.messages = []
        self.controls = []

    def on_message(self, sid, subject, reply, payload, header):
        self.messages.append((sid, subject, reply, payload, header))

    def on_control(self, verb, rest):
        self.controls.append((verb, rest))


STREAM = (
    b"PING\r\n"
    b"MSG a.b 1 5\r\nhello\r\n"
    b"MSG a.b 22 inbox.1 0\r\n\r\n"
    b"PONG\r\n"
    b"HMSG a 3 12 17\r\nNATS/1.0\r\n\r\nworld\r\n"
    b"HMSG a 3 in 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"
    b'INFO {"a": "b c"}\r\n'
    b"-ERR 'Permissions Violation for Publish to \"x\"'\r\n"
    b"MSG a 4 6\r\n\r\nMSG \r\n"
)
MESSAGES = [
    (1, b"a.b", b"", b"hello", b""),
    (22, b"a.b", b"inbox.1", b"", b""),
    (3, b"a", b"", b"world", b"NATS/1.0\r\n\r\n"),
    (3, b"a", b"in", b"", b"NATS/1.0 503\r\n\r\n"),
    (4, b"a", b"", b"\r\nMSG ", b""),
]
CONTROLS = [
    (b"PING", b""),
    (b"PONG", b""),
    (b"INFO", b'{"a": "b c"}'),
    (b"-ERR", b"'Permissions Violation for Publish to \"x\"'"),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_it_does_not_matter_how_the_bytes_are_cut(cuts):
    heard = Heard()
    parser = Parser(heard)
    edges = [0, *sorted(cuts), len(STREAM)]
    for start, end in itertools.pairwise(edges):
        parser.feed(STREAM[start:end])
    assert heard.messages == MESSAGES
    assert heard.controls == CONTROLS
    assert parser.chunks == []


def test_a_large_message_is_joined_once_it_is_complete():
    heard = Heard()
    parser = Parser(heard)
    body = b"x" * 1_000_000
    parser.feed(b"MSG a 1 1000000\r\n")
    for start in range(0, len(body), 10_000):
        parser.feed(body[start : start + 10_000])
    assert len(parser.chunks) == 101
    parser.feed(b"\r\n")
    assert heard.messages == [(1, b"a", b"", body, b"")]


@pytest.mark.parametrize("bad", [b"MSG a x 5\r\nhello\r\n", b"MSG\r\n", b"MSG a 1 y\r\n"])
def test_a_malformed_line_is_a_protocol_error(bad):
    with pytest.raises(ProtocolError):
        Parser(Heard()).feed(bad)


def test_a_line_without_end_is_a_protocol_error():
    with pytest.raises(ProtocolError):
        Parser(Heard()).feed(b"x" * 70_000)


# -- headers -------------------------------------------------------------------------------------

VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc"])).map(str.strip)


@given(st.dictionaries(st.sampled_from(["A", "Nats-Msg-Id", "traceparent"]), VALUES))
def test_headers_come_back(fields):
    assert header.parse(header.build(fields)) == fields


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_value_never_becomes_a_header_of_its_own(value):
    fields = header.parse(header.build({"Nats-Service-Error": value + "\r\nEvil: 1"}))
    assert set(fields) == {"Nats-Service-Error"}


def test_a_status_is_told_from_a_field():
    assert header.status(b"NATS/1.0 503\r\n\r\n") == 503
    assert header.status(b"NATS/1.0 408 Request Timeout\r\nNats-Pending-Messages: 1\r\n\r\n") == 408
    assert header.status(b"NATS/1.0\r\n503: x\r\n\r\n") == 0


def test_an_error_survives_the_journey():
    block, body = header.error_message(NotFound("no station Zähler", field="station"))
    error = header.error_of(block, body)
    assert type(error) is NotFound
    assert (error.description, error.details) == ("no station Zähler", {"field": "station"})


def test_an_error_of_a_foreign_service_keeps_its_code():
    error = header.error_of(
        header.build({"Nats-Service-Error-Code": "418", "Nats-Service-Error": "teapot"}), b"junk"
    )
    assert type(error) is BusError
    assert (error.code, error.description, error.details) == ("418", "teapot", {})


def test_a_reply_without_an_error_code_is_no_error():
    assert header.error_of(header.build({"traceparent": "00-1"}), b"{}") is None
