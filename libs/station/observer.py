"""Who watches a station: every frame, every transaction message and what became of it, every
session's truth.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from msgspec import Struct

from libs.station.moment import Moment, Outcome, Session, Told

Direction = Literal["out", "in"]

FRAMES_MAX = 2_000
RECORDS_MAX = 20_000


class Observer:
    """Hears all and does nothing; a fleet's tally and a test's witness do."""

    __slots__ = ()

    def frame(self, direction: Direction, data: bytes, /) -> None:
        """A text message of the websocket, as it was sent or came in."""

    def exchange(self, action: str, seconds: float, /) -> None:
        """A CALL of the station was answered after so many real seconds."""

    def failed(self, action: str, kind: str, text: str, /) -> None:
        """A CALL of the station came to nothing."""

    def connected(self, *, up: bool) -> None:
        """The websocket opened or closed."""

    def changed(self, evse: int, /) -> None:
        """Something happened at an EVSE."""

    def queued(self, moment: Moment, /) -> None:
        """A transaction message waits to be told."""

    def sent(self, moment: Moment, id: str, at: datetime, /) -> None:
        """It was sent, once more."""

    def settled(self, moment: Moment, outcome: Outcome, at: datetime, alias: int | None, /) -> None:
        """It was answered, given up or shed."""

    def ended(self, session: Session, /) -> None:
        """A transaction is over."""


class Frame(Struct, frozen=True):
    direction: Direction
    data: bytes


class Witness(Observer):
    """Keeps what it hears of one station, for tests and for curious people; ``heard`` is called at
    each event.
    """

    __slots__ = ("_heard", "_waiting", "sessions", "told", "trace")

    def __init__(self, heard: Callable[[], None]) -> None:
        self.trace: deque[Frame] = deque(maxlen=FRAMES_MAX)
        self.told: deque[Told] = deque(maxlen=RECORDS_MAX)
        self.sessions: deque[Session] = deque(maxlen=RECORDS_MAX)
        self._waiting: dict[tuple[str, int], Told] = {}
        self._heard = heard

    def frame(self, direction: Direction, data: bytes) -> None:
        self.trace.append(Frame(direction, data))
        self._heard()

    def failed(self, *_: str) -> None:
        self._heard()

    def connected(self, *, up: bool) -> None:  # noqa: ARG002 - either is news
        self._heard()

    def changed(self, *_: int) -> None:
        self._heard()

    def queued(self, moment: Moment) -> None:
        told = Told(moment=moment)
        self._waiting[moment.transaction, moment.seq] = told
        self.told.append(told)

    def sent(self, moment: Moment, id: str, at: datetime) -> None:
        if (told := self._waiting.get((moment.transaction, moment.seq))) is not None:
            told.ids.append(id)
            told.sent_at = told.sent_at or at

    def settled(self, moment: Moment, outcome: Outcome, at: datetime, alias: int | None) -> None:
        if (told := self._waiting.pop((moment.transaction, moment.seq), None)) is not None:
            told.outcome, told.answered_at, told.alias = outcome, at, alias
        self._heard()

    def ended(self, session: Session) -> None:
        self.sessions.append(session)
        self._heard()
