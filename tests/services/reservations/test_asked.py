"""Raw calls of operators lead to the same records."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.bus import Address, Bus, cloudevent
from libs.contracts.devices import StationAsked
from libs.contracts.reservations import ListReservations, ReservationView
from libs.contracts.transactions import ReservationUsed
from libs.ocpp.message import Version
from tests.services.service import announce, eventually

ALL = pytest.mark.parametrize("version", ["v16", "v201", "v21"])
LATER = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")

PAYLOADS: dict[str, dict[str, Any]] = {
    "v16": {
        "connectorId": 1,
        "expiryDate": LATER,
        "idTag": "AA11",
        "parentIdTag": "G",
        "reservationId": 7,
    },
    "v201": {
        "id": 7,
        "expiryDateTime": LATER,
        "idToken": {"idToken": "AA11", "type": "ISO14443"},
        "groupIdToken": {"idToken": "G", "type": "Central"},
        "evseId": 1,
    },
}
PAYLOADS["v21"] = PAYLOADS["v201"]


def asked(
    here: Address, version: Version, action: str, payload: dict[str, Any], **more: Any
) -> StationAsked:
    given = {"status": "answered", "answer": {"status": "Accepted"}, "request": "r1", **more}
    return StationAsked(
        tenant=here.tenant,
        at=datetime.now(UTC),
        station=here.station,
        version=version,
        action=action,
        payload=payload,
        by="somebody",
        **given,
    )


async def kept(bus: Bus, here: Address, status: str) -> ReservationView:
    """The one reservation of the tenant, once it is so."""

    async def ask() -> list[ReservationView]:
        return (await bus.ask(ListReservations(tenant=here.tenant))).items

    [one] = await eventually(ask, lambda items: [each.status for each in items] == [status])
    return one


@ALL
async def test_a_raw_reserve_now_is_a_reservation(
    service: Any, bus: Bus, here: Address, version: Version
) -> None:
    await announce(bus, asked(here, version, "ReserveNow", PAYLOADS[version]))
    one = await kept(bus, here, "active")
    assert (one.reservation, one.evse, one.token, one.group) == (7, 1, "AA11", "G")
    assert (one.by, one.request, one.answer) == ("somebody", "r1", "Accepted")
    cancel = asked(here, version, "CancelReservation", {"reservationId": 7}, request="r2")
    await announce(bus, cancel)
    await kept(bus, here, "cancelled")


async def test_an_event_that_comes_twice_makes_one_reservation(
    service: Any, bus: Bus, here: Address
) -> None:
    event = asked(here, "v201", "ReserveNow", PAYLOADS["v201"])
    await announce(bus, event)
    await kept(bus, here, "active")
    again = cloudevent.announcement(event, "test")
    await bus.announce(again.subject, again.body, f"{again.id}-again")
    refusal = {"answer": {"status": "Rejected"}, "request": "r2"}
    await announce(bus, asked(here, "v201", "ReserveNow", PAYLOADS["v201"], **refusal))

    async def statuses() -> list[str]:
        return [r.status for r in (await bus.ask(ListReservations(tenant=here.tenant))).items]

    assert await eventually(statuses, lambda got: len(got) > 1 and "asked" not in got) == [
        "refused",
        "active",
    ]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"answer": {"status": "Occupied"}}, "refused"),
        ({"status": "timeout", "answer": None}, "uncertain"),
        ({"status": "offline", "answer": None}, "unreached"),
        ({"status": "error", "answer": None, "code": "NotSupported"}, "unreached"),
    ],
)
async def test_whatever_became_of_it_is_kept(
    service: Any, bus: Bus, here: Address, more: dict[str, Any], status: str
) -> None:
    await announce(bus, asked(here, "v201", "ReserveNow", PAYLOADS["v201"], **more))
    await kept(bus, here, status)


async def test_what_follows_may_be_heard_first(service: Any, bus: Bus, here: Address) -> None:
    """Two followers, two orders: a session used it before we knew that it was made."""
    used = ReservationUsed(
        tenant=here.tenant,
        at=datetime.now(UTC),
        station=here.station,
        id="ledger-1",
        transaction="tx",
        reservation=7,
    )
    await announce(bus, used)
    await announce(bus, asked(here, "v201", "ReserveNow", PAYLOADS["v201"]))
    assert (await kept(bus, here, "used")).transaction == "ledger-1"


async def test_other_calls_are_not_ours(service: Any, bus: Bus, here: Address) -> None:
    await announce(bus, asked(here, "v201", "Reset", {"type": "OnIdle"}, request="r0"))
    await announce(bus, asked(here, "v201", "ReserveNow", PAYLOADS["v201"]))
    await kept(bus, here, "active")
