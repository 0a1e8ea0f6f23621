"""A message of the bus as a line."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import Raw

from libs.bus import LogError, LogRecord, cloudevent, envelope
from libs.bus.log import encode
from libs.contracts.stations import Connected, Disconnected, StationRemoved
from services.voltbus.line import Filter, Painter, clock, line_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAIN = Painter(coloured=False)
EVERYTHING = Filter()
AT = clock(NOON)
LOG = "ocpp.acme.CP=2F1.log"


def record(**more: object) -> bytes:
    fields: dict[str, object] = {
        "tenant": "acme",
        "station": "CP/1",
        "version": "v16",
        "epoch": 1,
        "edge": "edge",
        "direction": "up",
        "id": "1",
        "action": "Heartbeat",
        "request": Raw(b"{}"),
        "response": Raw(b'{"currentTime":"now"}'),
        "outcome": "answered",
        "requested_at": NOON,
        "answered_at": NOON + timedelta(milliseconds=3),
        **more,
    }
    return encode(LogRecord(**fields))  # type: ignore[arg-type]


REFUSED = {
    "direction": "down",
    "action": "Reset",
    "response": Raw(b"null"),
    "outcome": "error",
    "error": LogError(code="NotSupported", description="never"),
}
SILENT = {"direction": "down", "action": "Reset", "outcome": "timeout", "answered_at": None}


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({}, f'{AT} acme CP/1 < Heartbeat {{}} = {{"currentTime":"now"}} 3 ms'),
        (REFUSED, f"{AT} acme CP/1 > Reset {{}} ! NotSupported: never 3 ms"),
        (SILENT, f"{AT} acme CP/1 > Reset {{}} ! timeout"),
        (
            {"request": Raw(b'"' + b"x" * 200 + b'"')},
            f'{AT} acme CP/1 < Heartbeat "{"x" * 159}... = {{"currentTime":"now"}} 3 ms',
        ),
    ],
)
def test_an_exchange(more: dict[str, object], line: str) -> None:
    assert line_of(LOG, record(**more), EVERYTHING, PLAIN) == line


def test_an_event() -> None:
    event = StationRemoved(tenant="acme", at=NOON, station="CP/1")
    line = line_of(event.address(), cloudevent.encode(event, "stations"), EVERYTHING, PLAIN)
    assert line == f"{AT} acme CP/1 station.removed {{}}"


def test_presence() -> None:
    there = Connected(
        tenant="acme", station="CP/1", edge="e", epoch=1, version="v16", remote="10.0.0.1", at=NOON
    )
    gone = Disconnected(tenant="acme", station="CP/1", edge="e", epoch=1, reason="went", at=NOON)
    lines = [
        line_of(notice.address(), envelope.encode(notice), EVERYTHING, PLAIN)
        for notice in (there, gone)
    ]
    assert lines == [
        f"{AT} acme CP/1 connected from 10.0.0.1 at e",
        f"{AT} acme CP/1 disconnected went",
    ]


def test_filters() -> None:
    event = StationRemoved(tenant="acme", at=NOON, station="CP/1")
    notice = Disconnected(tenant="acme", station="CP/1", edge="e", epoch=1, reason="", at=NOON)
    messages = {
        "heartbeat": (LOG, record()),
        "refused": (LOG, record(**REFUSED)),
        "event": (event.address(), cloudevent.encode(event, "stations")),
        "notice": (notice.address(), envelope.encode(notice)),
    }

    def shown(wanted: Filter) -> set[str]:
        return {name for name, said in messages.items() if line_of(*said, wanted, PLAIN)}

    assert shown(EVERYTHING) == set(messages)
    assert shown(Filter(events=True)) == {"event"}
    assert shown(Filter(errors=True)) == {"refused"}
    assert shown(Filter(action="Heartbeat")) == {"heartbeat"}
    assert shown(Filter(action="Heartbeat", errors=True)) == set()


def test_what_cannot_be_read_is_said_to_be_so() -> None:
    line = line_of(LOG, b"{", EVERYTHING, PLAIN)
    assert line is not None
    assert line.startswith("ocpp.acme.CP=2F1.log: unreadable: ")


def test_colours_are_for_terminals() -> None:
    assert Painter(coloured=True)("bad", "x") == "\x1b[31mx\x1b[0m"
    assert PLAIN("bad", "x") == "x"
