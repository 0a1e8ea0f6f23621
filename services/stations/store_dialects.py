"""What decides on the dialects of stations, and what probes of them found."""

from datetime import datetime
from typing import Any

from libs.ocpp.message import Version
from services.stations.habit import Known

Row = Any
Connection = Any


def known(row: Row, version: Version | None = None) -> Known:
    return Known(
        row["vendor"], row["model"], row["firmware"], row["dialect"], row["learned"], version
    )


async def habit(connection: Connection, tenant: str, station: str) -> Known | None:
    """The version of the current or last connection, and what decides on the dialect; None if
    there is no such station.
    """
    row = await connection.fetchrow(
        """
        SELECT s.vendor, s.model, s.firmware, s.dialect, s.learned, p.version
        FROM stations.station s JOIN stations.presence p USING (key)
        WHERE s.tenant = $1 AND s.identity = $2
        """,
        tenant,
        station,
    )
    return None if row is None else known(row, row["version"])


async def last_probe(
    connection: Connection, tenant: str, station: str
) -> tuple[str, datetime | None] | None:
    """The JSON of what it found, and when that was applied."""
    row = await connection.fetchrow(
        """
        SELECT p.found, p.applied_at FROM stations.probe p JOIN stations.station s USING (key)
        WHERE s.tenant = $1 AND s.identity = $2
        """,
        tenant,
        station,
    )
    return None if row is None else (row["found"], row["applied_at"])


async def keep_probe(
    connection: Connection, tenant: str, station: str, at: datetime, found: str
) -> None:
    """The last one counts."""
    await connection.execute(
        """
        INSERT INTO stations.probe (key, at, found)
        SELECT key, $3, $4 FROM stations.station WHERE tenant = $1 AND identity = $2
        ON CONFLICT (key) DO UPDATE SET at = $3, found = $4, applied_at = NULL
        """,
        tenant,
        station,
        at,
        found,
    )


async def learn(
    connection: Connection, tenant: str, station: str, learned: str | None, at: datetime
) -> None:
    """Hold it to be so from now on, or forget what was learned."""
    await connection.execute(
        """
        WITH taught AS (
            UPDATE stations.station SET learned = $3 WHERE tenant = $1 AND identity = $2
            RETURNING key
        )
        UPDATE stations.probe
        SET applied_at = CASE WHEN $3::text IS NULL THEN NULL ELSE $4::timestamptz END
        FROM taught WHERE probe.key = taught.key
        """,
        tenant,
        station,
        learned,
        at,
    )
