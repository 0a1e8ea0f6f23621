"""Millions of stored meter samples, written straight into the ledger's tables."""

import asyncpg

SAMPLES_PER_ENTRY = 4
ENTRIES_PER_SESSION = 100
ROWS_AT_A_TIME = 250_000
BODY_BYTES = 640

SESSIONS = """
INSERT INTO transactions.session
    (id, tenant, station, transaction, version, mark, active, flags,
    started_at, ended_at, heard_at, body)
SELECT md5('history' || n)::uuid, 'default', 'HISTORY-' || n % 5000, 'history-' || n, 'v201', 1,
    false, 0, now() - n * interval '1 minute', now(), now(), '\\x00'
FROM generate_series(1, $1::int) AS n
"""
ENTRIES = """
INSERT INTO transactions.entry (session, received_at, kind, body)
SELECT md5('history' || (1 + n / $3::int))::uuid, now(), 1, $4::bytea
FROM generate_series($1::int, $2::int - 1) AS n
"""


async def fill(dsn: str, samples: int) -> int:
    """Store so many samples of sessions that ended; how many there are now."""
    entries = samples // SAMPLES_PER_ENTRY
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SET synchronous_commit = off")
        await connection.execute(SESSIONS, entries // ENTRIES_PER_SESSION + 1)
        for first in range(0, entries, ROWS_AT_A_TIME):
            last = min(first + ROWS_AT_A_TIME, entries)
            body = b"x" * BODY_BYTES
            await connection.execute(ENTRIES, first, last, ENTRIES_PER_SESSION, body)
        await connection.execute("ANALYZE transactions.entry, transactions.session")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    return entries * SAMPLES_PER_ENTRY
