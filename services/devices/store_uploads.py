"""SQL of uploads: places for files of stations, and what is in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from libs.contracts.uploads import EndUpload, UploadState, UploadView

Connection = Any
Row = Any

ALL = """
SELECT u.id, u.tenant, u.station, u.location, u.created_at, u.expires_at, u.bytes_max, u.tries,
    u.failure, u.object, u.file_name, u.content_type, u.size, u.sha256, u.stored_at, u.dropped_at,
    EXISTS (SELECT FROM devices.upload_try t WHERE t.upload = u.id) AS receiving
FROM devices.upload u
"""


class Place(NamedTuple):
    """A new place for a file."""

    tenant: str
    station: str
    secret: str
    location: str
    created_at: datetime
    expires_at: datetime
    bytes_max: int


class Found(NamedTuple):
    """A place as it is kept."""

    location: str
    object: str | None
    view: UploadView


async def add(connection: Connection, place: Place) -> Found:
    row = await connection.fetchrow(
        """
        INSERT INTO devices.upload
            (tenant, station, secret, location, created_at, expires_at, bytes_max)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        RETURNING *, false AS receiving
        """,
        *place,
    )
    return found(row, place.created_at)


async def lock(connection: Connection, secret: str, now: datetime) -> Found | None:
    """The place with this secret, until the end of the transaction."""
    row = await connection.fetchrow(
        ALL + "WHERE secret = $1 FOR UPDATE OF u",
        secret,
    )
    return found(row, now) if row else None


async def lock_tried(connection: Connection, object: str, now: datetime) -> Found | None:
    """The place that a try writes for."""
    row = await connection.fetchrow(
        ALL + "JOIN devices.upload_try o ON o.upload = u.id WHERE o.object = $1 FOR UPDATE OF u",
        object,
    )
    return found(row, now) if row else None


async def holding(connection: Connection, object: str, now: datetime) -> Found | None:
    """The place that holds a file."""
    row = await connection.fetchrow(ALL + "WHERE u.object = $1", object)
    return found(row, now) if row else None


async def begin(connection: Connection, upload: UUID, object: str, now: datetime) -> None:
    """A station begins to send."""
    await connection.execute(
        """
        WITH tried AS (
            INSERT INTO devices.upload_try (object, upload, begun_at) VALUES ($2, $1, $3)
            ON CONFLICT DO NOTHING
        )
        UPDATE devices.upload SET tries = tries + 1 WHERE id = $1
        """,
        upload,
        object,
        now,
    )


async def end(connection: Connection, upload: UUID, file: EndUpload, now: datetime) -> Found:
    """The file is there; the try that wrote it is over."""
    row = await connection.fetchrow(
        """
        WITH tried AS (DELETE FROM devices.upload_try WHERE object = $2)
        UPDATE devices.upload SET object = $2, file_name = $3, content_type = $4, size = $5,
            sha256 = $6, stored_at = $7, failure = NULL
        WHERE id = $1 RETURNING *, false AS receiving
        """,
        upload,
        file.object,
        file.file_name,
        file.content_type,
        file.size,
        file.sha256,
        now,
    )
    return found(row, now)


async def fail(connection: Connection, object: str, reason: str) -> None:
    """A try is over, and left nothing in the store."""
    await connection.execute(
        """
        WITH tried AS (DELETE FROM devices.upload_try WHERE object = $1 RETURNING upload)
        UPDATE devices.upload SET failure = $2
        WHERE id = (SELECT upload FROM tried) AND stored_at IS NULL
        """,
        object,
        reason,
    )


async def get(connection: Connection, tenant: str, upload: UUID, now: datetime) -> Found | None:
    row = await connection.fetchrow(
        ALL + "WHERE tenant = $1 AND id = $2",
        tenant,
        upload,
    )
    return found(row, now) if row else None


async def at(
    connection: Connection, tenant: str, locations: Sequence[str], now: datetime
) -> dict[str, UploadView]:
    """The places of ours among these addresses."""
    rows = await connection.fetch(
        ALL + "WHERE tenant = $1 AND location = ANY($2::text[])",
        tenant,
        [location for location in locations if "\x00" not in location],
    )
    return {row["location"]: found(row, now).view for row in rows}


async def stale(
    connection: Connection, tried_before: datetime, stored_before: datetime, limit: int
) -> list[str]:
    """Names in the store that may go."""
    rows = await connection.fetch(
        """
        (SELECT object FROM devices.upload_try WHERE begun_at < $1 LIMIT $3)
        UNION ALL
        (SELECT object FROM devices.upload
         WHERE stored_at < $2 AND dropped_at IS NULL ORDER BY stored_at LIMIT $3)
        LIMIT $3
        """,
        tried_before,
        stored_before,
        limit,
    )
    return [row["object"] for row in rows]


async def drop(connection: Connection, objects: Sequence[str], now: datetime) -> None:
    """These are gone from the store."""
    await connection.execute(
        """
        WITH tried AS (DELETE FROM devices.upload_try WHERE object = ANY($1::text[]))
        UPDATE devices.upload SET dropped_at = $2
        WHERE object = ANY($1::text[]) AND dropped_at IS NULL
        """,
        list(objects),
        now,
    )


async def forget(connection: Connection, before: datetime) -> None:
    """Old places that hold nothing."""
    await connection.execute(
        """
        DELETE FROM devices.upload u
        WHERE created_at < $1 AND expires_at < $1 AND (stored_at IS NULL OR dropped_at < $1)
          AND NOT EXISTS (SELECT FROM devices.upload_try t WHERE t.upload = u.id)
        """,
        before,
    )


def found(row: Row, now: datetime) -> Found:
    view = UploadView(
        id=str(row["id"]),
        tenant=row["tenant"],
        station=row["station"],
        state=state(row, now),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        bytes_max=row["bytes_max"],
        tries=row["tries"],
        failure=row["failure"],
        file_name=row["file_name"],
        content_type=row["content_type"],
        size=row["size"],
        sha256=row["sha256"],
        stored_at=row["stored_at"],
    )
    return Found(row["location"], row["object"], view)


def state(row: Row, now: datetime) -> UploadState:
    if row["dropped_at"] is not None:
        return "dropped"
    if row["stored_at"] is not None:
        return "stored"
    if row["receiving"]:
        return "receiving"
    return "expired" if row["expires_at"] <= now else "waiting"
