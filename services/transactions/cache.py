"""Sessions in memory, as they were last written: right only while their row bears the same mark."""

from services.transactions.record import Session
from services.transactions.store import Key

SESSIONS_MAX = 100_000


class Cache:
    """The sessions written lately; those not used for long are forgotten."""

    def __init__(self, sessions_max: int = SESSIONS_MAX) -> None:
        self._half = max(sessions_max // 2, 1)
        self._young: dict[Key, Session] = {}
        self._old: dict[Key, Session] = {}

    def take(self, key: Key) -> Session | None:
        """Take it out: whoever changes it puts it back when that is written."""
        session = self._young.pop(key, None)
        return self._old.pop(key, None) if session is None else session

    def put(self, key: Key, session: Session) -> None:
        if len(self._young) >= self._half:
            self._old = self._young
            self._young = {}
        self._young[key] = session

    def __len__(self) -> int:
        return len(self._young) + len(self._old)
