"""Time of virtual stations: one heap of timers for thousands of them, and simulated time that may
run fast.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush

Callback = Callable[[], None]

CANCELLED_MAX = 2_000
"""Cancelled timers stay in the heap until they are due, unless they are more than this and the
majority.
"""

WAKE_MIN_SECONDS = 0.001
"""The event loop is not asked to wake us more often than this."""


class Timer:
    """A callback that is due once; ``cancel`` is idempotent."""

    __slots__ = ("_wheel", "callback", "due")

    def __init__(self, wheel: "Wheel", due: float, callback: Callback) -> None:
        self._wheel = wheel
        self.due = due
        self.callback: Callback | None = callback

    def cancel(self) -> None:
        if self.callback is not None:
            self.callback = None
            self._wheel.forget()


class Wheel:
    """All timers of a fleet in one heap behind a single timer of the event loop. Real seconds."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._count = 0
        self._cancelled = 0
        self._armed: asyncio.TimerHandle | None = None
        self._armed_for = float("inf")

    def now(self) -> float:
        """Seconds on a clock that never steps."""
        return time.monotonic()

    def after(self, seconds: float, callback: Callback) -> Timer:
        timer = Timer(self, self.now() + max(seconds, 0.0), callback)
        self._count += 1
        heappush(self._heap, (timer.due, self._count, timer))
        if timer.due < self._armed_for:
            self.arm()
        return timer

    def forget(self) -> None:
        """A timer was cancelled; when most are, the heap is built anew without them."""
        self._cancelled += 1
        if self._cancelled > CANCELLED_MAX and self._cancelled * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].callback is not None]
            heapify(self._heap)
            self._cancelled = 0

    def run_due(self) -> None:
        """Run what is due; the order is that of the due times, then that of setting."""
        limit = self.now()
        while self._heap and self._heap[0][0] <= limit:
            timer = heappop(self._heap)[2]
            callback, timer.callback = timer.callback, None
            if callback is None:
                self._cancelled = max(self._cancelled - 1, 0)
            else:
                callback()

    def arm(self) -> None:
        """Ask the event loop to wake us for the first timer."""
        if self._armed is not None:
            self._armed.cancel()
        self._armed_for = self._heap[0][0]
        delay = max(self._armed_for - self.now(), WAKE_MIN_SECONDS)
        self._armed = asyncio.get_running_loop().call_later(delay, self._wake)

    def _wake(self) -> None:
        self._armed, self._armed_for = None, float("inf")
        try:
            self.run_due()
        finally:
            if self._heap:
                self.arm()


class ManualWheel(Wheel):
    """A wheel that a test turns by hand: no event loop, no waiting."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def arm(self) -> None:
        """Nothing wakes us."""

    def turn(self, seconds: float) -> None:
        """Let time pass, running each timer at its own due time."""
        end = self._now + seconds
        while self._heap and self._heap[0][0] <= end:
            self._now = max(self._now, self._heap[0][0])
            self.run_due()
        self._now = end


class Clock:
    """A station's view of time: simulated for meters and intervals, and patience for the network.

    ``speed`` is how many simulated seconds pass in a real one; ``link_speed`` shortens the waits of
    the network
    (time-outs, back-off, retries), which do not follow ``speed`` because the server lives in real
    time.
    """

    def __init__(
        self,
        wheel: Wheel | None = None,
        *,
        speed: float = 1.0,
        link_speed: float = 1.0,
        start: datetime | None = None,
    ) -> None:
        if speed <= 0 or link_speed <= 0:
            raise ValueError(
                f"speed and link_speed must be positive, got {speed} and {link_speed}."
            )
        self.wheel = wheel or Wheel()
        self.speed = speed
        self.link_speed = link_speed
        self._origin = self.wheel.now()
        self._start = (start or datetime.now(UTC)).timestamp()

    def seconds(self) -> float:
        """Simulated time in seconds since 1970."""
        return self._start + (self.wheel.now() - self._origin) * self.speed

    def now(self) -> datetime:
        """Simulated time in UTC, cut to the milliseconds that OCPP allows."""
        return moment(self.seconds())

    def after(self, seconds: float, callback: Callback) -> Timer:
        """Call back when so many simulated seconds have passed."""
        return self.wheel.after(seconds / self.speed, callback)

    def after_patience(self, seconds: float, callback: Callback) -> Timer:
        """Call back when the network had so many seconds of time."""
        return self.wheel.after(seconds / self.link_speed, callback)


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as UTC, cut to milliseconds."""
    exact = datetime.fromtimestamp(seconds, UTC)
    return exact.replace(microsecond=exact.microsecond // 1000 * 1000)
