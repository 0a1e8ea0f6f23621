"""Local lists that are kept in step with the tokens."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.bus import Address, Bus, Reply
from libs.contracts.authorization import DeleteToken
from libs.contracts.local_lists import (
    Rule,
)
from libs.contracts.stations import StationChanged, StationConnected
from libs.ocpp.message import Version
from tests.services.authorization.conftest import Start
from tests.services.authorization.lists import (
    Listed,
    Registry,
    booted,
    put,
    sync,
    token,
    until,
    view,
)
from tests.services.service import announce

ALL = pytest.mark.parametrize("version", ["v16", "v201", "v21"])


@ALL
async def test_a_list_follows_the_tokens(
    make: Any, bus: Bus, here: Address, version: Version
) -> None:
    station = make(version)
    await token(bus, here, "AA11")
    await put(bus, here, rule=Rule())
    await sync(bus, here)
    await station.has({"aa11": "Accepted"})
    await token(bus, here, "BB22", status="Blocked")
    await station.has({"aa11": "Accepted", "bb22": "Blocked"})
    await bus.ask(DeleteToken(tenant=here.tenant, token="AA11"))
    await station.has({"bb22": "Blocked"})
    kinds = [kind for kind, _ in station.kinds()]
    assert kinds[0] == "Full"
    assert set(kinds[1:]) == {"Differential"}
    await sync(bus, here, on=False)
    await token(bus, here, "CC33")
    assert (await view(bus, here)).in_step is False
    assert station.listed() == {"bb22": "Blocked"}


async def test_many_changes_are_one_message(
    start: Start, registry: Registry, bus: Bus, here: Address
) -> None:
    async with start(list_coalesce_seconds=0.6):
        registry.add(here, "v201")
        station = Listed(bus, here, "v201")
        await put(bus, here, rule=Rule())
        await sync(bus, here)
        await until(bus, here, lambda seen: seen.in_step)
        for number in range(10):
            await token(bus, here, f"T{number}")
        await station.has({f"t{number}": "Accepted" for number in range(10)})
    assert station.kinds() == [("Full", 0), ("Differential", 10)]


async def test_what_may_not_be_used_at_a_station_is_not_on_its_list(
    make: Any, bus: Bus, here: Address
) -> None:
    station = make("v16")
    soon = datetime.now(UTC) + timedelta(seconds=1.5)
    await token(bus, here, "HERE", stations=["CP1"])
    await token(bus, here, "ELSEWHERE", stations=["CP2"])
    await token(bus, here, "MASTER", master_pass=True)
    await token(bus, here, "LONG" * 6)
    await token(bus, here, "LATER", valid_from=soon)
    await put(bus, here, rule=Rule())
    await sync(bus, here)
    await station.has({"here": "Accepted"})
    assert (await view(bus, here)).left_out == 1
    await station.has({"here": "Accepted", "later": "Accepted"})


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (Rule(tokens="groups", groups=["G"]), {"a", "b"}),
        (Rule(tokens="station"), {"b"}),
        (Rule(), {"a", "b", "c"}),
    ],
)
async def test_a_rule_chooses_tokens(
    make: Any, bus: Bus, here: Address, rule: Rule, wanted: set[str]
) -> None:
    station = make("v201")
    await token(bus, here, "A", group="G")
    await token(bus, here, "B", group="G", stations=["CP1"])
    await token(bus, here, "C")
    await put(bus, here, rule=rule)
    await sync(bus, here)
    await station.has(dict.fromkeys(wanted, "Accepted"))


async def test_the_group_decides_with_its_members(make: Any, bus: Bus, here: Address) -> None:
    station = make("v201")
    await token(bus, here, "G", stations=["CP2"])
    await token(bus, here, "A", group="G")
    await put(bus, here, rule=Rule())
    await sync(bus, here)
    await station.has({"a": "Accepted"})
    await token(bus, here, "G", status="Blocked")
    await station.has({"a": "Blocked"})


async def test_an_offline_station_gets_it_when_it_is_back(
    make: Any, registry: Registry, bus: Bus, here: Address
) -> None:
    registry.add(here, "v201", online=False)
    await token(bus, here, "AA11")
    await put(bus, here, rule=Rule())
    await sync(bus, here)
    await until(bus, here, lambda seen: seen.due_at is None)
    station = make("v201")
    await announce(
        bus,
        StationConnected(
            tenant=here.tenant, at=datetime.now(UTC), station="CP1", version="v201", edge="e",
            epoch=1,
        ),
    )  # fmt: skip
    await station.has({"aa11": "Accepted"})


async def test_a_boot_compares_versions(make: Any, bus: Bus, here: Address) -> None:
    station = make("v201")
    await token(bus, here, "AA11")
    await put(bus, here, rule=Rule())
    await sync(bus, here)
    await until(bus, here, lambda seen: seen.in_step)
    flash = station.bench.controller.flash
    flash.local_list, flash.local_list_version = {}, 0
    await announce(bus, booted(here))
    await station.has({"aa11": "Accepted"})
    assert station.kinds() == [("Full", 1), ("Full", 1)]
    await announce(bus, booted(here))
    await station.heard("GetLocalListVersion", 2)
    await until(bus, here, lambda seen: seen.due_at is None)
    assert len(station.said()) == 2


async def test_a_station_that_is_left_alone_hears_nothing(
    make: Any, registry: Registry, bus: Bus, here: Address
) -> None:
    station = make("v201", automatic=False)
    await token(bus, here, "AA11")
    await put(bus, here, rule=Rule())
    await sync(bus, here)
    await announce(bus, booted(here))
    await until(bus, here, lambda seen: seen.due_at is None)
    assert station.calls == []
    registry.change(here, automatic=True)
    change = StationChanged(
        tenant=here.tenant, at=datetime.now(UTC), station="CP1", changed=["automatic"],
        registration="Accepted", strict=False,
    )  # fmt: skip
    await announce(bus, change)
    await station.has({"aa11": "Accepted"})


@pytest.mark.parametrize("status", ["Failed", "VersionMismatch"])
async def test_refusals_are_tried_again(make: Any, bus: Bus, here: Address, status: str) -> None:
    station = make("v201")
    await token(bus, here, "AA11")
    await put(bus, here, rule=Rule())
    station.refuse(status, 3)
    await sync(bus, here)
    await station.has({"aa11": "Accepted"})
    shown = await until(bus, here, lambda seen: seen.in_step and not seen.failures)
    assert shown.version > 3


async def test_a_station_that_has_no_list_is_not_asked_again_until_it_boots(
    make: Any, bus: Bus, here: Address
) -> None:
    station = make("v16")
    station.refuse("NotSupported")
    await put(bus, here, rule=Rule())
    await sync(bus, here)
    await until(bus, here, lambda seen: seen.supported is False)
    await token(bus, here, "AA11")
    await until(bus, here, lambda seen: seen.due_at is None)
    assert len(station.said()) == 1
    await announce(bus, booted(here))
    await station.has({"aa11": "Accepted"})


async def test_another_version_of_ocpp_is_another_list(
    make: Any, registry: Registry, bus: Bus, here: Address
) -> None:
    old = make("v16")
    await token(bus, here, "AA11")
    await put(bus, here, rule=Rule())
    await sync(bus, here)
    await until(bus, here, lambda seen: seen.in_step)
    old.leave()
    await bus.barrier()
    new = make("v201")
    await announce(bus, booted(here))
    await new.has({"aa11": "Accepted"})


async def test_a_list_that_is_half_sent_is_sent_on_by_the_next_process(
    start: Start, registry: Registry, bus: Bus, here: Address
) -> None:
    registry.add(here, "v201")
    station = Listed(bus, here, "v201", LocalAuthListCtrlr__ItemsPerMessage="1")
    async with start():
        await put(bus, here, "AA11", "BB22")
        station.refusals += [accepted, lambda reply: None]
        await sync(bus, here)
        await station.heard("SendLocalList", 2)
    async with start():
        await station.has({"bb22": "Accepted"})
    assert station.kinds() == [("Full", 1), ("Differential", 1), ("Differential", 1)]


def accepted(reply: Reply) -> None:
    """Says so and does not do it: who begins anew would be found out."""
    reply.result(b'{"status":"Accepted"}')


async def test_a_silent_station_delays_no_other(
    make: Any, registry: Registry, bus: Bus, here: Address
) -> None:
    mute = make("v201")
    mute.refusals += [lambda _: None] * 10
    await token(bus, here, "AA11")
    await put(bus, here, rule=Rule())
    await sync(bus, here)
    await mute.heard("SendLocalList")
    there = Address(here.tenant, "CP2")
    registry.add(there, "v201")
    other = Listed(bus, there, "v201")
    await put(bus, there, rule=Rule())
    await sync(bus, there)
    await other.has({"aa11": "Accepted"})


async def test_a_refusal_is_understood_whatever_it_holds(
    make: Any, bus: Bus, here: Address
) -> None:
    """PostgreSQL has no text with NUL; a station's buffer may."""
    station = make("v201")
    station.refusals += [lambda reply: reply.error("NotImplemented", "never\x00heard")] * 3
    await token(bus, here, "AA11")
    await put(bus, here, rule=Rule())
    await sync(bus, here)
    seen = await until(bus, here, lambda seen: seen.supported is False)
    assert seen.last is not None
    assert (seen.last.result.code, len(station.said())) == ("NotImplemented", 1)
