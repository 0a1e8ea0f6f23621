"""Payments at stations, and cost on their displays."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from services.api.bodies.base import Body, EvseId, Name


class WebPaymentPost(Body, frozen=True, kw_only=True):
    """Somebody pays on a web page for this EVSE (NotifyWebPaymentStarted)."""

    example = {"evse": 1, "timeout": 120}

    evse: EvseId
    timeout: Annotated[int, Meta(ge=0, le=86_400)]
    """Seconds in which the payment is to be done."""


class CostPost(Body, frozen=True, kw_only=True):
    """The cost of a transaction so far (CostUpdated)."""

    example = {"transaction": "tx-0815", "total_cost": 4.2}

    transaction: Name
    """The station's own name for it."""
    total_cost: Decimal
    """In the currency that the station is set to, taxes included."""
