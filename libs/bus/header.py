"""NATS headers as bytes: built once where they repeat, read only where they are."""

import re
from typing import Any, cast

from msgspec import DecodeError, json

from libs.bus.errors import FAMILY, BusError, CallFailed, CallFault, InternalError
from libs.ocpp.fault import CODES, Code

VERSION = b"NATS/1.0"
LINE = b"\r\n"
UNFIT = re.compile(r"[\r\n]+")
NO_RESPONDERS = 503

ERROR_CODE = "Nats-Service-Error-Code"
ERROR_TEXT = "Nats-Service-Error"
STATION_CODE = "Ocpp-Error-Code"
"""Beside the others when it is a station's CALLERROR: its codes may be spelled like ours."""
MESSAGE_ID = "Nats-Msg-Id"
TRACE = "traceparent"


def build(fields: dict[str, str]) -> bytes:
    """A header block. Line breaks become spaces, so that a value never becomes a header."""
    lines = [f"{name}: {UNFIT.sub(' ', value).strip()}".encode() for name, value in fields.items()]
    return LINE.join([VERSION, *lines, LINE])


def status(block: bytes) -> int:
    """The status of a server's control message (503: no responders), or 0."""
    text = block[9:12]
    return int(text) if text.isdigit() and block[8:9] == b" " else 0


def parse(block: bytes) -> dict[str, str]:
    """The fields of a header block, without its status line."""
    fields: dict[str, str] = {}
    for line in block.split(LINE)[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            fields[name.strip().decode("utf-8", "replace")] = value.strip().decode(
                "utf-8", "replace"
            )
    return fields


def error_message(error: BusError) -> tuple[bytes, bytes]:
    """An error as header and body."""
    fields = {ERROR_CODE: error.code, ERROR_TEXT: error.description}
    if isinstance(error, CallFailed):
        fields[STATION_CODE] = error.code
    return build(fields), json.encode(error.details) if error.details else b""


def error_of(block: bytes, body: bytes) -> BusError | None:
    """The error that a reply carries. An unknown code is a plain :class:`BusError`."""
    fields = parse(block)
    code = fields.get(ERROR_CODE)
    if code is None:
        return None
    text = fields.get(ERROR_TEXT, "")
    if STATION_CODE in fields:
        return CallFailed(fields[STATION_CODE], text, details_of(body))
    error = FAMILY[code](text) if code in FAMILY else BusError(text, code=code)
    error.details = details_of(body)
    return error


def details_of(body: bytes) -> dict[str, Any]:
    """The details of an error; a foreign service may send something else, or nothing."""
    try:
        return json.decode(body, type=dict[str, Any]) if body else {}
    except DecodeError:
        return {}


def fault_of(error: BusError) -> BusError:
    """What the owner of a station's CALL said: a code of OCPP is the station's to hear."""
    if type(error) is not BusError:
        return error
    if error.code in CODES:
        return CallFault(cast("Code", error.code), error.description, error.details)
    return InternalError(str(error))
