"""What of the ledger is kept for how long: messages by weeks, sessions and bills for ever."""

from datetime import datetime, timedelta

import asyncpg

from libs.postgres import weeks
from services.transactions import store_aside

TABLES = ("transactions.entry", "transactions.reading", "transactions.quarantine")
REMOTE_STARTS_KEPT = timedelta(days=30)


async def maintain(pool: asyncpg.Pool, now: datetime, keep: timedelta | None) -> None:
    """Make what will be needed; with ``keep``, drop what is older. Sessions and bills stay."""
    for table in TABLES:
        await weeks.keep(pool, table, now, keep)
    await store_aside.forget_remote_starts(pool, REMOTE_STARTS_KEPT)
