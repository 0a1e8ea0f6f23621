"""Answers that are kept under the idempotency key of their request: schema ``api``."""

from datetime import timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec
from asyncpg import Pool, Record
from msgspec import Struct


class Kept(Struct, frozen=True):
    """An answer as it was sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Key(Struct, frozen=True):
    """Keys are each operator's own."""

    tenant: str
    operator: str
    key: str


class Claim(Struct, frozen=True):
    """A key is ours to work on, or answered, or at work elsewhere, or of another request."""

    state: Literal["ours", "answered", "at_work", "other_request"]
    attempt: UUID | None = None
    kept: Kept | None = None


CLAIM = """
INSERT INTO api.idempotency AS known (tenant, operator, key, fingerprint, attempt, lease_until)
VALUES ($1, $2, $3, $4, $5, now() + $6)
ON CONFLICT (tenant, operator, key) DO UPDATE
   SET fingerprint = excluded.fingerprint, attempt = excluded.attempt,
       lease_until = excluded.lease_until, created_at = now(),
       status = NULL, headers = NULL, body = NULL
 WHERE (known.status IS NULL AND known.lease_until < now())
    OR known.created_at < now() - $7::interval
RETURNING attempt
"""
FIND = """
SELECT fingerprint, status, headers, body FROM api.idempotency
 WHERE tenant = $1 AND operator = $2 AND key = $3
"""
KEEP = """
UPDATE api.idempotency SET status = $5, headers = $6, body = $7
 WHERE tenant = $1 AND operator = $2 AND key = $3 AND attempt = $4
"""
RELEASE = """
DELETE FROM api.idempotency
 WHERE tenant = $1 AND operator = $2 AND key = $3 AND attempt = $4
"""
FORGET = "DELETE FROM api.idempotency WHERE created_at < now() - $1::interval"


class Store:
    def __init__(self, pool: "Pool[Record]", *, lease: timedelta, keep: timedelta) -> None:
        self.pool = pool
        self.lease = lease
        """How long a request may work before its key is free again."""
        self.retention = keep

    async def claim(self, key: Key, fingerprint: bytes) -> Claim:
        """One request at a time, on the whole platform, gets ``ours``."""
        attempt = uuid4()
        place = (key.tenant, key.operator, key.key)
        async with self.pool.acquire() as connection:
            if await connection.fetchval(
                CLAIM, *place, fingerprint, attempt, self.lease, self.retention
            ):
                return Claim("ours", attempt=attempt)
            row = await connection.fetchrow(FIND, *place)
        if row is None:
            return Claim("at_work")
        if row["fingerprint"] != fingerprint:
            return Claim("other_request")
        if row["status"] is None:
            return Claim("at_work")
        headers = msgspec.json.decode(row["headers"], type=list[tuple[str, str]])
        return Claim("answered", kept=Kept(row["status"], headers, row["body"]))

    async def keep(self, key: Key, attempt: UUID, kept: Kept) -> None:
        headers = msgspec.json.encode(kept.headers).decode()
        await self.run(KEEP, key, attempt, kept.status, headers, kept.body)

    async def release(self, key: Key, attempt: UUID) -> None:
        """The request changed nothing; the same key may be used for it, mended."""
        await self.run(RELEASE, key, attempt)

    async def forget(self) -> None:
        """Answers past their retention."""
        await self.pool.execute(FORGET, self.retention)

    async def alive(self) -> None:
        await self.pool.fetchval("SELECT 1")

    async def run(self, statement: str, key: Key, attempt: UUID, *more: Any) -> None:
        await self.pool.execute(statement, key.tenant, key.operator, key.key, attempt, *more)
