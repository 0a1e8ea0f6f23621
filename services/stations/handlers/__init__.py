"""What this service answers and hears, by functional block."""

from services.stations.app import router
from services.stations.handlers import (
    admission,
    availability,
    dialects,
    presence,
    provisioning,
    registry,
    remote_control,
)

__all__ = [
    "admission",
    "availability",
    "dialects",
    "presence",
    "provisioning",
    "registry",
    "remote_control",
    "router",
]
