"""What the platform asks of its own accord after a boot: the inventory (B07.FR.14)."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

from libs.bus import Address, BusError, NotFound
from libs.contracts.device_model import Item, ReportBase
from libs.contracts.devices import CallSent
from libs.contracts.stations import GetStation, StationBooted
from libs.postgres import transient
from libs.runtime import log
from services.devices import dialogue, manner, model, reporting, store_inquiries, store_variables
from services.devices.app import App
from services.devices.chores import ERRANDS, Errands
from services.devices.dialogue import READING, Errand
from services.devices.happenings import after
from services.devices.reporting import Asker, Wish
from services.devices.store_inquiries import Boot, Due
from services.devices.variable import clean

BY = "inventory"
AT_ONCE = 20
PAUSE_SECONDS = 1.0
"""So an instance asks up to 20 stations a second: 5,000 that boot together take some minutes."""
TURN_SECONDS = 0.5
SECONDS = 30.0
LEASE_SECONDS = 120.0
ATTEMPTS_MAX = 3
RETRY_SECONDS = 60.0

logger = log.get("devices")


@after(StationBooted)
async def note(app: App, event: StationBooted) -> None:
    """A station booted: what waited for it is in effect, and its inventory is due if it is not
    known. Accepted stations only: to others nothing else is to be said.
    """
    to = Address(event.tenant, event.station)
    if event.reason != "Triggered":
        await model.rebooted(app, to, event.at)
    due = None
    if event.status == "Accepted" and app.config.inventory_after_boot:
        wait = random.uniform(0, app.config.inventory_spread_seconds)
        due = datetime.now(UTC) + timedelta(seconds=wait)
    boot = Boot(event.tenant, event.station, event.version, event.at, clean(event.firmware or ""))
    if await store_inquiries.note_boot(app.pool, boot, due):
        await store_variables.unlearn(app.pool, to)


async def work(app: App, due: Due) -> None:
    """One station, and a pause: what is asked of a thousand stations comes back from them all."""
    await attend(app, due)
    await asyncio.sleep(PAUSE_SECONDS)


async def claim(app: App, most: int) -> list[Due]:
    """Any number of instances may do it: each takes what no other has."""
    now = datetime.now(UTC)
    lease = now + timedelta(seconds=LEASE_SECONDS)
    return await store_inquiries.claim_inventories(app.pool, now, lease, most)


ERRANDS.append(Errands("inventories", TURN_SECONDS, AT_ONCE, claim, work))


async def attend(app: App, due: Due) -> None:
    """Ask one station, and say when to try again if it must be."""
    try:
        again = await take(app, due)
        await store_inquiries.plan_inventory(app.pool, due, again)
    except Exception as error:
        # The lease ends, and it is due again.
        if not transient(error):
            logger.exception("inventory was not asked for", station=due.station)


async def take(app: App, due: Due) -> datetime | None:
    """When to ask again; None is not before the next boot."""
    later = datetime.now(UTC) + timedelta(seconds=RETRY_SECONDS * due.attempts)
    retry = later if due.attempts < ATTEMPTS_MAX else None
    try:
        station = await app.bus.ask(GetStation(tenant=due.tenant, station=due.station))
        if not station.automatic or not station.online:
            return None
        if await manner.names_keys(app, due.to, due.version):
            return retry if await ask_by_name(app, due) == "timeout" else None
        sent = await ask(app, due, "FullInventory")
        if status(sent) == "NotSupported":
            sent = await ask(app, due, "ConfigurationInventory")
            await store_inquiries.know_all(app.pool, due.to, datetime.now(UTC))
    except NotFound:
        return None
    except BusError as error:
        logger.info("inventory waits", station=due.station, error=str(error))
        return retry
    result = sent.result
    logger.info("inventory was asked for", station=due.station, outcome=result.status)
    return None if result.status in {"answered", "offline"} else retry


async def ask(app: App, due: Due, base: ReportBase) -> CallSent:
    return await reporting.request(app, due.to, Wish(base=base), Asker(BY, SECONDS))


async def ask_by_name(app: App, due: Due) -> str:
    """Key by key, of a station that does not answer what means all of them; its outcome."""
    items = [Item(key=key) for key in manner.known_keys()]
    return (await dialogue.run(app, Errand(due.to, READING, items, BY, SECONDS))).status


def status(sent: CallSent) -> str | None:
    return (sent.result.payload or {}).get("status")
