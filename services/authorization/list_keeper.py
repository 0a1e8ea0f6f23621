"""Looks at local lists that something happened to, and brings them in step."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

from libs.bus import BusError, NotFound
from libs.contracts.stations import GetStation, StationView
from libs.ocpp.message import Version
from libs.postgres import transient
from libs.runtime import Crew, log
from services.authorization import lists, local_list, store_lists
from services.authorization.app import App
from services.authorization.lists import Turn
from services.authorization.local_list import Knowledge
from services.authorization.store_lists import ListRow

logger = log.get("authorization")

LOOK_EVERY_SECONDS = 0.2
AT_A_TIME = 8
TURN_SECONDS = 45.0
"""For all parts together; what is left then waits for the next look, at once."""
RETRY_SECONDS_MAX = 3600.0
DOUBLINGS_MAX = 12


async def keep_lists(app: App) -> None:
    """For ever, until cancelled; any number of instances may do it."""

    async def take(most: int) -> list[ListRow]:
        return await store_lists.claim_due(app.pool, lists.CLAIM_SECONDS, most)

    async with Crew(AT_A_TIME, take, partial(attempt, app)) as crew:
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            await look_around(crew)


async def look_around(crew: Crew[ListRow]) -> None:
    try:
        await crew.turn()
    except Exception as error:
        if not transient(error):
            logger.exception("local lists were not looked at")


async def attempt(app: App, row: ListRow) -> None:
    """A claim that could not be given back ends by itself."""
    try:
        await look(app, row)
    except Exception as error:
        if not transient(error):
            logger.exception("local list failed", tenant=row.tenant, station=row.station)


async def look(app: App, row: ListRow) -> None:
    """One list; whatever goes wrong with it is tried again later, and by whoever comes after us
    at once if we are to end.
    """
    then: datetime | None = datetime.now(UTC)
    try:
        then = await attend(app, row)
    except NotFound:
        await store_lists.remove(app.pool, row.key)
    except BusError:
        then = later(app, row.failures)
    except Exception as error:
        if not transient(error):
            logger.exception("local list failed", tenant=row.tenant, station=row.station)
        then = later(app, row.failures)
    finally:
        await store_lists.done(app.pool, row.key, row.due_at, then)


async def attend(app: App, row: ListRow) -> datetime | None:
    """Do what is to be done; when to look again, None when something must happen first."""
    view = await app.bus.ask(GetStation(tenant=row.tenant, station=row.station))
    if view.protocol is None or not view.online:
        return None
    turn = await lists.turn(app, row, view.protocol, TURN_SECONDS)
    if row.removing and may_forget(turn, view):
        known = await forget(app, turn)
        if known is None:
            return later(app, row.failures)
        turn = with_known(turn, known)
    if not may_sync(row, view):
        return None
    return await sync(app, turn, view.protocol)


def may_forget(turn: Turn, view: StationView) -> bool:
    """Who was forgotten leaves the list that an operator sent (N10.FR.02). Whether a station that
    is left alone has any other list is not asked: that waits until its operator asks.
    """
    return view.automatic or turn.known.held is not None


def may_sync(row: ListRow, view: StationView) -> bool:
    """Some stations are to be left alone; some said that they have no list, until they boot."""
    if not row.sync or not view.automatic:
        return False
    return row.supported is not False or row.check_due


async def forget(app: App, turn: Turn) -> Knowledge | None:
    """Of a list that is not known the version is, or there is none."""
    if turn.known.held is None:
        result, known = await lists.check(app, turn)
        if result.status in {"offline", "timeout"}:
            return None
        if known.supported is False or lists.version_of(result) == 0:
            await store_lists.set_removed(app.pool, turn.row.key, turn.row.removing)
            return known
        turn = with_known(turn, known)
    return await lists.take_off(app, turn)


async def sync(app: App, turn: Turn, version: Version) -> datetime | None:
    row = turn.row
    if row.check_due or turn.known.failures:
        result, known = await lists.check(app, turn)
        if known.supported is False or result.status == "offline":
            return None
        if result.status != "answered":
            return later(app, row.failures)
        turn = with_known(turn, known)
    run = await lists.bring(app, turn, "auto", may_ask=True)
    if run.in_step:
        return run.wanted.changes_at
    last = local_list.answer_of(run.parts[-1].result) if run.parts else "unknown"
    match last:
        case "unsupported" | "undelivered":
            return None
        case "accepted":
            return datetime.now(UTC)
        case "mismatch" | "refused" | "unknown":
            return later(app, run.known.failures)


def with_known(turn: Turn, known: Knowledge) -> Turn:
    return Turn(row=turn.row, version=turn.version, known=known, deadline=turn.deadline)


def later(app: App, failures: int) -> datetime:
    """Twice as long after each failure."""
    doubled = 2 ** min(max(failures - 1, 0), DOUBLINGS_MAX)
    seconds = min(app.config.list_retry_seconds * doubled, RETRY_SECONDS_MAX)
    return datetime.now(UTC) + timedelta(seconds=seconds)
