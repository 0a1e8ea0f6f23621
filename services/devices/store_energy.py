"""SQL of battery swaps and priority charging."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import convert, json, to_builtins

from libs.contracts.der import BatteryView, PriorityView, SwapView
from libs.ocpp import v21

Connection = Any
Row = Any

ADD_SWAP = """
INSERT INTO devices.battery_swap (tenant, station, received_at, message_id, number, event, token,
                                  token_type, batteries)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::json) ON CONFLICT DO NOTHING
"""


async def add_swap(
    connection: Connection,
    place: tuple[str, str],
    call: v21.BatterySwap,
    received_at: datetime,
    message_id: str,
) -> None:
    batteries = [
        BatteryView(
            evse=each.evse_id,
            serial_number=each.serial_number,
            soc=each.soc,
            soh=each.soh,
            produced_at=each.production_date,
            vendor_info=each.vendor_info,
        )
        for each in call.battery_data
    ]
    await connection.execute(
        ADD_SWAP,
        *place,
        received_at,
        message_id,
        call.request_id,
        call.event_type,
        call.id_token.id_token,
        call.id_token.type,
        json.encode(to_builtins(batteries)).decode(),
    )


async def swaps(
    connection: Connection, place: tuple[str, str], before: int | None, limit: int
) -> list[SwapView]:
    """Newest first, each with our request of the same number, where there is one."""
    rows = await connection.fetch(
        """
        SELECT s.id, s.received_at AS at, s.number, s.event, s.token, s.token_type, s.batteries,
               r.id AS request
        FROM devices.battery_swap s
        LEFT JOIN LATERAL (
            SELECT id FROM devices.request r
            WHERE r.tenant = s.tenant AND r.station = s.station AND r.family = 'battery swap'
              AND s.number = ANY (r.numbers) AND r.asked_at <= s.received_at + interval '5 seconds'
            ORDER BY asked_at DESC LIMIT 1
        ) r ON true
        WHERE s.tenant = $1 AND s.station = $2 AND ($3::bigint IS NULL OR s.id < $3)
        ORDER BY s.id DESC LIMIT $4
        """,
        *place,
        before,
        limit,
    )
    return [swap(row) for row in rows]


def swap(row: Row) -> SwapView:
    request: UUID | None = row["request"]
    batteries = convert(json.decode(row["batteries"]), list[BatteryView])
    told: dict[str, Any] = {**row, "batteries": batteries}
    told["request"] = str(request) if request else None
    return SwapView(**told)


async def add_priority(
    connection: Connection,
    place: tuple[str, str],
    call: v21.NotifyPriorityCharging,
    received_at: datetime,
    message_id: str,
) -> None:
    await connection.execute(
        """
        INSERT INTO devices.priority_charging (tenant, station, received_at, message_id,
                                               transaction, activated)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
        """,
        *place,
        received_at,
        message_id,
        call.transaction_id,
        call.activated,
    )


async def priorities(
    connection: Connection, place: tuple[str, str], before: int | None, limit: int
) -> list[PriorityView]:
    """Newest first."""
    rows = await connection.fetch(
        """
        SELECT id, received_at AS at, transaction, activated FROM devices.priority_charging
        WHERE tenant = $1 AND station = $2 AND ($3::bigint IS NULL OR id < $3)
        ORDER BY id DESC LIMIT $4
        """,
        *place,
        before,
        limit,
    )
    return [PriorityView(**row) for row in rows]


async def forget(connection: Connection, before: datetime) -> None:
    await connection.execute("DELETE FROM devices.battery_swap WHERE received_at < $1", before)
    await connection.execute("DELETE FROM devices.priority_charging WHERE received_at < $1", before)
