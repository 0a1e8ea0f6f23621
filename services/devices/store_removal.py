"""SQL of what is forgotten with a station: its device model, how it connects, what it holds."""

from datetime import datetime
from typing import Any

from libs.bus import Address

Connection = Any


async def forget(connection: Connection, to: Address, before: datetime) -> None:
    """All that was known before then: another station may have the name since."""
    await connection.execute(
        """
        WITH variables AS (
            DELETE FROM devices.variable
            WHERE tenant = $1 AND station = $2 AND named_at <= $3
        ), limits AS (
            DELETE FROM devices.batch_limit
            WHERE tenant = $1 AND station = $2 AND learned_at <= $3
        ), inventories AS (
            DELETE FROM devices.inventory
            WHERE tenant = $1 AND station = $2 AND booted_at <= $3
        ), slots AS (
            DELETE FROM devices.network_profile
            WHERE tenant = $1 AND station = $2 AND set_at <= $3
        ), displays AS (
            DELETE FROM devices.display
            WHERE tenant = $1 AND station = $2 AND greatest(set_at, confirmed_at) <= $3
        ), profiles AS (
            DELETE FROM devices.charging_profile
            WHERE tenant = $1 AND station = $2 AND greatest(set_at, confirmed_at) <= $3
        ), charging_limits AS (
            DELETE FROM devices.charging_limit
            WHERE tenant = $1 AND station = $2 AND told_at <= $3
        ), controls AS (
            DELETE FROM devices.der_control
            WHERE tenant = $1 AND station = $2 AND greatest(set_at, confirmed_at, told_at) <= $3
        ), streams AS (
            DELETE FROM devices.stream
            WHERE tenant = $1 AND station = $2 AND greatest(opened_at, last_at) <= $3
        ), heard AS (
            DELETE FROM devices.connector_heard
            WHERE tenant = $1 AND station = $2 AND received_at <= $3
        ), customers AS (
            DELETE FROM devices.customer
            WHERE tenant = $1 AND station = $2 AND asked_at <= $3
        ), told AS (
            DELETE FROM devices.customer_part
            WHERE tenant = $1 AND station = $2 AND received_at <= $3
        )
        DELETE FROM devices.network_priority
        WHERE tenant = $1 AND station = $2 AND changed_at <= $3
        """,
        to.tenant,
        to.station,
        before,
    )
