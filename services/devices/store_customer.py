"""SQL of what stations told of customers. It is personal: kept for a short time, and erasable."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import json

from libs.contracts.customers import CertificateHash, CustomerView
from services.devices.parts import missing

Connection = Any
Row = Any

WHO = ("idToken", "customerIdentifier", "customerCertificate")
"""The fields of a CustomerInformation that say who is meant."""


class Cursor(NamedTuple):
    """Where a page ended."""

    asked_at: datetime
    request: UUID


async def add(connection: Connection, request: UUID) -> None:
    """A station answered this CustomerInformation."""
    await connection.execute(
        """
        INSERT INTO devices.customer (request, tenant, station, number, asked_at, subject, report,
                                      clear)
        SELECT id, tenant, station, numbers[1], asked_at, payload,
               (payload ->> 'report')::boolean, (payload ->> 'clear')::boolean
        FROM devices.request WHERE id = $1
        ON CONFLICT DO NOTHING
        """,
        request,
    )


async def add_part(
    connection: Connection,
    place: tuple[str, str, int],
    part: int,
    data: str,
    more: bool,
    *,
    at: datetime,
) -> None:
    """A part of what was told; a first part begins anew, for numbers may be used again."""
    await connection.execute(
        """
        WITH older AS (
            DELETE FROM devices.customer_part
            WHERE tenant = $1 AND station = $2 AND number = $3 AND $4 = 0 AND part > 0
        )
        INSERT INTO devices.customer_part (tenant, station, number, part, data, more, received_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (tenant, station, number, part) DO UPDATE
        SET data = excluded.data, more = excluded.more, received_at = excluded.received_at
        """,
        *place,
        part,
        data,
        more,
        at,
    )


VIEW = """
SELECT c.request, c.station, c.asked_at, c.subject, c.report, c.clear, p.parts, p.data, p.last
FROM devices.customer c
LEFT JOIN LATERAL (
    SELECT array_agg(part ORDER BY part) AS parts, string_agg(data, '' ORDER BY part) AS data,
           max(part) FILTER (WHERE NOT more) AS last
    FROM devices.customer_part p
    WHERE p.tenant = c.tenant AND p.station = c.station AND p.number = c.number
      AND NOT EXISTS (
          SELECT FROM devices.customer newer
          WHERE newer.tenant = c.tenant AND newer.station = c.station
            AND newer.number = c.number AND newer.asked_at > c.asked_at
      )
) p ON true
"""


async def page(
    connection: Connection,
    place: tuple[str, str],
    before: Cursor | None,
    limit: int,
    keep: timedelta,
) -> list[tuple[Cursor, CustomerView]]:
    """Newest first."""
    rows = await connection.fetch(
        f"""
        {VIEW}
        WHERE c.tenant = $1 AND c.station = $2
          AND ($3::timestamptz IS NULL OR (c.asked_at, c.request) < ($3, $4))
        ORDER BY c.asked_at DESC, c.request DESC LIMIT $5
        """,
        *place,
        before.asked_at if before else None,
        before.request if before else None,
        limit,
    )
    return [(Cursor(row["asked_at"], row["request"]), view(row, keep)) for row in rows]


async def get(
    connection: Connection, tenant: str, station: str, request: UUID, keep: timedelta
) -> CustomerView | None:
    row = await connection.fetchrow(
        f"{VIEW} WHERE c.tenant = $1 AND c.station = $2 AND c.request = $3",
        tenant,
        station,
        request,
    )
    return view(row, keep) if row else None


def view(row: Row, keep: timedelta) -> CustomerView:
    asked = json.decode(row["subject"], type=dict[str, Any])
    token = asked.get("idToken", {})
    certificate = asked.get("customerCertificate")
    parts: list[int] = row["parts"] or []
    end: int | None = row["last"]
    known = end if end is not None else max(parts, default=-1)
    lost = missing(parts, known)
    return CustomerView(
        request=str(row["request"]),
        station=row["station"],
        asked_at=row["asked_at"],
        token=token.get("idToken"),
        token_type=token.get("type"),
        certificate=hash_of(certificate) if certificate else None,
        identifier=asked.get("customerIdentifier"),
        report=row["report"],
        clear=row["clear"],
        text=row["data"] or "",
        parts=len(parts),
        parts_missing=lost,
        complete=(end is not None and not lost) or not row["report"],
        kept_until=row["asked_at"] + keep,
    )


def hash_of(certificate: dict[str, Any]) -> CertificateHash:
    return CertificateHash(
        algorithm=certificate["hashAlgorithm"],
        issuer_name_hash=certificate["issuerNameHash"],
        issuer_key_hash=certificate["issuerKeyHash"],
        serial_number=certificate["serialNumber"],
    )


async def erase(connection: Connection, tenant: str, station: str, request: UUID) -> bool:
    """Forget what was told under a request, and who was meant; False: there is no such thing."""
    found = await connection.fetchval(
        """
        WITH gone AS (
            DELETE FROM devices.customer
            WHERE tenant = $1 AND station = $2 AND request = $3 RETURNING number
        ), parts AS (
            DELETE FROM devices.customer_part p USING gone
            WHERE p.tenant = $1 AND p.station = $2 AND p.number = gone.number
        )
        UPDATE devices.request SET payload = (payload::jsonb - $4::text[])::json
        WHERE id = $3 AND tenant = $1 AND station = $2 AND action = 'CustomerInformation'
        RETURNING true
        """,
        tenant,
        station,
        request,
        list(WHO),
    )
    return bool(found)


async def forget(connection: Connection, before: datetime) -> None:
    """What was told, and who was meant, goes when its time is over."""
    await connection.execute("DELETE FROM devices.customer_part WHERE received_at < $1", before)
    await connection.execute("DELETE FROM devices.customer WHERE asked_at < $1", before)
    await connection.execute(
        """
        UPDATE devices.request SET payload = (payload::jsonb - $2::text[])::json
        WHERE action = 'CustomerInformation' AND asked_at < $1
          AND payload::jsonb ?| $2::text[]
        """,
        before,
        list(WHO),
    )
