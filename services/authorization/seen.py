"""Tokens that stations presented and nobody registered, counted in memory and written now and
then.
"""

from datetime import datetime
from typing import NamedTuple

from services.authorization.token import fold

PENDING_MAX = 10_000


class Sighting(NamedTuple):
    tenant: str
    folded: str
    id: str
    type: str
    station: str
    times: int
    first_at: datetime
    last_at: datetime


class Sightings:
    """At most ``PENDING_MAX`` different tokens between two writes; of more, the rest is only
    counted.
    """

    def __init__(self) -> None:
        self._pending: dict[tuple[str, str], Sighting] = {}
        self.overlooked = 0

    def note(self, tenant: str, token: str, kind: str, station: str, at: datetime) -> None:
        key = (tenant, fold(token))
        before = self._pending.get(key)
        if before is None:
            if len(self._pending) >= PENDING_MAX:
                self.overlooked += 1
                return
            self._pending[key] = Sighting(*key, token, kind, station, 1, at, at)
            return
        self._pending[key] = before._replace(
            station=station,
            times=before.times + 1,
            first_at=min(before.first_at, at),
            last_at=max(before.last_at, at),
        )

    def take(self) -> list[Sighting]:
        """What was noted since the last time, in the order in which rows are locked."""
        pending, self._pending = self._pending, {}
        return [pending[key] for key in sorted(pending)]

    def give_back(self, sightings: list[Sighting]) -> None:
        """They could not be written."""
        for one in sightings:
            key = (one.tenant, one.folded)
            later = self._pending.get(key)
            if later is None:
                self._pending[key] = one
            else:
                self._pending[key] = later._replace(
                    times=one.times + later.times, first_at=min(one.first_at, later.first_at)
                )
