"""One message of the bus as one line for people."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from libs.bus import LogRecord
from libs.bus.log import decode as decode_record
from libs.bus.token import unescape

PAYLOAD_CHARACTERS_MAX = 160
COLOURS = {"faint": "2", "good": "32", "bad": "31", "event": "36", "bold": "1"}


class Filter(Struct, frozen=True, kw_only=True):
    """``action``: only its exchanges. ``errors``: only those that failed. ``events``: no others."""

    action: str | None = None
    errors: bool = False
    events: bool = False

    def exchanges_only(self) -> bool:
        return self.errors or self.action is not None

    def wants(self, record: LogRecord) -> bool:
        return (
            not self.events
            and (self.action is None or record.action == self.action)
            and (not self.errors or record.outcome != "answered")
        )


class Painter:
    def __init__(self, coloured: bool) -> None:
        self.coloured = coloured

    def __call__(self, tone: str, text: str) -> str:
        return f"\x1b[{COLOURS[tone]}m{text}\x1b[0m" if self.coloured else text


def line_of(address: str, body: bytes, wanted: Filter, paint: Painter) -> str | None:
    """None when it is not wanted. What cannot be read is said to be so."""
    try:
        return readable(address, body, wanted, paint)
    except (msgspec.MsgspecError, KeyError, ValueError) as error:
        return paint("bad", f"{address}: unreadable: {error}")


def readable(address: str, body: bytes, wanted: Filter, paint: Painter) -> str | None:
    kind, tenant, *names = address.split(".")
    if kind == "ocpp":
        record = decode_record(body)
        return exchange(record, paint) if wanted.wants(record) else None
    if wanted.exchanges_only():
        return None
    if kind == "event":
        return event(msgspec.json.decode(body), paint)
    if wanted.events:
        return None
    return notice(unescape(tenant), unescape(names[0]), names[1], msgspec.json.decode(body), paint)


def exchange(record: LogRecord, paint: Painter) -> str:
    """``<`` came from the station, ``>`` went to it."""
    arrow = "<" if record.direction == "up" else ">"
    began = clock(record.requested_at)
    head = f"{paint('faint', began)} {record.tenant} {paint('bold', record.station)} {arrow}"
    took = ""
    if record.answered_at is not None:
        milliseconds = (record.answered_at - record.requested_at).total_seconds() * 1000
        took = paint("faint", f" {milliseconds:.0f} ms")
    return f"{head} {record.action} {short(bytes(record.request))} {outcome(record, paint)}{took}"


def outcome(record: LogRecord, paint: Painter) -> str:
    if record.outcome == "answered":
        return f"{paint('good', '=')} {short(bytes(record.response))}"
    if record.error is not None:
        return paint("bad", f"! {record.error.code}: {record.error.description}")
    return paint("bad", f"! {record.outcome}")


def event(envelope: dict[str, Any], paint: Painter) -> str:
    fixed = {"tenant", "at", "station"}
    data = {name: value for name, value in envelope["data"].items() if name not in fixed}
    time = clock(datetime.fromisoformat(envelope["time"]))
    head = f"{paint('faint', time)} {envelope['tenant']} {paint('bold', envelope['subject'])}"
    return f"{head} {paint('event', envelope['type'])} {short(msgspec.json.encode(data))}"


def notice(tenant: str, station: str, verb: str, body: dict[str, Any], paint: Painter) -> str:
    """Presence: a socket opened, closed, or was told to close."""
    detail = body.get("reason") or f"from {body.get('remote')} at {body.get('edge')}"
    time = clock(datetime.fromisoformat(body["at"])) if "at" in body else " " * 12
    return (
        f"{paint('faint', time)} {tenant} {paint('bold', station)} {paint('event', verb)} {detail}"
    )


def clock(moment: datetime) -> str:
    return moment.astimezone().strftime("%H:%M:%S.%f")[:-3]


def short(payload: bytes) -> str:
    text = payload.decode(errors="replace")
    if len(text) <= PAYLOAD_CHARACTERS_MAX:
        return text
    return f"{text[:PAYLOAD_CHARACTERS_MAX]}..."
