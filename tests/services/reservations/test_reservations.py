"""Reservations from ReserveNow to their end, in every version (H01 to H04)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.bus import Address, Bus, Conflict, Invalid, NotFound, Reply
from libs.contracts.reservations import (
    CancelReserved,
    GetReservation,
    ReservationEnded,
    ReservationMade,
    ReservationView,
)
from libs.contracts.stations import ConnectorStatusChanged, StationRemoved
from libs.contracts.transactions import ReservationUsed
from libs.ocpp import v21, v201
from libs.ocpp.message import Version
from tests.services.reservations.conftest import Around, reserve, soon
from tests.services.service import Ear, announce, eventually, up

ALL = pytest.mark.parametrize("version", ["v16", "v201", "v21"])
TWO = pytest.mark.parametrize("version", ["v201", "v21"])


async def get(bus: Bus, here: Address, id: str) -> ReservationView:
    return await bus.ask(GetReservation(tenant=here.tenant, id=id))


async def until(bus: Bus, here: Address, id: str, status: str) -> ReservationView:
    return await eventually(lambda: get(bus, here, id), lambda seen: seen.status == status)


@ALL
async def test_a_place_is_kept_and_told(
    ready: Any, bus: Bus, here: Address, version: Version
) -> None:
    peer, expires = ready(version), soon()
    async with Ear(bus, here.tenant, ReservationMade) as ear:
        made = await reserve(bus, here, expires_at=expires)
        [event] = await ear.heard(1)
    kept = made.reservation
    assert (made.result.status, kept.status, kept.answer) == ("answered", "active", "Accepted")
    assert (kept.reservation, kept.evse, kept.token, kept.group) == (1, 1, "AA11", "G")
    assert (event.id, event.reservation, event.expires_at) == (kept.id, 1, expires)
    assert await get(bus, here, kept.id) == kept
    [(_, action, payload)] = peer.calls
    text = expires.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if version == "v16":
        expected = {
            "connectorId": 1, "expiryDate": text, "idTag": "AA11", "parentIdTag": "G",
            "reservationId": 1,
        }  # fmt: skip
    else:
        expected = {
            "id": 1,
            "expiryDateTime": text,
            "idToken": {"idToken": "AA11", "type": "ISO14443"},
            "evseId": 1,
            "groupIdToken": {"idToken": "G", "type": "Central"},
        }
    assert action == "ReserveNow"
    moments = {"expiryDate", "expiryDateTime"}
    assert {k: v for k, v in payload.items() if k not in moments} == {
        k: v for k, v in expected.items() if k not in moments
    }
    said = next(payload[name] for name in moments if name in payload)
    assert datetime.fromisoformat(said) == expires


@ALL
async def test_any_place_is_connector_0_or_no_evse(
    ready: Any, bus: Bus, here: Address, version: Version
) -> None:
    peer = ready(version)
    await reserve(bus, here, evse=None)
    payload = peer.calls[0][2]
    assert payload.get("connectorId") == (0 if version == "v16" else None)
    assert "evseId" not in payload


@TWO
async def test_a_type_of_connector_is_asked_for(
    ready: Any, bus: Bus, here: Address, version: Version
) -> None:
    peer = ready(version)
    await reserve(bus, here, evse=None, connector_type="cCCS2")
    assert peer.calls[0][2]["connectorType"] == "cCCS2"


async def test_1_6_knows_no_type_of_connector(ready: Any, bus: Bus, here: Address) -> None:
    peer = ready("v16")
    with pytest.raises(Invalid) as caught:
        await reserve(bus, here, connector_type="cCCS2")
    assert caught.value.details == {"field": "connector_type"}
    assert peer.calls == []


@ALL
@pytest.mark.parametrize("answer", ["Faulted", "Occupied", "Rejected", "Unavailable"])
async def test_what_the_station_answers_is_shown(
    ready: Any, bus: Bus, here: Address, version: Version, answer: str
) -> None:
    peer = ready(version)
    peer.answer = {"status": answer}
    refused = await reserve(bus, here)
    assert refused.result.payload == {"status": answer}
    assert (refused.reservation.status, refused.reservation.answer) == ("refused", answer)
    peer.answer = {"status": "Accepted"}
    assert (await reserve(bus, here)).reservation.reservation == 2


async def test_offline_error_and_silence_are_outcomes(ready: Any, bus: Bus, here: Address) -> None:
    peer = ready("v201")
    peer.answer = lambda reply: reply.error("InternalError", "no time")
    failed = await reserve(bus, here)
    assert (failed.result.status, failed.reservation.status) == ("error", "unreached")
    assert failed.reservation.reason == "InternalError: no time"
    silent: list[Reply] = []
    peer.answer = silent.append
    slow = await reserve(bus, here, timeout_seconds=0.05)
    assert (slow.result.status, slow.reservation.status) == ("timeout", "uncertain")
    peer.leave()
    away = await reserve(bus, here, evse=2)
    assert (away.result.status, away.reservation.status) == ("offline", "unreached")


async def test_a_station_that_never_connected_is_offline(
    service: Any, bus: Bus, world: Around, here: Address
) -> None:
    world.station(here, None)
    world.token(here.tenant, "AA11")
    assert (await reserve(bus, here)).result.status == "offline"
    with pytest.raises(NotFound):
        await reserve(bus, Address(here.tenant, "CP9"))


async def test_a_conflict_is_told_and_nothing_sent_unless_it_is_forced(
    ready: Any, bus: Bus, here: Address
) -> None:
    peer = ready("v201", evse1="Faulted")
    peer.answer = {"status": "Faulted"}
    with pytest.raises(Conflict) as caught:
        await reserve(bus, here, token="CC33")
    assert "EVSE 1 is Faulted" in caught.value.description
    assert "no token 'CC33' is registered" in caught.value.description
    assert peer.calls == []
    forced = await reserve(bus, here, token="CC33", force=True)
    assert forced.reservation.answer == "Faulted"


async def test_one_evse_is_kept_for_one(ready: Any, bus: Bus, here: Address) -> None:
    ready("v201")
    await reserve(bus, here)
    with pytest.raises(Conflict, match="EVSE 1 is reserved"):
        await reserve(bus, here)
    assert (await reserve(bus, here, evse=2)).reservation.status == "active"


@ALL
async def test_the_same_number_replaces(
    ready: Any, bus: Bus, here: Address, version: Version
) -> None:
    ready(version)
    first = (await reserve(bus, here, reservation=40)).reservation
    second = (await reserve(bus, here, reservation=40, evse=2)).reservation
    assert (await get(bus, here, first.id)).status == "replaced"
    assert second.status == "active"


async def test_a_refused_replacement_leaves_the_first(ready: Any, bus: Bus, here: Address) -> None:
    peer = ready("v201")
    first = (await reserve(bus, here, reservation=40)).reservation
    peer.answer = {"status": "Rejected"}
    await reserve(bus, here, reservation=40, evse=2)
    assert (await get(bus, here, first.id)).status == "active"


async def test_a_number_that_was_chosen_is_not_given_out_again(
    ready: Any, bus: Bus, here: Address
) -> None:
    ready("v201")
    await reserve(bus, here, reservation=1)
    assert (await reserve(bus, here, evse=2)).reservation.reservation == 2


@ALL
async def test_a_place_is_given_back(ready: Any, bus: Bus, here: Address, version: Version) -> None:
    peer = ready(version)
    kept = (await reserve(bus, here)).reservation
    async with Ear(bus, here.tenant, ReservationEnded) as ear:
        gone = await bus.ask(CancelReserved(tenant=here.tenant, id=kept.id))
        [event] = await ear.heard(1)
    assert (gone.result.status, gone.reservation.status) == ("answered", "cancelled")
    assert (event.why, event.reservation) == ("cancelled", 1)
    assert peer.calls[-1][1:] == ("CancelReservation", {"reservationId": 1})
    with pytest.raises(Conflict):
        await bus.ask(CancelReserved(tenant=here.tenant, id=kept.id))
    peer.answer = {"status": "Rejected"}
    again = await bus.ask(CancelReserved(tenant=here.tenant, id=kept.id, force=True))
    assert again.result.payload == {"status": "Rejected"}
    assert again.reservation.status == "cancelled"


async def test_a_rejected_cancellation_says_that_there_is_none(
    ready: Any, bus: Bus, here: Address
) -> None:
    peer = ready("v201")
    kept = (await reserve(bus, here)).reservation
    peer.answer = {"status": "Rejected"}
    gone = await bus.ask(CancelReserved(tenant=here.tenant, id=kept.id))
    assert gone.result.payload == {"status": "Rejected"}
    assert gone.reservation.status == "removed"
    assert gone.reservation.reason == "the station knows no such reservation"


async def test_an_offline_station_keeps_what_it_keeps(ready: Any, bus: Bus, here: Address) -> None:
    peer = ready("v201")
    kept = (await reserve(bus, here)).reservation
    peer.leave()
    gone = await bus.ask(CancelReserved(tenant=here.tenant, id=kept.id))
    assert (gone.result.status, gone.reservation.status) == ("offline", "active")
    with pytest.raises(NotFound):
        await bus.ask(CancelReserved(tenant=here.tenant, id="999999"))


@ALL
async def test_a_session_uses_it(ready: Any, bus: Bus, here: Address, version: Version) -> None:
    ready(version)
    kept = (await reserve(bus, here)).reservation
    await announce(bus, used(here, 1))
    ended = await until(bus, here, kept.id, "used")
    assert ended.transaction == "ledger-1"


def used(here: Address, number: int) -> ReservationUsed:
    return ReservationUsed(
        tenant=here.tenant,
        at=datetime.now(UTC),
        station=here.station,
        id="ledger-1",
        transaction="tx",
        reservation=number,
    )


@TWO
@pytest.mark.parametrize(
    ("said", "status"),
    [("Expired", "expired"), ("Removed", "removed"), ("NoTransaction", "no_transaction")],
)
async def test_a_2_x_station_tells_how_it_ended(
    ready: Any, bus: Bus, here: Address, version: Version, said: Any, status: str
) -> None:
    if version == "v201" and said == "NoTransaction":
        return
    ready(version)
    kept = (await reserve(bus, here)).reservation
    kind = v201 if version == "v201" else v21
    await up(
        bus, here, kind.ReservationStatusUpdate(reservation_id=1, reservation_update_status=said)
    )
    assert (await get(bus, here, kept.id)).status == status
    assert (await reserve(bus, here)).reservation.status == "active"


async def test_an_update_of_an_unknown_reservation_is_answered(
    ready: Any, bus: Bus, here: Address
) -> None:
    ready("v201")
    update = v201.ReservationStatusUpdate(reservation_id=99, reservation_update_status="Expired")
    assert await up(bus, here, update) == v201.ReservationStatusUpdateResponse()


@ALL
async def test_it_expires_by_our_clock_where_nobody_says_so(
    ready: Any, bus: Bus, here: Address, version: Version
) -> None:
    ready(version)
    kept = (await reserve(bus, here, expires_at=soon(1.2))).reservation
    async with Ear(bus, here.tenant, ReservationEnded) as ear:
        [event] = await ear.heard(1)
    assert (event.why, event.id) == ("expired", kept.id)


async def test_the_word_of_a_station_corrects_our_clock(
    ready: Any, bus: Bus, here: Address
) -> None:
    """A session that began offline within the time is told when it is over."""
    ready("v201")
    kept = (await reserve(bus, here, expires_at=soon(1.2))).reservation
    await until(bus, here, kept.id, "expired")
    await announce(bus, used(here, 1))
    await until(bus, here, kept.id, "used")


def status(here: Address, status: Any, previous: Any, evse: int = 1) -> ConnectorStatusChanged:
    return ConnectorStatusChanged(
        tenant=here.tenant,
        at=datetime.now(UTC),
        station=here.station,
        evse=evse,
        connector=1,
        status=status,
        previous=previous,
    )


@pytest.mark.parametrize(
    ("event", "ends"),
    [
        (("Faulted", "Reserved"), True),
        (("Unavailable", "Reserved"), True),
        (("Unavailable", "Available", 0), True),
        (("Available", "Reserved"), True),
        (("Available", "Charging"), False),
        (("Preparing", "Reserved"), False),
        (("Faulted", "Available", 2), False),
    ],
)
async def test_1_6_tells_by_status(
    ready: Any, bus: Bus, here: Address, event: tuple[Any, ...], ends: bool
) -> None:
    ready("v16")
    kept = (await reserve(bus, here)).reservation
    await announce(bus, status(here, *event))
    if ends:
        assert (await until(bus, here, kept.id, "removed")).reason
        return
    await announce(bus, status(here, "Faulted", "Available", 2))
    await announce(bus, used(here, 1))
    assert (await until(bus, here, kept.id, "used")).transaction == "ledger-1"


async def test_a_2_x_station_has_its_own_word_for_a_fault(
    ready: Any, bus: Bus, here: Address
) -> None:
    ready("v201")
    kept = (await reserve(bus, here)).reservation
    await announce(bus, status(here, "Faulted", "Reserved"))
    await announce(bus, used(here, 1))
    await until(bus, here, kept.id, "used")


async def test_a_removed_station_keeps_nothing(ready: Any, bus: Bus, here: Address) -> None:
    ready("v201")
    kept = (await reserve(bus, here)).reservation
    gone = StationRemoved(tenant=here.tenant, at=datetime.now(UTC), station=here.station)
    await announce(bus, gone)
    await until(bus, here, kept.id, "removed")
