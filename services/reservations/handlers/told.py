"""What stations tell of reservations: ReservationStatusUpdate (H04), and what else shows it."""

from datetime import UTC, datetime, timedelta

from libs.bus import Station
from libs.contracts.stations import ConnectorStatusChanged, StationRemoved
from libs.contracts.transactions import ReservationUsed
from libs.ocpp import v21, v201
from services.reservations import state, store
from services.reservations.app import App, router
from services.reservations.ending import close, hear
from services.reservations.state import Word

EARLY = timedelta(seconds=5)
"""A station's clock may be behind ours by so much when it tells of a status."""


@router.on(v201.ReservationStatusUpdate)
async def status_update_201(
    app: App, station: Station, call: v201.ReservationStatusUpdate
) -> v201.ReservationStatusUpdateResponse:
    await update(app, station, call)
    return v201.ReservationStatusUpdateResponse()


@router.on(v21.ReservationStatusUpdate)
async def status_update_21(
    app: App, station: Station, call: v21.ReservationStatusUpdate
) -> v21.ReservationStatusUpdateResponse:
    await update(app, station, call)
    return v21.ReservationStatusUpdateResponse()


async def update(
    app: App, station: Station, call: v201.ReservationStatusUpdate | v21.ReservationStatusUpdate
) -> None:
    why = state.UPDATES[call.reservation_update_status]
    word = Word(why=why, at=station.received_at, reason="the station says so")
    await hear(app, (station.tenant, station.id), call.reservation_id, word)


@router.follows(ReservationUsed)
async def on_used(app: App, event: ReservationUsed) -> None:
    """H03, 1.6 StartTransaction.reservationId: the ledger knows first."""
    word = Word(why="used", at=event.at, transaction=event.id)
    await hear(app, (event.tenant, event.station), event.reservation, word)


@router.follows(ConnectorStatusChanged)
async def on_status(app: App, event: ConnectorStatusChanged) -> None:
    """1.6 has no message for the end of a reservation; EVSE 0 is the whole station."""
    if event.status not in {"Available", "Faulted", "Unavailable"}:
        return
    reason = f"connector {event.evse} is {event.status}"
    async with app.outbox.transaction() as connection:
        for row in await store.open_of(connection, event.tenant, event.station, lock=True):
            here = event.evse in {0, row.evse} and event.at >= row.made_at - EARLY
            if row.version != "v16" or not here:
                continue
            why = state.by_status(row, event.status, event.previous, event.at)
            if why is not None:
                await close(app, connection, row, Word(why=why, at=event.at, reason=reason))


@router.follows(StationRemoved)
async def on_removed(app: App, event: StationRemoved) -> None:
    reason = "the station was taken from the registry"
    word = Word(why="removed", at=datetime.now(UTC), reason=reason)
    async with app.outbox.transaction() as connection:
        for row in await store.open_of(connection, event.tenant, event.station, lock=True):
            await close(app, connection, row, word)
