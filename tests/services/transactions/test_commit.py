"""Commits that fail: what was not committed never happened, to the database and in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import structs

from libs.bus import Unavailable
from libs.ocpp import codec
from services.transactions.app import App
from services.transactions.batch import Note, Report
from services.transactions.record import Session
from tests.services.transactions import traces
from tests.services.transactions.conftest import Desk
from tests.services.transactions.traces import Plan

FAIL = """
CREATE FUNCTION fail_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'going away' USING ERRCODE = 'admin_shutdown';
END
$$;
CREATE CONSTRAINT TRIGGER commit_fails AFTER INSERT OR UPDATE ON transactions.session
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail_commit();
"""


@asynccontextmanager
async def commits_fail(app: App) -> AsyncIterator[None]:
    """All statements of a transaction succeed, its commit does not."""
    await app.pool.execute(FAIL)
    yield
    await app.pool.execute("DROP FUNCTION fail_commit CASCADE")


def report(desk: Desk, message: Any) -> Report:
    return Report(
        desk.tenant,
        "CP1",
        message.transaction_info.transaction_id,
        "v201",
        traces.entry_of(message),
        codec.encode(message),
    )


def refused(session: Session) -> bool:
    news = session.history.authorization != "Blocked"
    session.history.authorization = "Blocked"
    return news


async def test_a_decision_whose_commit_failed_is_news_when_it_comes_again(
    app: App, desk: Desk
) -> None:
    first, *rest = traces.make(Plan(version="v201")).messages
    receipt = await app.ledger.report(report(desk, first))
    async with commits_fail(app):
        with pytest.raises(Unavailable):
            await app.ledger.note(Note(*receipt.key, refused))
    assert (await app.ledger.report(report(desk, first))).authorization is None
    await app.ledger.note(Note(*receipt.key, refused))
    for message in rest:
        await app.ledger.report(report(desk, message))
    session = await desk.session("CP1")
    assert (session.authorization, session.energy_wh, session.flags) == (
        "Blocked",
        400,
        ["token_refused"],
    )
    (record,) = await desk.cdrs("CP1")
    assert record.flags == ["token_refused"]


async def test_a_start_whose_commit_failed_is_a_start_when_it_comes_again(
    app: App, desk: Desk
) -> None:
    messages = traces.make(Plan(version="v201")).messages
    async with commits_fail(app):
        for _ in range(2):
            with pytest.raises(Unavailable):
                await app.ledger.report(report(desk, messages[0]))
    for message in messages:
        await app.ledger.report(report(desk, message))
    session = await desk.session("CP1")
    assert (session.energy_wh, session.events, session.complete) == (400, 7, True)
    assert len(await desk.cdrs("CP1")) == 1


async def test_an_item_that_cannot_be_written_fails_alone(app: App, desk: Desk) -> None:
    """Its neighbours of the same batch are committed once, in their order."""
    first, *rest = traces.make(Plan(version="v201")).messages
    await app.ledger.report(report(desk, first))
    poison = structs.replace(report(desk, first), station="\x00")
    items = [report(desk, message) for message in rest]
    futures = [
        app.ledger.report(item) for place in range(len(items)) for item in (items[place], poison)
    ]
    outcomes = await asyncio.gather(*futures, return_exceptions=True)
    assert [isinstance(outcome, Exception) for outcome in outcomes] == [False, True] * len(items)
    session = await desk.session("CP1")
    assert (session.energy_wh, session.events, session.flags) == (400, 7, [])
    assert len(await desk.cdrs("CP1")) == 1
