"""What a station with a payment terminal tells (block C of 2.1)."""

from collections.abc import Callable
from typing import Any

from libs.ocpp import v21
from libs.station.controller import Controller


def settle(
    station: Controller,
    psp_ref: str,
    amount: float,
    transaction: str | None = None,
    status: v21.PaymentStatus = "Settled",
) -> None:
    """C21, C22: how a payment ended."""
    station.say(
        v21.NotifySettlement(
            psp_ref=psp_ref,
            status=status,
            settlement_amount=amount,
            settlement_time=station.clock.now(),
            transaction_id=transaction,
        )
    )


def validate_vat(station: Controller, number: str, answered: Callable[[Any], None]) -> None:
    """Somebody wants a receipt for a company; ``answered`` gets the response, or a Failure."""
    station.say(v21.VatNumberValidation(vat_number=number), answered)
