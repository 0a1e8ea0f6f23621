"""The rules at work: looks at the sessions that are due, asks their stations, closes and flags."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from libs.bus import Address, BusError
from libs.contracts import calling
from libs.contracts.command import CommandResult
from libs.contracts.stations import GetStation
from libs.postgres import transient
from libs.runtime import log, metrics
from services.transactions import bill, command, flags, rules, store_aside
from services.transactions.app import App
from services.transactions.batch import Note
from services.transactions.record import Closed, Session, session_of
from services.transactions.store import Found

SESSIONS_MAX = 100
"""Looked at, and their stations asked, at once."""
ASK_SECONDS = 20.0

closed_by_rule = metrics.counter("transactions_closed_by_rule", "sessions ended without a station")

logger = log.get("transactions")


async def run(app: App) -> None:
    """Sweep now and then, for ever."""
    while True:
        try:
            while await sweep(app) == SESSIONS_MAX:
                pass
        except Exception as error:
            if not transient(error) and not isinstance(error, BusError):
                logger.exception("sweep failed")
        await asyncio.sleep(app.config.sweep_seconds)


async def sweep(app: App) -> int:
    """Look at the sessions that are due; how many there were."""
    lease = timedelta(seconds=app.config.look_seconds)
    rows = await store_aside.due(app.pool, lease, SESSIONS_MAX)
    async with asyncio.TaskGroup() as group:
        for row in rows:
            group.create_task(attempt(app, row))
    return len(rows)


async def attempt(app: App, row: Any) -> None:
    """Look at one session; what goes wrong there must not keep the others."""
    try:
        await look(app, row)
    except Exception as error:
        if transient(error) or isinstance(error, BusError):
            logger.warning("session not looked at", session=row[0], error=str(error))
        else:
            logger.exception("session not looked at", session=row[0])


async def look(app: App, row: Any) -> None:
    """One session: judge, ask if need be, act."""
    session = session_of(Found(*row[:7]))
    case = case_of(session, row)
    limits, now = app.config.limits(), datetime.now(UTC)
    verdict = rules.judge(case, limits, now)
    if isinstance(verdict, rules.Ask):
        status = await ask(app, session)
        verdict = rules.answered(case, verdict, status, limits, now)
    match verdict:
        case rules.Wait() | rules.Ask():
            return
        case rules.Close(closed=closed):
            await note(app, session, partial(close, closed=closed))
        case rules.Settle():
            await note(app, session, settle)
        case rules.Flag():
            await note(app, session, flag)


def case_of(session: Session, row: Any) -> rules.Case:
    heard_at, available_at, next_started_at, next_id = row[7:11]
    return rules.Case(
        version=session.version,
        ended=session.ended,
        has_gaps=bill.has_gaps(session.state),
        started_at=session.started_at,
        last_at=session.state.at,
        heard_at=heard_at,
        flagged=bool(session.history.flags & flags.ENDED_MISSING),
        superseded_at=next_started_at,
        # An id of ours says when it was made: when we first heard of that session.
        superseded_heard_at=None if next_id is None else made_at(next_id),
        available_at=available_at,
    )


async def ask(app: App, session: Session) -> rules.Status:
    """What the station knows of a session (GetTransactionStatus, E14), unless it is to be left
    alone.
    """
    to = Address(session.tenant, session.station)
    try:
        station = await app.bus.ask(GetStation(tenant=to.tenant, station=to.station))
        if not station.automatic or station.protocol is None:
            return rules.Status()
        request = command.status(station.protocol, session.transaction)
        if request is None:
            return rules.Status()
        result = await calling.call(app.bus, to, request, ASK_SECONDS)
    except BusError:
        return rules.Status()
    return status_of(result)


def status_of(result: CommandResult) -> rules.Status:
    if result.status != "answered" or result.payload is None:
        return rules.Status()
    payload = result.payload
    return rules.Status(payload.get("ongoingIndicator"), payload.get("messagesInQueue"))


async def note(app: App, session: Session, change: Callable[[Session], bool]) -> None:
    await app.ledger.note(Note(session.tenant, session.station, session.transaction, change))


def close(session: Session, closed: Closed) -> bool:
    """End a session by rule, unless its end came meanwhile."""
    if session.ended:
        return False
    session.history.closed = closed
    closed_by_rule.value += 1
    return True


def settle(session: Session) -> bool:
    """The station has nothing more to say: its gaps stay."""
    if session.history.gaps_asked:
        return False
    session.history.gaps_asked = True
    return True


def flag(session: Session) -> bool:
    if session.ended or session.history.flags & flags.ENDED_MISSING:
        return False
    session.history.flags |= flags.ENDED_MISSING
    return True


def made_at(id: str) -> datetime:
    """When an id (RFC 9562, version 7) was made."""
    return datetime.fromtimestamp((UUID(id).int >> 80) / 1000, UTC)
