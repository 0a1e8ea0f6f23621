"""Who is connected: notices of edges, their leases, and the rosters that mend what got lost."""

from datetime import UTC, datetime

from libs.contracts.stations import (
    Connected,
    Disconnected,
    Done,
    Drop,
    EdgeAlive,
    EdgeLease,
    EdgeRoster,
    RosterEntry,
)
from libs.postgres import transient
from libs.runtime import log
from services.stations import store_presence
from services.stations.app import App, router
from services.stations.batch import disconnected
from services.stations.presence import Closed, Opened

logger = log.get("stations")

MISMATCHES_MAX = 2
"""The counts of edge and registry differ for a moment whenever a station comes or goes."""
ROSTER_GRACE_SECONDS = 2
"""Stations that connected while a roster was being written are not in it."""


@router.shares(Connected)
async def connected(app: App, notice: Connected) -> None:
    await fold(
        app,
        Opened(
            tenant=notice.tenant,
            station=notice.station,
            edge=notice.edge,
            epoch=notice.epoch,
            version=notice.version,
            at=notice.at,
        ),
    )


@router.shares(Disconnected)
async def closed(app: App, notice: Disconnected) -> None:
    await fold(
        app,
        Closed(
            tenant=notice.tenant,
            station=notice.station,
            epoch=notice.epoch,
            at=notice.at,
            reason=notice.reason,
        ),
    )


async def fold(app: App, word: Opened | Closed) -> None:
    """Nobody repeats a notice: what the database does not take now, rosters have to mend."""
    try:
        await app.sockets.submit(word)
    except Exception as error:
        if transient(error):
            app.missed.set()
        raise


@router.answers(EdgeAlive)
async def edge_alive(app: App, ask: EdgeAlive) -> EdgeLease:
    lease = app.config.lease_seconds
    if ask.leaving:
        await end_lease(app, ask.edge, "the edge stopped", even_if_alive=True)
        return EdgeLease(lease_seconds=lease)
    alive = await store_presence.renew(
        app.pool, ask.edge, ask.connections, lease, app.config.roster_seconds
    )
    both_empty = alive.mismatches == 0 and ask.connections == 0
    wanted = alive.mismatches >= MISMATCHES_MAX or (alive.roster_is_old and not both_empty)
    return EdgeLease(lease_seconds=lease, roster_wanted=wanted)


async def end_lease(app: App, edge: str, reason: str, *, even_if_alive: bool = False) -> None:
    """Take an edge's stations offline, unless it spoke again meanwhile."""
    async with app.outbox.transaction() as connection:
        if not await store_presence.end_lease(connection, edge, even_if_alive=even_if_alive):
            return
        gone = await store_presence.take_offline(connection, edge)
        await app.outbox.add(connection, [disconnected(each, reason) for each in gone])
    logger.info("edge is gone", edge=edge, reason=reason, stations=len(gone))


@router.answers(EdgeRoster)
async def edge_roster(app: App, ask: EdgeRoster) -> Done:
    """Open what we missed; at the end close who was not named, and drop who is not registered."""
    now = datetime.now(UTC)
    async with app.outbox.transaction() as connection:
        if ask.part == 0:
            await store_presence.begin_roster(connection, ask.edge, app.config.lease_seconds)
        surprises = await store_presence.name_in_roster(connection, ask.edge, ask.entries)
    for surprise in surprises:
        if not surprise.registered:
            drop_stranger(app, surprise.entry)
    missed = [
        app.sockets.submit(socket(ask.edge, each.entry, now))
        for each in surprises
        if each.registered
    ]
    for word in missed:
        await word
    if ask.last:
        await end_roster(app, ask.edge)
    return Done()


async def end_roster(app: App, edge: str) -> None:
    async with app.outbox.transaction() as connection:
        gone = await store_presence.end_roster(connection, edge, ROSTER_GRACE_SECONDS)
        lost = [disconnected(each, "its edge no longer holds it") for each in gone]
        await app.outbox.add(connection, lost)


def socket(edge: str, entry: RosterEntry, now: datetime) -> Opened:
    return Opened(
        tenant=entry.tenant,
        station=entry.station,
        edge=edge,
        epoch=entry.epoch,
        version=entry.version,
        at=now,
    )


def drop_stranger(app: App, entry: RosterEntry) -> None:
    """It was removed, and the order to close its socket got lost."""
    app.bus.tell(
        Drop(
            tenant=entry.tenant,
            station=entry.station,
            epoch=entry.epoch,
            reason="the station is not registered",
        )
    )
