"""What operators send themselves, and customers that are forgotten, count for local lists."""

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.bus import Address, Bus
from libs.contracts.customers import CustomerCleared
from libs.contracts.devices import StationAsked
from libs.contracts.local_lists import (
    Rule,
)
from tests.services.authorization.lists import (
    put,
    send,
    sync,
    token,
    until,
)
from tests.services.service import announce


def asked(here: Address, action: str, payload: dict[str, Any], **more: Any) -> StationAsked:
    given = {"status": "answered", "answer": {"status": "Accepted"}, "request": action, **more}
    return StationAsked(
        tenant=here.tenant,
        at=datetime.now(UTC),
        station=here.station,
        version="v201",
        action=action,
        payload=payload,
        by="somebody",
        **given,
    )


ENTRY = {
    "idToken": {"idToken": "AA11", "type": "ISO14443"},
    "idTokenInfo": {"status": "Accepted"},
}


async def test_a_raw_list_is_known_to_us(make: Any, bus: Bus, here: Address) -> None:
    station = make("v201", automatic=False)
    body = {"versionNumber": 20, "updateType": "Full", "localAuthorizationList": [ENTRY]}
    await announce(bus, asked(here, "SendLocalList", body))
    shown = await until(bus, here, lambda seen: seen.version == 20)
    assert [(item.token, item.state) for item in shown.items] == [("AA11", "surplus")]
    await put(bus, here, "AA11", "BB22")
    station.bench.server.ask("SendLocalList", body)
    assert [(part.type, part.version) for part in (await send(bus, here)).parts] == [
        ("Differential", 21)
    ]
    await announce(
        bus, asked(here, "GetLocalListVersion", {}, answer={"versionNumber": 99}, request="r9")
    )
    await until(bus, here, lambda seen: seen.station_version == 99 and seen.held is None)


async def test_a_raw_list_that_was_refused_changes_nothing(
    make: Any, bus: Bus, here: Address
) -> None:
    make("v201", automatic=False)
    await put(bus, here, "AA11")
    await send(bus, here)
    body = {"versionNumber": 20, "updateType": "Full"}
    await announce(bus, asked(here, "SendLocalList", body, answer={"status": "Failed"}))
    shown = await until(bus, here, lambda seen: seen.last and seen.last.version == 20)
    assert (shown.version, shown.held, shown.in_step) == (1, 1, True)


@pytest.mark.parametrize("in_step", [True, False])
async def test_a_customer_that_was_cleared_leaves_the_list(
    make: Any, bus: Bus, here: Address, in_step: bool
) -> None:
    """N10.FR.02: also where nothing else is sent of our own accord, and for good."""
    station = make("v201", automatic=in_step)
    await token(bus, here, "AA11")
    await token(bus, here, "BB22")
    await put(bus, here, rule=Rule())
    await send(bus, here, "full")
    if in_step:
        await sync(bus, here)
    cleared = CustomerCleared(
        tenant=here.tenant, at=datetime.now(UTC), station="CP1", request="r1", token="aa11",
        token_type="ISO14443",
    )  # fmt: skip
    await announce(bus, cleared)
    await station.has({"bb22": "Accepted"})
    assert station.kinds()[-1] == ("Differential", 1)
    await token(bus, here, "CC33")
    assert (await send(bus, here)).accepted
    assert station.listed() == {"bb22": "Accepted", "cc33": "Accepted"}


async def test_a_station_that_is_left_alone_is_not_asked_whether_it_has_a_list(
    make: Any, bus: Bus, here: Address
) -> None:
    """N10: CustomerInformation is all that its operator asked for."""
    station = make("v201", automatic=False)
    await put(bus, here, "AA11")
    cleared = CustomerCleared(
        tenant=here.tenant, at=datetime.now(UTC), station="CP1", request="r1", token="aa11",
        token_type="ISO14443",
    )  # fmt: skip
    await announce(bus, cleared)
    await until(bus, here, lambda seen: (seen.wanted, seen.due_at) == (0, None))
    assert station.calls == []


async def test_a_customer_that_is_on_no_list_causes_no_message(
    make: Any, bus: Bus, here: Address
) -> None:
    station = make("v201")
    await put(bus, here, "BB22")
    await send(bus, here)
    cleared = CustomerCleared(
        tenant=here.tenant, at=datetime.now(UTC), station="CP1", request="r1", token="aa11",
        token_type="ISO14443",
    )  # fmt: skip
    await announce(bus, cleared)
    await put(bus, here, "CC33")
    await send(bus, here)
    await until(bus, here, lambda seen: seen.due_at is None)
    assert station.kinds() == [("Full", 1), ("Differential", 2)]
