"""Reports on their way: what was lost of one is asked for again, and in the end given up."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from libs.bus import Address
from libs.contracts import calling
from libs.runtime import log
from services.devices import asking, store_inquiries, store_variables
from services.devices.app import App
from services.devices.asking import Question
from services.devices.chores import ERRANDS, Errands, chore
from services.devices.parts import whole
from services.devices.store_inquiries import Inquiry, Part, Repeat

REPEATS_MAX = 2
ORDER_SECONDS = 1.0
"""How long a part may come after the one behind it before it counts as lost."""
AGAIN_SECONDS = 10.0
"""How long the answer to a repeated question is waited for; less than the lease."""
LEASE_SECONDS = 60.0
CLOCKS_SECONDS = 5.0
"""How far the clocks of our hosts may be apart."""
AT_ONCE = 50
TURN_SECONDS = 0.5

logger = log.get("devices")


@chore("forget reports", every_seconds=3600)
async def forget(app: App) -> None:
    """With the requests that they belong to."""
    oldest = datetime.now(UTC) - timedelta(days=app.config.report_days)
    await store_inquiries.forget(app.pool, oldest)


class Verdict(NamedTuple):
    """``until``: when to look again, for ``wait``."""

    what: Literal["complete", "wait", "again", "incomplete"]
    until: datetime | None = None


def judge(inquiry: Inquiry, parts: Sequence[Part], now: datetime, patience: timedelta) -> Verdict:
    """What to do about a report. A report is complete when one number has all its parts."""
    by_number: dict[int, dict[int, bool]] = {}
    for part in parts:
        by_number.setdefault(part.number, {})[part.part] = part.more
    if any(ended_whole(found) for found in by_number.values()):
        return Verdict("complete")
    latest = by_number.get(inquiry.number, {})
    last = max([inquiry.repeated_at, *(p.at for p in parts if p.number == inquiry.number)])
    ended = any(not more for more in latest.values())
    until = last + (timedelta(seconds=ORDER_SECONDS) if ended else patience)
    if now < until:
        return Verdict("wait", until)
    return Verdict("again" if inquiry.repeats < inquiry.repeats_max else "incomplete")


def ended_whole(parts: dict[int, bool]) -> bool:
    """Parts are numbered from 0, and the last says that it is."""
    return not all(parts.values()) and whole(parts, max(parts))


async def claim(app: App, most: int) -> list[Inquiry]:
    """Reports that are due. Any number of instances may do this at once."""
    now = datetime.now(UTC)
    return await store_inquiries.claim(app.pool, now, now + timedelta(seconds=LEASE_SECONDS), most)


async def arrived(app: App, inquiry: Inquiry) -> None:
    """The last part came: all is well, or what is missing has a moment left to come."""
    parts = await store_inquiries.parts(app.pool, inquiry.request)
    now = datetime.now(UTC)
    if judge(inquiry, parts, now, timedelta()).what == "complete":
        await complete(app, inquiry)
    else:
        due = now + timedelta(seconds=ORDER_SECONDS)
        await store_inquiries.later(app.pool, inquiry, due)


async def look(app: App, inquiry: Inquiry) -> None:
    patience = timedelta(seconds=app.config.report_patience_seconds)
    parts = await store_inquiries.parts(app.pool, inquiry.request)
    now = datetime.now(UTC)
    verdict = judge(inquiry, parts, now, patience)
    match verdict.what:
        case "complete":
            await complete(app, inquiry)
        case "wait":
            await store_inquiries.later(app.pool, inquiry, verdict.until or now)
        case "again":
            await again(app, inquiry)
        case "incomplete":
            logger.warning("report is incomplete", station=inquiry.station, action=inquiry.action)
            await store_inquiries.give_up(app.pool, inquiry.request, now)


ERRANDS.append(Errands("reports", TURN_SECONDS, AT_ONCE, claim, look))


async def complete(app: App, inquiry: Inquiry) -> None:
    """A whole inventory replaces what it did not name."""
    async with app.outbox.transaction() as connection:
        closed = await store_inquiries.close(connection, inquiry.request)
        if closed and inquiry.base == "FullInventory":
            to = Address(inquiry.tenant, inquiry.station)
            await store_variables.lock(connection, to)
            before = inquiry.asked_at - timedelta(seconds=CLOCKS_SECONDS)
            await store_variables.forget(connection, to, before)
            await store_inquiries.know_all(connection, to, datetime.now(UTC), inquiry.request)


async def again(app: App, inquiry: Inquiry) -> None:
    """Ask for the report once more, under the same request but with another number."""
    number, now = asking.number(), datetime.now(UTC)
    asked = await store_inquiries.payload(app.pool, inquiry.request)
    call = calling.message(inquiry.version, inquiry.action, {**asked, "requestId": number})
    patience = timedelta(seconds=app.config.report_patience_seconds)
    due = now + timedelta(seconds=AGAIN_SECONDS) + patience
    if not await store_inquiries.repeat(app.pool, inquiry, Repeat(number, now, due)):
        return
    to = Address(inquiry.tenant, inquiry.station)
    result = await asking.call_again(app, Question(to, call, "report", AGAIN_SECONDS))
    until = datetime.now(UTC) + patience
    await store_inquiries.later(app.pool, inquiry._replace(due_at=due), until)
    logger.info(
        "report was asked for again",
        station=inquiry.station,
        action=inquiry.action,
        outcome=result.status,
    )
