"""BootNotification, and asking for one (blocks B and F)."""

from datetime import UTC, datetime

from libs.bus import Address, BusError, Station
from libs.contracts.command import TriggerMessage
from libs.contracts.dialects import DialectDecided
from libs.contracts.stations import Registration
from libs.ocpp import v16, v21, v201
from libs.runtime import log
from services.stations import boot, command, habit, store_dialects, store_presence
from services.stations.app import App, router
from services.stations.boot import Boot
from services.stations.store_boot import Booked
from services.stations.store_presence import Unbooted

logger = log.get("stations")

TRIGGER_SECONDS = 20.0


@router.on(v16.BootNotification)
async def boot_16(
    app: App, station: Station, call: v16.BootNotification
) -> v16.BootNotificationResponse:
    told = boot.of_16(station.tenant, station.id, station.received_at, call)
    answer = await register(app, told)
    return v16.BootNotificationResponse(
        status=answer, current_time=datetime.now(UTC), interval=app.intervals.after(answer)
    )


@router.on(v201.BootNotification)
async def boot_201(
    app: App, station: Station, call: v201.BootNotification
) -> v201.BootNotificationResponse:
    answer = await register(app, boot.of_2(station.tenant, station.id, station.received_at, call))
    return v201.BootNotificationResponse(
        status=answer, current_time=datetime.now(UTC), interval=app.intervals.after(answer)
    )


@router.on(v21.BootNotification)
async def boot_21(
    app: App, station: Station, call: v21.BootNotification
) -> v21.BootNotificationResponse:
    answer = await register(app, boot.of_2(station.tenant, station.id, station.received_at, call))
    return v21.BootNotificationResponse(
        status=answer, current_time=datetime.now(UTC), interval=app.intervals.after(answer)
    )


async def register(app: App, told: Boot) -> Registration:
    """How the station is registered; one that was removed while it was connected is rejected."""
    booked = await app.boots.submit(told)
    if booked is None:
        return "Rejected"
    decide_dialect(app, told, booked)
    return booked.registration


def decide_dialect(app: App, told: Boot, booked: Booked) -> None:
    """The edge hears it before the answer, for that is the first that is written in it. Who has
    none, and had none, costs nothing.
    """
    before = habit.find(app.book, booked.before).speech
    now = habit.find(app.book, booked.now).speech
    if before is not None or now is not None:
        app.bus.tell(DialectDecided(tenant=told.tenant, station=told.station, speech=now))


async def ask_if_accepted(app: App, tenant: str, station: str) -> None:
    """B02, TC_B_31: a station that waits is asked to boot as soon as an operator accepts it."""
    waiting = await store_presence.claim_to_boot(app.pool, tenant, station)
    if waiting is not None:
        await ask_to_boot(app, waiting)


async def ask_to_boot(app: App, station: Unbooted) -> None:
    """Only ever while it is not accepted: afterwards stations reject it (F06.FR.17)."""
    known = await store_dialects.habit(app.pool, station.tenant, station.station)
    dialect = habit.find(app.book, known).dialect if known else None
    if dialect is not None and dialect.commands.trigger == "none":
        return
    request = command.trigger(
        station.version,
        TriggerMessage(tenant=station.tenant, station=station.station, message="BootNotification"),
        dialect,
    )
    try:
        answer = await app.bus.call(
            Address(station.tenant, station.station), request, timeout=TRIGGER_SECONDS
        )
    except BusError as error:
        # It boots by itself after its interval.
        logger.info("station was not asked to boot", station=station.station, error=str(error))
        return
    logger.info("station was asked to boot", station=station.station, answer=answer.status)
