"""What this service answers and follows, by functional block."""

from services.transactions.app import router
from services.transactions.handlers import (
    availability,
    meter_values,
    quarantine,
    records,
    remote_control,
    transactions,
)

__all__ = [
    "availability",
    "meter_values",
    "quarantine",
    "records",
    "remote_control",
    "router",
    "transactions",
]
