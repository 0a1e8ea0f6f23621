"""SQL of vendors' messages: who is known, and what was said both ways."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import json

from libs.contracts.vendors import TransferView, VendorHandler
from libs.ocpp.secret import hide

Connection = Any
Row = Any


class Transfer(NamedTuple):
    """A DataTransfer with its answer."""

    tenant: str
    station: str
    at: datetime
    message_id: str
    direction: str
    vendor: str
    message: str | None
    data: Any
    status: str
    answer: Any
    request: UUID | None


async def add(connection: Connection, transfer: Transfer) -> None:
    """One that came before is kept once."""
    await connection.execute(
        """
        INSERT INTO devices.transfer (tenant, station, at, message_id, direction, vendor, message,
                                      data, status, answer, request)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8::json, $9, $10::json, $11)
        ON CONFLICT DO NOTHING
        """,
        *transfer._replace(
            vendor=without_nul(transfer.vendor),
            message=without_nul(transfer.message or "") or None,
            data=text(transfer.data),
            answer=text(transfer.answer),
        ),
    )


def without_nul(text: str) -> str:
    """Where an edge is laxer than the schema: PostgreSQL has no text with a NUL."""
    return text.replace("\0", "")


def text(data: Any) -> str | None:
    """JSON without secrets."""
    return None if data is None else hide("DataTransfer", json.encode(data)).decode()


async def page(
    connection: Connection,
    place: tuple[str, str],
    vendor: str | None,
    before: int | None,
    limit: int,
) -> list[TransferView]:
    """Newest first."""
    rows = await connection.fetch(
        """
        SELECT id, at, station, direction, vendor, message, data, status, answer, request
        FROM devices.transfer
        WHERE tenant = $1 AND station = $2 AND ($3::text IS NULL OR vendor = $3)
          AND ($4::bigint IS NULL OR id < $4)
        ORDER BY id DESC LIMIT $5
        """,
        *place,
        vendor,
        before,
        limit,
    )
    return [
        TransferView(
            id=row["id"],
            at=row["at"],
            station=row["station"],
            direction=row["direction"],
            vendor=row["vendor"],
            message=row["message"],
            data=value(row["data"]),
            status=row["status"],
            answer=value(row["answer"]),
            request=str(row["request"]) if row["request"] else None,
        )
        for row in rows
    ]


def value(text: str | None) -> Any:
    return None if text is None else json.decode(text)


async def handler(connection: Connection, tenant: str, vendor: str) -> VendorHandler | None:
    row = await connection.fetchrow(
        """
        SELECT vendor, policy, messages, changed_at FROM devices.vendor_handler
        WHERE tenant = $1 AND vendor = $2
        """,
        tenant,
        without_nul(vendor),
    )
    return handler_of(row) if row else None


async def handlers(
    connection: Connection, tenant: str, after: str | None, limit: int
) -> list[VendorHandler]:
    rows = await connection.fetch(
        """
        SELECT vendor, policy, messages, changed_at FROM devices.vendor_handler
        WHERE tenant = $1 AND ($2::text IS NULL OR vendor > $2) ORDER BY vendor LIMIT $3
        """,
        tenant,
        after,
        limit,
    )
    return [handler_of(row) for row in rows]


async def put_handler(connection: Connection, tenant: str, handler: VendorHandler) -> None:
    await connection.execute(
        """
        INSERT INTO devices.vendor_handler (tenant, vendor, policy, messages, changed_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (tenant, vendor) DO UPDATE SET policy = excluded.policy,
            messages = excluded.messages, changed_at = excluded.changed_at
        """,
        tenant,
        handler.vendor,
        handler.policy,
        handler.messages,
        handler.changed_at,
    )


async def delete_handler(connection: Connection, tenant: str, vendor: str) -> bool:
    """Whether there was one."""
    found = await connection.fetchval(
        "DELETE FROM devices.vendor_handler WHERE tenant = $1 AND vendor = $2 RETURNING true",
        tenant,
        vendor,
    )
    return bool(found)


def handler_of(row: Row) -> VendorHandler:
    return VendorHandler(
        vendor=row["vendor"],
        policy=row["policy"],
        messages=row["messages"],
        changed_at=row["changed_at"],
    )


async def forget(connection: Connection, before: datetime) -> None:
    await connection.execute("DELETE FROM devices.transfer WHERE at < $1", before)
