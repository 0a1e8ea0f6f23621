"""SQL of payments at stations."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import convert, json

from libs.contracts.payments import CompanyView, SettlementView, VatCheckView
from libs.ocpp import v21
from services.devices.vat import Verdict

Connection = Any
Row = Any


async def add_settlement(
    connection: Connection,
    place: tuple[str, str],
    call: v21.NotifySettlement,
    received_at: datetime,
) -> None:
    """The same outcome told again is the same settlement."""
    company = call.vat_company
    await connection.execute(
        """
        INSERT INTO devices.settlement (tenant, station, received_at, psp_ref, status, at,
                                        transaction, amount, info, receipt_id, receipt_url, company,
                                        vat_number)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::json, $13)
        ON CONFLICT DO NOTHING
        """,
        *place,
        received_at,
        call.psp_ref,
        call.status,
        call.settlement_time,
        call.transaction_id,
        Decimal(str(call.settlement_amount)),
        call.status_info,
        call.receipt_id,
        call.receipt_url,
        json.encode(company_view(company)).decode() if company else None,
        call.vat_number,
    )


def company_view(company: v21.Address) -> CompanyView:
    return CompanyView(
        name=company.name,
        address1=company.address1,
        address2=company.address2,
        city=company.city,
        postal_code=company.postal_code,
        country=company.country,
    )


async def settlements(
    connection: Connection,
    place: tuple[str, str],
    transaction: str | None,
    before: int | None,
    limit: int,
) -> list[SettlementView]:
    """Newest first."""
    rows = await connection.fetch(
        """
        SELECT id, station, transaction, psp_ref, status, info, amount, at, receipt_id, receipt_url,
               company, vat_number, received_at
        FROM devices.settlement
        WHERE tenant = $1 AND station = $2 AND ($3::text IS NULL OR transaction = $3)
          AND ($4::bigint IS NULL OR id < $4)
        ORDER BY id DESC LIMIT $5
        """,
        *place,
        transaction,
        before,
        limit,
    )
    return [settlement(row) for row in rows]


def settlement(row: Row) -> SettlementView:
    company = row["company"]
    known = convert(json.decode(company), CompanyView) if company else None
    fields: dict[str, Any] = {**row, "company": known}
    return SettlementView(**fields)


async def add_vat_check(
    connection: Connection,
    place: tuple[str, str],
    call: v21.VatNumberValidation,
    verdict: Verdict,
    came: tuple[datetime, str],
) -> None:
    """``came``: when, and under which message id."""
    await connection.execute(
        """
        INSERT INTO devices.vat_check (tenant, station, received_at, message_id, number, evse,
                                       status, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
        """,
        *place,
        *came,
        call.vat_number,
        call.evse_id,
        "Accepted" if verdict.accepted else "Rejected",
        verdict.reason,
    )


async def vat_checks(
    connection: Connection, place: tuple[str, str], before: int | None, limit: int
) -> list[VatCheckView]:
    """Newest first."""
    rows = await connection.fetch(
        """
        SELECT id, received_at AS at, number, evse, status, reason FROM devices.vat_check
        WHERE tenant = $1 AND station = $2 AND ($3::bigint IS NULL OR id < $3)
        ORDER BY id DESC LIMIT $4
        """,
        *place,
        before,
        limit,
    )
    return [VatCheckView(**row) for row in rows]


async def forget(connection: Connection, before: datetime) -> None:
    """Settlements stay: they are of money."""
    await connection.execute("DELETE FROM devices.vat_check WHERE received_at < $1", before)
