"""Tokens as operators see them, and how fast a change counts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.bus import Address, Bus, Conflict, Invalid, NotFound
from libs.contracts.authorization import (
    DeleteToken,
    GetToken,
    ListTokens,
    PutToken,
    TokenChanged,
    TokenView,
)
from libs.ocpp import v16
from tests.services.authorization.conftest import Start
from tests.services.service import Ear, eventually, up

DAY = datetime(2026, 5, 1, tzinfo=UTC)


async def test_a_token_is_created_with_defaults_and_changed_in_part(
    service: Any, bus: Bus, tenant: str
) -> None:
    async with Ear(bus, tenant, TokenChanged) as ear:
        new = await bus.ask(PutToken(tenant=tenant, token="Aa11"))
        assert new == TokenView(
            tenant=tenant, id="Aa11", created_at=new.created_at, changed_at=new.changed_at
        )
        changed = await bus.ask(
            PutToken(
                tenant=tenant,
                token="AA11",
                type="eMAID",
                status="Blocked",
                group="G",
                master_pass=True,
                valid_from=DAY,
                valid_to=DAY.replace(year=2027),
                language="de",
                evse_types=["cCCS2"],
                stations=["CP1"],
                concurrent_max=2,
            )
        )
        assert (changed.id, changed.status, changed.stations) == ("Aa11", "Blocked", ["CP1"])
        kept = await bus.ask(PutToken(tenant=tenant, token="aa11", group=None, stations=None))
        assert (kept.group, kept.stations, kept.evse_types) == (None, None, ["cCCS2"])
        assert kept == await bus.ask(GetToken(tenant=tenant, token="AA11"))
        events = await ear.heard(3)
        assert [(event.token, event.removed) for event in events] == [("Aa11", False)] * 3


async def test_a_token_is_created_once(service: Any, bus: Bus, tenant: str) -> None:
    await bus.ask(PutToken(tenant=tenant, token="AA11", create_only=True))
    with pytest.raises(Conflict):
        await bus.ask(PutToken(tenant=tenant, token="aa11", create_only=True))


async def test_a_removed_token_is_gone(service: Any, bus: Bus, tenant: str) -> None:
    await bus.ask(PutToken(tenant=tenant, token="AA11"))
    await bus.ask(DeleteToken(tenant=tenant, token="aa11"))
    for request in (
        GetToken(tenant=tenant, token="AA11"),
        DeleteToken(tenant=tenant, token="AA11"),
    ):
        with pytest.raises(NotFound):
            await bus.ask(request)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("token", {"token": ""}),
        ("token", {"token": "a\nb"}),
        ("type", {"type": "x" * 21}),
        ("group", {"group": "x" * 37}),
        ("group", {"group": ""}),
        ("language", {"language": "x" * 9}),
        ("valid_from", {"valid_from": DAY.replace(tzinfo=None)}),
        ("valid_to", {"valid_from": DAY, "valid_to": DAY}),
        ("stations", {"stations": ["x"] * 1001}),
        ("concurrent_max", {"concurrent_max": -1}),
    ],
)
async def test_what_no_station_could_be_told_is_refused_by_the_name_of_its_field(
    service: Any, bus: Bus, tenant: str, field: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as caught:
        await bus.ask(PutToken(**{"tenant": tenant, "token": "AA11", **changes}))
    assert caught.value.details == {"field": field}
    with pytest.raises(NotFound):
        await bus.ask(GetToken(tenant=tenant, token="AA11"))


async def test_tokens_are_listed_page_by_page_and_narrowed(
    service: Any, bus: Bus, tenant: str
) -> None:
    names = ["b2", "A1", "ß", "c.3", "D 4", "e*5", "F6"]
    for name in names:
        status = "Blocked" if name == "A1" else "Accepted"
        await bus.ask(PutToken(tenant=tenant, token=name, group="G", status=status))
    await bus.ask(PutToken(tenant=tenant, token="other"))
    seen: list[str] = []
    after: str | None = None
    while True:
        page = await bus.ask(ListTokens(tenant=tenant, after=after, limit=3, group="G"))
        seen += [token.id for token in page.items]
        after = page.next
        if after is None:
            break
    assert seen == sorted(names, key=str.casefold)
    blocked = await bus.ask(ListTokens(tenant=tenant, status="Blocked"))
    assert [token.id for token in blocked.items] == ["A1"]
    found = await bus.ask(ListTokens(tenant=tenant, search="OTH"))
    assert [token.id for token in found.items] == ["other"]


async def test_a_change_counts_at_every_instance_within_two_seconds(
    start: Start, bus: Bus, tenant: str
) -> None:
    """Both instances remember the token; whichever is asked after the change knows it."""
    async with start(), start():

        async def statuses() -> set[str]:
            answers = [
                await up(bus, Address(tenant, "CP1"), v16.Authorize(id_tag="AA11"))
                for _ in range(20)
            ]
            return {answer.id_tag_info.status for answer in answers}

        assert await statuses() == {"Invalid"}
        await bus.ask(PutToken(tenant=tenant, token="AA11"))
        await eventually(statuses, lambda got: got == {"Accepted"}, seconds=2)
        await bus.ask(PutToken(tenant=tenant, token="aa11", status="Blocked"))
        await eventually(statuses, lambda got: got == {"Blocked"}, seconds=2)
        await bus.ask(DeleteToken(tenant=tenant, token="AA11"))
        await eventually(statuses, lambda got: got == {"Invalid"}, seconds=2)


async def test_tenants_do_not_see_each_other_s_tokens(service: Any, bus: Bus, tenant: str) -> None:
    await bus.ask(PutToken(tenant=tenant, token="AA11"))
    answer = await up(bus, Address(f"{tenant}-b", "CP1"), v16.Authorize(id_tag="AA11"))
    assert answer.id_tag_info.status == "Invalid"
    with pytest.raises(NotFound):
        await bus.ask(GetToken(tenant=f"{tenant}-b", token="AA11"))
