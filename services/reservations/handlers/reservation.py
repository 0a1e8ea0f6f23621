"""ReserveNow and CancelReservation on behalf of an operator (H01, H02)."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from libs.bus import Address, Conflict, Invalid, NotFound
from libs.contracts import calling
from libs.contracts.authorization import GetToken, TokenView
from libs.contracts.command import CommandResult
from libs.contracts.reservations import (
    CancelReserved,
    ReservationMade,
    Reserve,
    Reserved,
)
from libs.contracts.stations import GetStation
from libs.ocpp.message import Version
from libs.postgres import patiently
from services.reservations import conflict, spelling, state, store
from services.reservations.app import App, router
from services.reservations.ending import close
from services.reservations.handlers.registry import number_of, unknown, view
from services.reservations.state import Row, Wish, Word

TIMEOUT_SECONDS_MAX = 300.0
SETTLE_SECONDS = 60.0
"""A station answers once: how long that is held while the database is away."""
NUMBER_TRIES_MAX = 1000
SOMEBODY_FORCES = "`force` asks the station all the same."


@router.answers(Reserve)
async def reserve(app: App, ask: Reserve) -> Reserved:
    check(ask)
    station = await app.bus.ask(GetStation(tenant=ask.tenant, station=ask.station))
    token = await token_of(app, ask)
    wish = await wish_of(app, ask, token)
    version = station.protocol
    request = None if version is None else spelling.reserve(version, wish)
    now = datetime.now(UTC)
    kept = await store.open_of(app.pool, ask.tenant, ask.station)
    facts = conflict.Facts(station=station, token=token, kept=kept, now=now)
    against = [] if ask.force else conflict.find(wish, facts)
    if against:
        raise Conflict(f"Nothing was sent, for {'; '.join(against)}. {SOMEBODY_FORCES}")
    row = await store.add(app.pool, (ask.tenant, ask.station), wish, version, by=ask.by)
    if row is None:
        raise LookupError(f"reservation {wish.number} of {ask.station} was not written")
    result = calling.OFFLINE
    if request is not None:
        to = Address(ask.tenant, ask.station)
        result = await calling.call(app.bus, to, request, ask.timeout_seconds)
    after = await patiently(partial(settled, app, row, result), SETTLE_SECONDS)
    return Reserved(result=result, reservation=view(after))


async def settled(app: App, row: Row, result: CommandResult) -> Row:
    async with app.outbox.transaction() as connection:
        return await settle(app, connection, row, result)


def check(ask: Reserve) -> None:
    if not 0 < ask.timeout_seconds <= TIMEOUT_SECONDS_MAX:
        raise Invalid(
            f"A time-out is up to {TIMEOUT_SECONDS_MAX:.0f} seconds.", field="timeout_seconds"
        )
    if ask.expires_at.tzinfo is None:
        raise Invalid("expires_at needs its offset from UTC.", field="expires_at")
    for field, number in (("reservation", ask.reservation), ("evse", ask.evse)):
        if number is not None and not 0 <= number <= store.NUMBER_MAX:
            raise Invalid(f"{field} is 0 to {store.NUMBER_MAX}.", field=field)


async def token_of(app: App, ask: Reserve) -> TokenView | None:
    """The token as it is registered, None if it is not."""
    try:
        return await app.bus.ask(GetToken(tenant=ask.tenant, token=ask.token))
    except NotFound:
        return None


async def wish_of(app: App, ask: Reserve, token: TokenView | None) -> Wish:
    number = ask.reservation
    if number is None:
        number = await fresh_number(app, ask.tenant, ask.station)
    return Wish(
        number=number,
        token=ask.token,
        token_type=ask.type or (token.type if token else None),
        group=ask.group or (token.group if token else None),
        evse=ask.evse or None,
        connector_type=ask.connector_type,
        expires_at=ask.expires_at,
    )


async def fresh_number(app: App, tenant: str, station: str) -> int:
    """One that no reservation of the station ever bore: operators may have chosen some."""
    for _ in range(NUMBER_TRIES_MAX):
        number = await store.next_number(app.pool, tenant, station)
        if not await store.number_is_used(app.pool, tenant, station, number):
            return number
    raise Conflict(
        f"The next {NUMBER_TRIES_MAX} numbers of reservations are taken: choose one yourself."
    )


async def settle(app: App, connection: Any, row: Row, result: CommandResult) -> Row:
    """Keep what the station answered. What was heard of the reservation meanwhile stays: a
    session may have used it before its answer was written.
    """
    answer = state.answered(result)
    now = datetime.now(UTC)
    rows = await store.of_number(connection, row.tenant, row.station, row.number)
    now_is = next(each for each in rows if each.id == row.id)
    after = await store.set_answer(connection, row.id, answer.answer)
    if now_is.state == "asked":
        ended_at = None if answer.state in state.OPEN else now
        after = await store.set_state(
            connection, row.id, answer.state, reason=answer.reason, ended_at=ended_at
        )
    if answer.state != "active":
        return after
    for older in rows:
        if older.id < row.id and older.open:
            word = Word(why="replaced", at=now, reason=f"by our reservation {row.id}")
            await close(app, connection, older, word)
    await app.outbox.add(connection, [made(row, now)])
    return await catch_up(app, connection, after)


async def catch_up(app: App, connection: Any, row: Row) -> Row:
    """What the station said of it before we knew of it."""
    for word in await store.take_words(connection, (row.tenant, row.station), row.number):
        if state.may_end(row.state, word.why):
            row = await close(app, connection, row, word)
    return row


def made(row: Row, now: datetime) -> ReservationMade:
    return ReservationMade(
        tenant=row.tenant,
        at=now,
        station=row.station,
        id=str(row.id),
        reservation=row.number,
        token=row.token,
        group=row.group_id,
        evse=row.evse,
        connector_type=row.connector_type,
        expires_at=row.expires_at,
    )


@router.answers(CancelReserved)
async def cancel(app: App, ask: CancelReserved) -> Reserved:
    row = await store.get(app.pool, ask.tenant, number_of(ask.id))
    if row is None:
        raise unknown(ask.id)
    if not row.open and not ask.force:
        raise Conflict(f"It is over already ({row.state}). {SOMEBODY_FORCES}")
    version = await calling.protocol(app.bus, Address(row.tenant, row.station))
    if version is None:
        return Reserved(result=calling.OFFLINE, reservation=view(row))
    await store.set_cancelling(app.pool, row.id, under_way=True)
    try:
        result = await ask_to_cancel(app, row, version, ask.timeout_seconds)
        told = partial(cancelled, app, row.tenant, row.station, row.number, result)
        await patiently(told, SETTLE_SECONDS)
    finally:
        await store.set_cancelling(app.pool, row.id, under_way=False)
    after = await store.get(app.pool, row.tenant, row.id)
    return Reserved(result=result, reservation=view(after or row))


async def ask_to_cancel(app: App, row: Row, version: Version, seconds: float) -> CommandResult:
    request = spelling.cancel(version, row.number)
    return await calling.call(app.bus, Address(row.tenant, row.station), request, seconds)


async def cancelled(
    app: App, tenant: str, station: str, number: int, result: CommandResult
) -> None:
    """Only Accepted and Rejected say something: the station keeps no such place (any more)."""
    status = (result.payload or {}).get("status") if result.status == "answered" else None
    now = datetime.now(UTC)
    async with app.outbox.transaction() as connection:
        rows = await store.of_number(connection, tenant, station, number)
        kept = [row for row in rows if row.open]
        match status:
            case "Accepted":
                # The status of a 1.6 connector may have been quicker than the answer.
                word, ended = Word(why="cancelled", at=now), kept or rows[:1]
            case "Rejected":
                reason = "the station knows no such reservation"
                word, ended = Word(why="removed", at=now, reason=reason), kept
            case _:  # anything else says nothing of the place
                return
        for row in ended:
            if state.may_end(row.state, word.why):
                await close(app, connection, row, word)
