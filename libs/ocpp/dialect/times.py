"""Times in what is sent, as a station can read them."""

import re

from libs.ocpp.dialect.habits import Times

ZONES = {"Z": b"Z", "offset": b"+00:00", "none": b""}

_TIME = re.compile(rb'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z"')
"""A whole JSON text that is a time of ours; within another text its quotes would be escaped."""


def spell(data: bytes, times: Times) -> bytes:
    """The same frame with its times written as they have to be."""
    zone = ZONES[times.zone]

    def anew(found: re.Match[bytes]) -> bytes:
        fraction = found[2] if times.fraction and found[2] else b""
        return b'"' + found[1] + fraction + zone + b'"'

    return _TIME.sub(anew, data)
