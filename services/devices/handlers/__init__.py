"""What this service answers, by functional block."""

from services.devices.app import router
from services.devices.handlers import (
    certificates,
    data_transfer,
    diagnostics,
    passwords,
    payment,
    registry,
    requests,
    security,
    smart_charging,
    told,
)

__all__ = [
    "certificates",
    "data_transfer",
    "diagnostics",
    "passwords",
    "payment",
    "registry",
    "requests",
    "router",
    "security",
    "smart_charging",
    "told",
]
