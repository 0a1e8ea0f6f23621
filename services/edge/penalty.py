"""Who connects too often waits outside: one flapping station costs the others nothing.

Pure but for its own memory: the time comes in as an argument.
"""

from collections.abc import Hashable

from msgspec import Struct

KEYS_MAX = 50_000
"""So many connecting identities are remembered; beyond it the one that came first is forgotten."""


class Bucket(Struct):
    """What is left of an identity's connects; it fills again with time."""

    left: float
    at: float
    refusals: int = 0
    """In a row."""


class Penalty:
    """``per_minute``: how often one identity may connect; all of it may be used at once."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self.buckets: dict[Hashable, Bucket] = {}

    def take(self, key: Hashable, now: float) -> int | None:
        """Count a connect. ``None``: it may go on; else the seconds that it must stay away."""
        bucket = self.buckets.pop(key, None) or Bucket(self.per_minute, now)
        bucket.left = min(self.per_minute, bucket.left + (now - bucket.at) * self.per_minute / 60)
        bucket.at = now
        if len(self.buckets) >= KEYS_MAX:
            self.buckets.pop(next(iter(self.buckets)))
        self.buckets[key] = bucket
        if bucket.left < 1:
            bucket.refusals += 1
            return max(1, round((1 - bucket.left) * 60 / self.per_minute))
        bucket.left -= 1
        bucket.refusals = 0
        return None

    def refusals(self, key: Hashable) -> int:
        """How often in a row it was told to stay away."""
        return self.buckets[key].refusals if key in self.buckets else 0

    def give_back(self, key: Hashable) -> None:
        """The connect failed for a fault of ours: it does not count."""
        bucket = self.buckets.get(key)
        if bucket is not None:
            bucket.left += 1
