"""The end of a reservation: the row, and the event that tells it, in one transaction."""

from collections.abc import Iterable
from typing import Any

from libs.contracts.reservations import End, ReservationEnded
from services.reservations import store
from services.reservations.app import App
from services.reservations.state import Row, Word, may_end


async def close(app: App, connection: Any, row: Row, word: Word) -> Row:
    """``row`` is locked by this transaction."""
    ended = await store.set_state(
        connection,
        row.id,
        word.why,
        reason=word.reason,
        transaction=word.transaction,
        ended_at=word.at,
    )
    news = ReservationEnded(
        tenant=row.tenant,
        at=word.at,
        station=row.station,
        id=str(row.id),
        reservation=row.number,
        why=word.why,
        token=row.token,
        evse=row.evse,
        transaction=word.transaction,
    )
    await app.outbox.add(connection, [news])
    return ended


async def hear(app: App, station: tuple[str, str], number: int, word: Word) -> None:
    """A station said how the reservation of this number ended."""
    async with app.outbox.transaction() as connection:
        rows = await store.of_number(connection, *station, number)
        row = first_to_end(rows, word.why)
        if row is not None:
            await close(app, connection, row, word)
        elif not rows:
            await store.keep_word(connection, station, number, word)


def first_to_end(rows: Iterable[Row], why: End) -> Row | None:
    """Of all that bore a number, the newest that may end so."""
    return next((row for row in rows if may_end(row.state, why)), None)
