"""Samples at full intervals of the day's clock (J02; 1.6 ClockAlignedDataInterval)."""

from collections.abc import Callable
from typing import Literal

from libs.station.clock import Clock, Timer
from libs.station.configuration import Configuration

Series = Literal["sampled", "ended"]
"""Told as they are taken, or kept for the last message of a transaction."""


class Sampling:
    """Two timers for a whole station; a 1.6 key rules both (``legacy``)."""

    __slots__ = ("_act", "_clock", "_configuration", "_legacy", "_timers")

    def __init__(
        self,
        clock: Clock,
        configuration: Configuration,
        act: Callable[[Series], None],
        *,
        legacy: bool,
    ) -> None:
        self._clock = clock
        self._configuration = configuration
        self._act = act
        self._legacy = legacy
        self._timers: dict[Series, Timer] = {}

    def pace(self) -> None:
        """Sample as often as the settings say from now on."""
        self.rest()
        self._plan("sampled")
        self._plan("ended")

    def rest(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _plan(self, series: Series) -> None:
        told = series == "sampled" or self._legacy
        setting = "AlignedDataCtrlr.Interval" if told else "AlignedDataCtrlr.TxEndedInterval"
        interval = self._configuration.integer(setting)
        if interval <= 0:
            return

        def tick() -> None:
            self._act(series)
            self._plan(series)

        seconds = interval - self._clock.seconds() % interval
        self._timers[series] = self._clock.after(seconds, tick)
