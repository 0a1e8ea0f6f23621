"""What this service answers, by functional block."""

from services.devices import retention
from services.devices.app import router
from services.devices.handlers import (
    certificates,
    data_transfer,
    diagnostics,
    firmware,
    logs,
    passwords,
    payment,
    registry,
    requests,
    security,
    smart_charging,
    told,
    uploads,
)

__all__ = [
    "certificates",
    "data_transfer",
    "diagnostics",
    "firmware",
    "logs",
    "passwords",
    "payment",
    "registry",
    "requests",
    "retention",
    "router",
    "security",
    "smart_charging",
    "told",
    "uploads",
]
