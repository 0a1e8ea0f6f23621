"""What is decided about periodic event streams (N11 to N15), and when their values were."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from libs.contracts.streams import StreamSettings
from libs.ocpp import v21

GROWTH = 3
"""So many messages in turn, each with more waiting behind it than the one before: it lags."""
LAG_MAX = 10
"""Messages that are looked back on."""
BATCH_FIRST = 10
"""Values in a message where the station was told no number."""
BATCH_MAX = 1000
"""Values that a message may hold: beyond, it is the rate of the monitor that is too high."""


class Pace(NamedTuple):
    """How a station is to send: after so many seconds, or so many values."""

    interval: int | None
    batch: int | None


class Value(NamedTuple):
    at: datetime
    value: str


def refusal(settings: StreamSettings, others: int) -> str | None:
    """Why a stream may not be opened beside so many others; None: it may."""
    if not settings.accept:
        return "Event streams are switched off"
    if others >= settings.streams_max:
        return f"There may be {settings.streams_max} open streams"
    return None


def values(call: v21.NotifyPeriodicEventStream) -> list[Value]:
    """Each value with its own time; an offset that leads beyond all calendars counts as none."""
    return [Value(moment(call.basetime, each.t), each.v) for each in call.data]


def moment(base: datetime, offset: float) -> datetime:
    try:
        return base + timedelta(seconds=offset)
    except (OverflowError, ValueError):
        return base


def lags(pending: Sequence[int]) -> bool:
    """Whether a station cannot keep up: what waits grew with each of the last messages."""
    last = pending[-GROWTH:]
    return len(last) == GROWTH and all(earlier < later for earlier, later in pairwise(last))


def relief(pace: Pace, pending: Sequence[int]) -> Pace | None:
    """What to ask of a station that lags: more values in each message (N14).

    None: it keeps up, or messages cannot hold more.
    """
    if not lags(pending):
        return None
    batch = pace.batch or BATCH_FIRST
    wanted = min(max(2 * batch, batch + pending[-1]), BATCH_MAX)
    return Pace(pace.interval, wanted) if wanted > batch else None
