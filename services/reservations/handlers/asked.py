"""Raw ReserveNow and CancelReservation of operators lead to the same records."""

from libs.contracts.command import CommandResult
from libs.contracts.devices import StationAsked
from services.reservations import spelling, store
from services.reservations.app import App, router
from services.reservations.handlers.reservation import cancelled, settle


@router.follows(StationAsked)
async def on_asked(app: App, event: StationAsked) -> None:
    if event.action == "ReserveNow":
        await reserved(app, event)
    elif event.action == "CancelReservation":
        number: int = event.payload["reservationId"]
        await cancelled(app, event.tenant, event.station, number, result_of(event))


async def reserved(app: App, event: StationAsked) -> None:
    """The same event again changes nothing."""
    wish = spelling.read(event.version, event.payload)
    station = (event.tenant, event.station)
    async with app.outbox.transaction() as connection:
        row = await store.add(
            connection, station, wish, event.version, by=event.by, request=event.request
        )
        if row is not None:
            await settle(app, connection, row, result_of(event))


def result_of(event: StationAsked) -> CommandResult:
    return CommandResult(
        status=event.status,
        payload=event.answer,
        code=event.code,
        description=event.description,
    )
