"""Reservations over HTTP: what is asked of their owner, and what comes of it."""

from datetime import UTC, datetime

import httpx

from libs.contracts.reservations import CancelReserved, ListReservations, Reserve
from tests.services.api.peer import Peer

SOON = datetime(2027, 1, 1, 12, tzinfo=UTC)


async def test_a_place_is_reserved(api: httpx.AsyncClient, peer: Peer, tenant: str) -> None:
    body = {"token": "AA11", "expires_at": "2027-01-01T12:00:00Z", "evse": 2, "reservation": 7}
    answer = await api.post("stations/a%2Fb/reservations?timeout=5", json=body)
    assert answer.status_code == 200
    assert answer.json()["result"]["payload"] == {"status": "Accepted"}
    assert answer.json()["reservation"]["token"] == "AA11"
    assert peer.asked == [
        Reserve(
            tenant=tenant,
            station="a/b",
            token="AA11",
            expires_at=SOON,
            evse=2,
            reservation=7,
            by=peer.asked[0].by,
            timeout_seconds=5,
        )
    ]


async def test_what_speaks_against_it_is_a_conflict_that_says_what(
    api: httpx.AsyncClient, peer: Peer
) -> None:
    body = {"token": "BLOCKED", "expires_at": "2027-01-01T12:00:00Z"}
    answer = await api.post("stations/CP-1/reservations", json=body)
    assert answer.status_code == 409
    assert answer.json()["code"] == "conflict"
    assert "Blocked" in answer.json()["detail"]
    forced = await api.post("stations/CP-1/reservations", json={**body, "force": True})
    assert forced.status_code == 200


async def test_a_time_needs_its_zone(api: httpx.AsyncClient, peer: Peer) -> None:
    body = {"token": "AA11", "expires_at": "2027-01-01T12:00:00"}
    answer = await api.post("stations/CP-1/reservations", json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/expires_at"]


async def test_reservations_are_listed_and_cancelled(
    api: httpx.AsyncClient, peer: Peer, tenant: str
) -> None:
    page = await api.get("reservations?station=CP-1&status=active&open=true&limit=1")
    assert [item["reservation"] for item in page.json()["items"]] == [17]
    assert 'after=4711>; rel="next"' in page.headers["link"]
    assert (await api.get("stations/CP-1/reservations?open=false")).status_code == 200
    assert (await api.get("reservations/4711")).json()["status"] == "active"
    assert (await api.get("reservations/1")).status_code == 404
    gone = await api.delete("reservations/4711?force=true")
    assert gone.json()["reservation"]["status"] == "cancelled"
    assert (await api.delete("reservations/1")).status_code == 404
    assert peer.asked[:2] == [
        ListReservations(tenant=tenant, station="CP-1", status="active", open=True, limit=1),
        ListReservations(tenant=tenant, station="CP-1", open=False),
    ]
    assert CancelReserved(tenant=tenant, id="4711", force=True) in peer.asked
