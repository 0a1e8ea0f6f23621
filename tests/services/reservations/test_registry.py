"""Reservations as operators see them."""

from typing import Any

import pytest

from libs.bus import Address, Bus, Invalid
from libs.contracts.reservations import ListReservations
from tests.services.reservations.conftest import Around, reserve


async def test_reservations_are_listed_page_by_page_and_narrowed(
    ready: Any, bus: Bus, world: Around, here: Address
) -> None:
    peer = ready("v201")
    for number in range(1, 6):
        peer.answer = {"status": "Accepted" if number % 2 else "Rejected"}
        await reserve(bus, here, reservation=number, force=True)
    seen: list[int] = []
    after: str | None = None
    while True:
        page = await bus.ask(
            ListReservations(tenant=here.tenant, station=here.station, after=after, limit=2)
        )
        seen += [item.reservation for item in page.items]
        after = page.next
        if after is None:
            break
    assert seen == [5, 4, 3, 2, 1]

    async def numbers(**more: Any) -> list[int]:
        page = await bus.ask(ListReservations(tenant=here.tenant, **more))
        return [item.reservation for item in page.items]

    assert await numbers(open=True) == [5, 3, 1]
    assert await numbers(open=False) == await numbers(status="refused") == [4, 2]
    assert await numbers(token="aa11", reservation=3) == [3]
    assert await numbers(token="ZZ") == await numbers(station="CP9") == []
    with pytest.raises(Invalid):
        await numbers(after="x")
