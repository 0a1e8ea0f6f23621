"""Many deadlines for little: those of one moment share a timer, and nobody takes theirs back.

A timer for each request, nearly always cancelled, is the dearest part of asking.
"""

import asyncio
from collections.abc import Callable, Sequence

TICKS_PER_SECOND = 50
"""A deadline is told up to a tick late."""


class Deadlines:
    """Calls ``due`` with the numbers whose time is over, also those that are settled long since."""

    def __init__(self, due: Callable[[Sequence[int]], None]) -> None:
        self._due = due
        self._loop = asyncio.get_running_loop()
        self._ticks: dict[int, list[int]] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}

    def add(self, number: int, seconds: float) -> None:
        tick = int((self._loop.time() + seconds) * TICKS_PER_SECOND) + 1
        numbers = self._ticks.get(tick)
        if numbers is not None:
            numbers.append(number)
            return
        self._ticks[tick] = [number]
        self._timers[tick] = self._loop.call_at(tick / TICKS_PER_SECOND, self._strike, tick)

    def close(self) -> None:
        """Nothing is due any more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._ticks.clear()

    def _strike(self, tick: int) -> None:
        del self._timers[tick]
        self._due(self._ticks.pop(tick))
