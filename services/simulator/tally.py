"""What a fleet counts: plain integers on the way, percentiles when somebody asks."""

from bisect import bisect_left
from collections import Counter

from libs.station.moment import Session
from libs.station.observer import Observer

STEP = 1.15
EDGES = tuple(0.0001 * STEP**n for n in range(100))
"""Upper ends of the classes of latencies in seconds: from 0.1 ms to beyond a minute, 15 % apart."""


class Tally(Observer):
    """Of all stations of a fleet together."""

    def __init__(self) -> None:
        self.online = 0
        self.connects = 0
        self.frames = 0
        self.exchanges = 0
        self.sessions = 0
        self.energy_wh = 0.0
        self.failures: Counter[str] = Counter()
        """By action and kind: ``TransactionEvent timeout``."""
        self._latencies = [0] * (len(EDGES) + 1)

    def frame(self, *_: object) -> None:
        self.frames += 1

    def exchange(self, _action: str, seconds: float, /) -> None:
        self.exchanges += 1
        self._latencies[bisect_left(EDGES, seconds)] += 1

    def failed(self, action: str, kind: str, *_: str) -> None:
        self.failures[f"{action} {kind}"] += 1

    def connected(self, *, up: bool) -> None:
        self.online += 1 if up else -1
        self.connects += up

    def ended(self, session: Session) -> None:
        self.sessions += 1
        self.energy_wh += session.energy_wh

    def latency(self, share: float) -> float:
        """The latency in seconds that this share of the exchanges did not exceed; 0 without any."""
        total, passed = sum(self._latencies), 0
        for number, count in enumerate(self._latencies):
            passed += count
            if total and passed >= share * total:
                return EDGES[min(number, len(EDGES) - 1)]
        return 0.0

    def forget_latencies(self) -> None:
        """Start the percentiles anew."""
        self._latencies = [0] * len(self._latencies)
