"""What this service answers, by functional block."""

from services.devices.app import router
from services.devices.handlers import (
    certificates,
    data_transfer,
    diagnostics,
    payment,
    registry,
    security,
    smart_charging,
    told,
)

__all__ = [
    "certificates",
    "data_transfer",
    "diagnostics",
    "payment",
    "registry",
    "router",
    "security",
    "smart_charging",
    "told",
]
