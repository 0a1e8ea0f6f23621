"""Transaction messages that wait to be told: in order, kept while offline, thinned when there are
too many.
"""

from collections.abc import Iterator

from msgspec import Struct

from libs.station.moment import Moment

QUEUE_MAX = 500
"""Above this many messages every second intermediate one is dropped, as widely used station
firmware does.
"""


class Attempts(Struct, frozen=True, kw_only=True):
    """MessageAttempts and MessageAttemptInterval (2.x, [TransactionEvent]); TransactionMessage* in
    1.6.
    """

    limit: int = 3
    interval_seconds: float = 60.0


class TransactionQueue:
    """The head is the message to send next; it stays the head until it is answered or given up."""

    __slots__ = ("_failures", "_waiting", "limit", "sending")

    def __init__(self, waiting: list[Moment] | None = None, limit: int = QUEUE_MAX) -> None:
        self._waiting = waiting if waiting is not None else []
        self._failures = 0
        self.limit = limit
        self.sending = False
        """The head is on its way: it must not be dropped."""

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Moment]:
        return iter(self._waiting)

    def add(self, moment: Moment) -> list[Moment]:
        """Queue a message; returns the messages that had to go for it."""
        self._waiting.append(moment)
        return self._shed() if len(self._waiting) > self.limit else []

    def head(self) -> Moment | None:
        return self._waiting[0] if self._waiting else None

    def take(self) -> Moment:
        """Remove the head: it was answered, or given up."""
        self._failures, self.sending = 0, False
        return self._waiting.pop(0)

    def fail(self, attempts: Attempts) -> float | None:
        """The head was refused or not answered: seconds until its next attempt, None if that was
        the last.
        """
        self._failures += 1
        self.sending = False
        if self._failures >= attempts.limit:
            return None
        return attempts.interval_seconds * self._failures

    def interrupt(self) -> None:
        """The connection broke: the head waits for the next one, and that is no failed attempt
        (E13).
        """
        self.sending = False

    def holds(self, transaction: str | None) -> bool:
        """Whether messages wait: of one transaction, or any."""
        return any(transaction in {None, moment.transaction} for moment in self._waiting)

    def _shed(self) -> list[Moment]:
        """Drop every second intermediate message; starts and ends are never dropped (E04.FR.07 and
        following).
        """
        kept: list[Moment] = []
        dropped: list[Moment] = []
        intermediate = 0
        for index, moment in enumerate(self._waiting):
            spared = moment.kind != "Updated" or (index == 0 and self.sending)
            intermediate += not spared
            (dropped if not spared and intermediate % 2 == 0 else kept).append(moment)
        self._waiting[:] = kept
        return dropped
