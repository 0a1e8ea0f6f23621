"""Decisions for other services: concurrency in the database, and what frees places."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from libs.bus import Address, Bus, NotFound, Router
from libs.contracts.authorization import Decide, Decision, PutToken
from libs.contracts.transactions import (
    GetTransaction,
    TransactionDetail,
    TransactionEnded,
    TransactionView,
)
from libs.ocpp import v16
from tests.services.authorization.conftest import Start
from tests.services.service import announce, eventually, up


async def decide(bus: Bus, tenant: str, station: str = "CP1", **more: Any) -> Decision:
    fields = {"token": "AA11", "purpose": "start", **more}
    return await bus.ask(Decide(tenant=tenant, station=station, **fields), timeout=20)


async def status(bus: Bus, tenant: str, station: str = "CP1", **more: Any) -> str:
    return (await decide(bus, tenant, station, **more)).status


def ended(tenant: str, transaction: str) -> TransactionEnded:
    now = datetime.now(UTC)
    return TransactionEnded(
        tenant=tenant,
        at=now,
        station="CP1",
        id=transaction,
        transaction="7",
        started_at=now,
        ended_at=now,
    )


@asynccontextmanager
async def ledger(bus: Bus, running: set[str], known: set[str]) -> AsyncGenerator[None]:
    """Somebody who answers for `transactions`."""
    router = Router("transactions")

    @router.answers(GetTransaction)
    async def get_transaction(app: None, ask: GetTransaction) -> TransactionDetail:
        if ask.id not in known:
            raise NotFound("no such session")
        view = TransactionView(
            id=ask.id,
            tenant=ask.tenant,
            station="CP1",
            transaction="7",
            version="v16",
            status="active" if ask.id in running else "ended",
        )
        return TransactionDetail(transaction=view)

    serving = await bus.serve(router, None)
    yield
    await serving.stop()


async def grow_old(database: str, tenant: str) -> None:
    """As if the places had been taken an hour ago."""
    connection = await asyncpg.connect(database)
    await connection.execute(
        """UPDATE "authorization".place SET taken_at = now() - interval '1 hour' WHERE tenant =
        $1""",
        tenant,
    )
    await connection.close()


async def test_a_decision_says_all_that_an_answer_needs(
    service: Any, bus: Bus, tenant: str
) -> None:
    await bus.ask(PutToken(tenant=tenant, token="AA11", group="G", language="en"))
    decision = await decide(bus, tenant)
    assert (decision.status, decision.group, decision.language) == ("Accepted", "G", "en")
    assert decision.steps[-1].name == "concurrency"
    refused = await decide(bus, tenant, token="XX")
    assert (refused.status, refused.reason) == ("Unknown", "no such token is registered")


async def test_an_offline_start_is_judged_at_its_time(service: Any, bus: Bus, tenant: str) -> None:
    until = datetime.now(UTC) - timedelta(hours=1)
    await bus.ask(PutToken(tenant=tenant, token="AA11", valid_to=until))
    assert await status(bus, tenant) == "Expired"
    assert await status(bus, tenant, at=until - timedelta(hours=1)) == "Accepted"


async def test_without_a_limit_a_token_may_charge_anywhere_at_once(
    service: Any, bus: Bus, tenant: str
) -> None:
    await bus.ask(PutToken(tenant=tenant, token="AA11"))
    for n in range(5):
        assert await status(bus, tenant, f"CP{n}", transaction=f"t{n}") == "Accepted"


async def test_fifty_ask_for_one_place_and_one_gets_it(start: Start, bus: Bus, tenant: str) -> None:
    """Two instances, one lock."""
    async with start(), start():
        await bus.ask(PutToken(tenant=tenant, token="AA11", concurrent_max=1))
        answers = await asyncio.gather(
            *(status(bus, tenant, f"CP{n}", transaction=f"t{n}") for n in range(50))
        )
        assert sorted(answers) == ["Accepted"] + ["ConcurrentTx"] * 49


async def test_the_same_start_is_the_same_question(service: Any, bus: Bus, tenant: str) -> None:
    await bus.ask(PutToken(tenant=tenant, token="AA11", concurrent_max=1))
    for _ in range(3):
        assert await status(bus, tenant, transaction="t1") == "Accepted"
    assert await status(bus, tenant, "CP2", transaction="t2") == "ConcurrentTx"


async def test_the_end_of_a_session_frees_its_place(service: Any, bus: Bus, tenant: str) -> None:
    await bus.ask(PutToken(tenant=tenant, token="AA11", concurrent_max=1))
    assert await status(bus, tenant, transaction="t1") == "Accepted"
    await announce(bus, ended(tenant, "t1"))
    await eventually(
        lambda: status(bus, tenant, "CP2", transaction="t2"), lambda got: got == "Accepted"
    )
    late = await status(bus, tenant, transaction="t1")
    assert late == "Accepted"
    assert await status(bus, tenant, "CP3", transaction="t3") == "ConcurrentTx"


async def test_an_accepted_token_holds_a_place_for_its_station_until_it_starts(
    service: Any, bus: Bus, tenant: str
) -> None:
    await bus.ask(PutToken(tenant=tenant, token="AA11", concurrent_max=1))
    answer = await up(bus, Address(tenant, "CP1"), v16.Authorize(id_tag="AA11"))
    assert answer.id_tag_info.status == "Accepted"
    assert await status(bus, tenant, "CP2", purpose="remote_start") == "ConcurrentTx"
    elsewhere = await up(bus, Address(tenant, "CP2"), v16.Authorize(id_tag="AA11"))
    assert elsewhere.id_tag_info.status == "ConcurrentTx"
    assert await status(bus, tenant, "CP1", transaction="t1") == "Accepted"
    again = await up(bus, Address(tenant, "CP1"), v16.Authorize(id_tag="AA11"))
    assert again.id_tag_info.status == "Accepted"
    assert await status(bus, tenant, "CP1", transaction="t2") == "ConcurrentTx"


async def test_a_token_that_was_accepted_and_never_started_is_free_again_soon(
    start: Start, bus: Bus, tenant: str
) -> None:
    async with start(pending_place_seconds=0.3):
        await bus.ask(PutToken(tenant=tenant, token="AA11", concurrent_max=1))
        assert await status(bus, tenant, "CP1", purpose="remote_start") == "Accepted"
        assert await status(bus, tenant, "CP2", purpose="remote_start") == "ConcurrentTx"
        await eventually(
            lambda: status(bus, tenant, "CP2", purpose="remote_start"),
            lambda got: got == "Accepted",
        )


async def test_a_session_whose_end_was_lost_does_not_block_its_token(
    service: Any, bus: Bus, tenant: str, database: str
) -> None:
    """Before a refusal the ledger is asked: t1 ended, t2 never came to be, t3 runs."""
    await bus.ask(PutToken(tenant=tenant, token="AA11", concurrent_max=3))
    for transaction in ("t1", "t2", "t3"):
        await decide(bus, tenant, transaction=transaction)
    assert await status(bus, tenant, transaction="t4") == "ConcurrentTx"
    async with ledger(bus, running={"t3"}, known={"t1", "t3"}):
        assert await status(bus, tenant, transaction="t4") == "ConcurrentTx"  # all are young
        await grow_old(database, tenant)
        assert await status(bus, tenant, transaction="t4") == "Accepted"
        assert await status(bus, tenant, transaction="t5") == "Accepted"
        assert await status(bus, tenant, transaction="t6") == "ConcurrentTx"


async def test_a_ledger_that_does_not_answer_frees_nothing(
    service: Any, bus: Bus, tenant: str, database: str
) -> None:
    await bus.ask(PutToken(tenant=tenant, token="AA11", concurrent_max=1))
    await decide(bus, tenant, transaction="t1")
    await grow_old(database, tenant)
    assert await status(bus, tenant, transaction="t2") == "ConcurrentTx"


async def test_the_default_limit_is_that_of_the_platform_unless_the_token_has_its_own(
    start: Start, bus: Bus, tenant: str
) -> None:
    async with start(concurrent_max_default=1):
        await bus.ask(PutToken(tenant=tenant, token="AA11"))
        await bus.ask(PutToken(tenant=tenant, token="BB22", concurrent_max=0))
        assert await status(bus, tenant, transaction="t1") == "Accepted"
        assert await status(bus, tenant, transaction="t2") == "ConcurrentTx"
        for transaction in ("t3", "t4", "t5"):
            assert await status(bus, tenant, token="BB22", transaction=transaction) == "Accepted"


async def test_a_stop_takes_no_place(service: Any, bus: Bus, tenant: str) -> None:
    await bus.ask(PutToken(tenant=tenant, token="AA11", concurrent_max=1))
    await decide(bus, tenant, transaction="t1")
    for _ in range(2):
        answer = await status(
            bus, tenant, purpose="stop", transaction="t1", started_by="AA11", token="aa11"
        )
        assert answer == "Accepted"
