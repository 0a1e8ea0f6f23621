"""What this service answers and follows."""

from services.reservations.app import router
from services.reservations.handlers import asked, registry, reservation, told

__all__ = ["asked", "registry", "reservation", "router", "told"]
