"""What a station answered to a reservation is not lost with a database that is away just then."""

from typing import Any

import pytest

from libs.bus import Address, Bus
from libs.contracts.reservations import CancelReserved
from libs.postgres import DatabaseAway
from services.reservations.handlers import reservation
from tests.services.reservations.conftest import reserve


@pytest.mark.parametrize("ours", ["settle", "cancelled"])
async def test_an_outcome_waits_for_a_database_that_is_away(
    ready: Any, bus: Bus, here: Address, monkeypatch: pytest.MonkeyPatch, ours: str
) -> None:
    peer, tries = ready("v201"), 0
    work = getattr(reservation, ours)

    async def away_at_first(*given: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise DatabaseAway("killed")
        return await work(*given)

    monkeypatch.setattr(reservation, ours, away_at_first)
    made = (await reserve(bus, here)).reservation
    assert made.status == "active"
    over = await bus.ask(CancelReserved(tenant=here.tenant, id=made.id))
    assert (over.reservation.status, len(peer.calls), tries) == ("cancelled", 2, 3)
