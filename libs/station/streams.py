"""Periodic event streams (N11 to N15 of 2.1): values of a monitor, many in one message that nobody
answers.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from libs.ocpp import codec, frame, v21
from libs.station.clock import Timer
from libs.station.feature import Feature

if TYPE_CHECKING:
    from libs.station.controller import Controller

INTERVAL_SECONDS = 60
BATCH = 20
WAITING_MAX = 1_000
"""Values that wait to be sent; then the oldest are lost."""


class Stream:
    """One stream. ``interval``: seconds after which what there is is sent; ``batch``: so many
    values are sent at once.
    """

    __slots__ = ("batch", "id", "interval", "monitor", "timer", "waiting")

    def __init__(self, id: int, monitor: int, interval: int | None, batch: int | None) -> None:
        self.id = id
        self.monitor = monitor
        self.interval = interval
        self.batch = batch
        self.timer: Timer | None = None
        self.waiting: list[tuple[datetime, str]] = []

    def data(self) -> v21.ConstantStreamData:
        return v21.ConstantStreamData(
            id=self.id,
            params=v21.PeriodicEventStreamParams(interval=self.interval, values=self.batch),
            variable_monitoring_id=self.monitor,
        )


class Streams(Feature):
    """The open streams, by their ids."""

    __slots__ = ("_last", "open")

    def __init__(self, station: "Controller") -> None:
        super().__init__(station)
        self.open: dict[int, Stream] = {}
        self._last = 0

    def fell(self) -> None:
        for stream in self.open.values():
            self._rest(stream)
        self.open.clear()

    def begin(
        self,
        monitor: int,
        interval: int | None = None,
        batch: int | None = None,
        opened: Callable[[Stream | None], None] | None = None,
    ) -> None:
        """N11: ask the server; ``opened`` gets the stream if it wants one, else None."""
        self._last += 1
        stream = Stream(self._last, monitor, interval, batch)

        def answered(answer: object) -> None:
            granted = isinstance(answer, v21.OpenPeriodicEventStreamResponse)
            wanted = granted and answer.status == "Accepted"
            if wanted:
                self.open[stream.id] = stream
                self._pace(stream)
            if opened is not None:
                opened(stream if wanted else None)

        self.station.say(v21.OpenPeriodicEventStream(constant_stream_data=stream.data()), answered)

    def add(self, id: int, value: str) -> None:
        """A value of the monitor; it is sent when there are enough, or in time."""
        stream = self.open[id]
        stream.waiting.append((self.station.clock.now(), value))
        del stream.waiting[:-WAITING_MAX]
        if len(stream.waiting) >= (stream.batch or BATCH):
            self.send(stream)

    def send(self, stream: Stream) -> None:
        """Send a message of values; what is beyond it is pending."""
        now, waiting = stream.waiting[: stream.batch or BATCH], stream.waiting
        if not now or not self.station.ready:
            return
        stream.waiting = waiting[len(now) :]
        base = now[0][0]
        message = v21.NotifyPeriodicEventStream(
            id=stream.id,
            basetime=base,
            pending=len(stream.waiting),
            data=[
                v21.StreamDataElement(t=(at - base).total_seconds(), v=value) for at, value in now
            ],
        )
        # A SEND: it has an id as a CALL has, and no answer (2.1 part 4).
        self.station.respond(
            frame.encode_send(self.station.calls.new_id(), message.action, codec.encode(message))
        )

    def adjust(self, id: int, interval: int | None, batch: int | None) -> bool:
        """N14; False: there is no such stream."""
        stream = self.open.get(id)
        if stream is None:
            return False
        stream.interval = stream.interval if interval is None else interval
        stream.batch = stream.batch if batch is None else batch
        self._pace(stream)
        return True

    def close(self, id: int) -> None:
        """N12: the monitor is gone."""
        self._rest(self.open.pop(id))
        self.station.say(v21.ClosePeriodicEventStream(id=id))

    def _pace(self, stream: Stream) -> None:
        self._rest(stream)
        seconds = stream.interval or INTERVAL_SECONDS

        def again() -> None:
            self.send(stream)
            stream.timer = self.station.clock.after(seconds, again)

        stream.timer = self.station.clock.after(seconds, again)

    def _rest(self, stream: Stream) -> None:
        if stream.timer is not None:
            stream.timer.cancel()
            stream.timer = None
