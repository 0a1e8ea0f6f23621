"""Tokens in memory, so that the usual question costs no round trip to the database.

What is remembered, registered or not, is forgotten when its owner says on the bus that it
changed, when the connection to the bus was lost for a moment, and in any case after
``age_seconds_max``.
"""

from collections.abc import Awaitable, Callable
from time import monotonic

from msgspec import Struct

from services.authorization.token import Token, fold

AGE_SECONDS_MAX = 60.0
TOKENS_MAX = 200_000

Key = tuple[str, str]
"""Tenant and folded id."""
Load = Callable[[str, str], Awaitable[Token | None]]


class Entry(Struct, frozen=True):
    token: Token | None
    until: float


class Memory:
    """At most ``tokens_max`` tokens; the one that was loaded first goes first."""

    def __init__(
        self,
        load: Load,
        *,
        age_seconds_max: float = AGE_SECONDS_MAX,
        tokens_max: int = TOKENS_MAX,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._load = load
        self._age = age_seconds_max
        self._tokens_max = tokens_max
        self._clock = clock
        self._entries: dict[Key, Entry] = {}
        self._changes = 0
        self.loads = 0
        """How often the database was asked."""

    async def token(self, tenant: str, identifier: str) -> Token | None:
        """The token, None when it is not registered."""
        key = (tenant, fold(identifier))
        entry = self._entries.get(key)
        if entry is not None and entry.until > self._clock():
            return entry.token
        return await self._loaded(key)

    async def _loaded(self, key: Key) -> Token | None:
        self.loads += 1
        changes = self._changes
        token = await self._load(*key)
        # What was read before a change that we heard of meanwhile may be the old state: not kept.
        if changes == self._changes:
            self._entries.pop(key, None)
            while len(self._entries) >= self._tokens_max:
                del self._entries[next(iter(self._entries))]
            self._entries[key] = Entry(token, self._clock() + self._age)
        return token

    def forget(self, tenant: str, identifier: str) -> None:
        """It changed."""
        self._changes += 1
        self._entries.pop((tenant, fold(identifier)), None)

    def clear(self) -> None:
        """Any of them may have changed."""
        self._changes += 1
        self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)
