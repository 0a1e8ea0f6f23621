"""What belongs to no session but was said: idle and main meters, messages that do not conform."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from msgspec import Struct

from libs.bus import Unavailable
from libs.ocpp.message import Version
from libs.postgres import DatabaseAway, GroupCommit
from services.transactions import store_aside
from services.transactions.store import Connection


class IdleReading(Struct, frozen=True):
    """MeterValues outside of sessions; EVSE 0 is the main meter."""

    tenant: str
    station: str
    evse: int
    received_at: datetime
    version: Version
    raw: bytes


class Quarantined(Struct, frozen=True):
    """A message that does not conform, and why."""

    tenant: str
    station: str
    received_at: datetime
    version: Version
    action: str
    transaction: str | None
    reason: str
    raw: bytes


Aside = IdleReading | Quarantined


class Asides:
    """Writes them, in groups."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._group: GroupCommit[Aside, None] = GroupCommit(pool, self.flush)

    async def keep(self, aside: Aside) -> None:
        """Commit it. Unavailable: it may not be committed, the station tries again."""
        try:
            await self._group.submit(aside)
        except DatabaseAway as error:
            raise Unavailable(str(error)) from error

    async def stop(self) -> None:
        await self._group.stop()

    async def flush(self, connection: Connection, asides: list[Aside]) -> Sequence[None]:
        readings = [aside for aside in asides if isinstance(aside, IdleReading)]
        quarantined = [aside for aside in asides if isinstance(aside, Quarantined)]
        if readings:
            await store_aside.insert_readings(connection, readings)
        if quarantined:
            await store_aside.insert_quarantined(connection, quarantined)
        return [None] * len(asides)
