"""Local lists as an operator writes, sends and checks them (D01, D02)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from libs.bus import Address, Bus, Conflict, Invalid, NotFound
from libs.contracts.local_lists import (
    CheckList,
    ClearCache,
    GivenEntry,
    ListSent,
    PutLocalList,
    Rule,
)
from libs.ocpp.message import Version
from tests.services.authorization.lists import (
    put,
    send,
    sync,
    token,
    view,
)
from tests.services.service import eventually

ALL = pytest.mark.parametrize("version", ["v16", "v201", "v21"])


@ALL
async def test_full_and_differential_lists_are_sent_as_asked(
    make: Any, bus: Bus, here: Address, version: Version
) -> None:
    """D_01 to D_04; a station that is left alone hears nothing but that."""
    station = make(version, automatic=False)
    await token(bus, here, "AA11", group="G", valid_to=datetime(2099, 1, 1, tzinfo=UTC))
    await put(bus, here, "AA11", GivenEntry(token="BB22", status="Blocked"))
    full = await send(bus, here, "full")
    assert (full.status, full.accepted, full.version) == ("answered", True, 1)
    assert station.listed() == {"aa11": "Accepted", "bb22": "Blocked"}
    info = "idTagInfo" if version == "v16" else "idTokenInfo"
    assert all(info in entry for entry in station.said()[0]["localAuthorizationList"])
    known = station.bench.controller.flash.local_list["ISO14443:aa11"]
    assert (known.verdict.group, known.kept_until) == ("G", datetime(2099, 1, 1, tzinfo=UTC))
    await put(bus, here, "AA11", "CC33")
    assert (await send(bus, here, "differential")).version == 2
    assert station.listed() == {"aa11": "Accepted", "cc33": "Accepted"}
    [gone, new] = station.said()[1]["localAuthorizationList"]
    assert info not in gone
    assert info in new
    await put(bus, here)
    assert (await send(bus, here, "full")).version == 3
    assert station.listed() == {}
    assert {action for action, _ in station.calls} == {"SendLocalList"}
    assert station.kinds() == [("Full", 2), ("Differential", 2), ("Full", 0)]


async def test_auto_sends_only_what_is_needed(make: Any, bus: Bus, here: Address) -> None:
    station = make("v201", automatic=False)
    await put(bus, here, "AA11", "BB22")
    assert [part.type for part in (await send(bus, here)).parts] == ["Full"]
    unchanged = await send(bus, here)
    assert (unchanged.status, unchanged.accepted, unchanged.parts) == ("unchanged", True, [])
    await put(bus, here, "AA11")
    assert [part.removed for part in (await send(bus, here)).parts] == [1]
    assert station.listed() == {"aa11": "Accepted"}


@pytest.mark.parametrize("status", ["VersionMismatch", "Failed"])
async def test_a_refused_difference_is_repaired_in_full_unless_asked_for(
    make: Any, bus: Bus, here: Address, status: str
) -> None:
    station = make("v201", automatic=False)
    await put(bus, here, "AA11")
    await send(bus, here)
    await put(bus, here, "BB22")
    station.refuse(status)
    asked = await send(bus, here, "differential")
    assert (asked.status, asked.accepted) == ("answered", False)
    assert [part.result.payload for part in asked.parts] == [{"status": status}]
    await send(bus, here)
    await put(bus, here, "CC33")
    station.refuse(status)
    repaired = await send(bus, here)
    assert [part.type for part in repaired.parts][:2] == ["Differential", "Full"]
    assert repaired.accepted
    assert station.listed() == {"cc33": "Accepted"}


async def test_refusals_errors_silence_and_absence_are_outcomes(
    make: Any, bus: Bus, here: Address
) -> None:
    """TC_043_1, TC_043_3."""
    station = make("v16", automatic=False)
    await put(bus, here, "AA11")
    for status in ("NotSupported", "Failed"):
        station.refuse(status)
        refused = await send(bus, here, "full")
        assert refused.parts[0].result.payload == {"status": status}
        assert (refused.status, refused.accepted) == ("answered", False)
    station.refusals.append(lambda reply: reply.error("InternalError", "no"))
    failed = await send(bus, here)
    assert (failed.status, failed.parts[0].result.code) == ("error", "InternalError")
    station.refusals.append(lambda reply: None)
    assert (await send(bus, here, timeout_seconds=0.2)).status == "timeout"
    station.leave()
    assert (await send(bus, here)).status == "offline"
    assert (await view(bus, here)).in_step is False


async def test_a_list_is_split_to_the_limits_that_a_station_tells(
    make: Any, bus: Bus, here: Address
) -> None:
    """They are asked for once; the first part is Full, the rest Differential."""
    station = make("v201", LocalAuthListCtrlr__ItemsPerMessage="2")
    await put(bus, here, *(f"T{number}" for number in range(5)))
    sent = await send(bus, here)
    assert [(part.type, part.entries, part.version) for part in sent.parts] == [
        ("Full", 2, 1), ("Differential", 2, 2), ("Differential", 1, 3),
    ]  # fmt: skip
    assert len(station.listed()) == 5
    await put(bus, here, "T0")
    await send(bus, here)
    assert len(station.said("GetVariables")) == 1
    assert (await view(bus, here)).limits.items_per_message == 2


async def test_1_6_tells_its_limits_by_keys(make: Any, bus: Bus, here: Address) -> None:
    station = make("v16", LocalAuthListCtrlr__ItemsPerMessage="2", LocalAuthListMaxLength="3")
    await put(bus, here, *(f"T{number}" for number in range(5)))
    await send(bus, here)
    assert station.kinds() == [("Full", 2), ("Differential", 1)]
    shown = await view(bus, here)
    assert (shown.left_out, shown.wanted, shown.in_step) == (2, 3, True)


async def test_larger_messages_than_a_station_takes_become_smaller(
    make: Any, bus: Bus, here: Address
) -> None:
    """It is left alone, so its limits are not known; its refusal teaches them."""
    station = make("v201", automatic=False, LocalAuthListCtrlr__ItemsPerMessage="3")
    await put(bus, here, *(f"T{number}" for number in range(8)))
    outcomes = [(await send(bus, here)).accepted for _ in range(3)]
    assert outcomes[-1] is True
    assert len(station.listed()) == 8


async def test_the_version_of_a_station_is_asked_for(make: Any, bus: Bus, here: Address) -> None:
    """D_08, D_09."""
    station = make("v201", automatic=False)
    ask = CheckList(tenant=here.tenant, station=here.station)
    none = await bus.ask(ask)
    assert (none.station_version, none.same, none.version) == (0, True, 0)
    await put(bus, here, "AA11")
    await send(bus, here)
    assert (await bus.ask(ask)).same is True
    station.bench.controller.flash.local_list_version = 77
    other = await bus.ask(ask)
    assert (other.station_version, other.version, other.same) == (77, 1, False)
    assert (await view(bus, here)).held is None
    assert [part.version for part in (await send(bus, here)).parts] == [78]


async def test_a_1_6_station_without_a_list_says_so(make: Any, bus: Bus, here: Address) -> None:
    """TC_042_1."""
    make("v16", LocalAuthListCtrlr__Enabled="false")
    checked = await bus.ask(CheckList(tenant=here.tenant, station=here.station))
    assert (checked.station_version, checked.same) == (-1, False)
    assert (await view(bus, here)).supported is False


async def test_a_list_must_be_said_first_and_rightly(make: Any, bus: Bus, here: Address) -> None:
    make("v201")
    with pytest.raises(Conflict):
        await send(bus, here)
    with pytest.raises(Conflict):
        await sync(bus, here)
    for content, field in (
        ({}, "entries"),
        ({"entries": [], "rule": Rule()}, "entries"),
        ({"rule": Rule(tokens="groups")}, "rule"),
        ({"entries": [GivenEntry(token="")]}, "/entries/0/token"),
        ({"entries": [GivenEntry(token="a"), GivenEntry(token="A")]}, "/entries/1/token"),
    ):
        with pytest.raises(Invalid) as caught:
            await bus.ask(PutLocalList(tenant=here.tenant, station=here.station, **content))
        assert caught.value.details == {"field": field}
    with pytest.raises(NotFound):
        await view(bus, Address(here.tenant, "CP9"))


async def test_what_is_and_what_should_be_are_shown_entry_by_entry(
    make: Any, bus: Bus, here: Address
) -> None:
    make("v201", automatic=False)
    await put(bus, here, "A", "B", "C")
    await send(bus, here)
    await put(bus, here, "A", GivenEntry(token="B", status="Blocked"), "D")
    seen, after = [], None
    while True:
        page = await view(bus, here, limit=1, after=after)
        seen += [(item.token, item.state) for item in page.items]
        after = page.next
        if after is None:
            break
    assert seen == [("A", "held"), ("B", "differs"), ("C", "surplus"), ("D", "missing")]
    assert (page.wanted, page.held, page.in_step) == (3, 3, False)


@ALL
async def test_a_cache_is_cleared(make: Any, bus: Bus, here: Address, version: Version) -> None:
    """C_37, C_38, TC_061."""
    make(version, AuthCacheCtrlr__Enabled="false")
    answer = await bus.ask(ClearCache(tenant=here.tenant, station=here.station))
    assert (answer.payload or {})["status"] == "Rejected"


async def test_one_at_a_time_speaks_with_a_station(make: Any, bus: Bus, here: Address) -> None:
    station = make("v201", automatic=False)
    await put(bus, here, "AA11")
    slow: list[Any] = []
    station.refusals.append(slow.append)

    async def first() -> ListSent:
        return await send(bus, here, timeout_seconds=20)

    waiting = asyncio.create_task(first())
    await station.heard("SendLocalList")
    with pytest.raises(Conflict):
        await send(bus, here, timeout_seconds=0.2)
    slow[0].result(b'{"status":"Accepted"}')
    assert (await waiting).accepted
    assert (await eventually(lambda: send(bus, here))).status == "unchanged"
