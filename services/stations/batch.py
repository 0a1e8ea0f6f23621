"""What is written together: one transaction for all that arrived while the last one committed.

Each function here is the ``flush`` of a group commit: it reads and locks the rows of a batch in
the order of their keys, decides with pure functions, and writes rows and events. The order of
locks is the same everywhere, so instances that write the same stations wait for each other and
never dead-lock.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from libs.bus.message import Event
from libs.contracts.stations import (
    Admit,
    ConnectorStatusChanged,
    Registration,
    StationBooted,
    StationConnected,
    StationDisconnected,
    StationRegistered,
)
from libs.postgres import Outbox
from services.stations import presence, status, store, store_boot, store_presence, store_status
from services.stations.admission import Record
from services.stations.boot import Boot
from services.stations.presence import Closed, Opened
from services.stations.status import Report, State
from services.stations.store_boot import Booked
from services.stations.store_status import Place

DEFAULT_TENANT = "default"

Connection = Any
Name = tuple[str, str]
"""Tenant and identity."""


class Found(NamedTuple):
    """For one handshake: the stations that it may mean, and a number for its socket."""

    records: list[Record]
    epoch: int


class Told(NamedTuple):
    """A status of a station's connector."""

    tenant: str
    station: str
    report: Report


class Admissions:
    """Look up the stations of handshakes; with open registration, add those never seen."""

    def __init__(self, outbox: Outbox, *, open_registration: bool) -> None:
        self._outbox = outbox
        self._open = open_registration

    async def __call__(self, connection: Connection, asks: list[Admit]) -> list[Found]:
        records = await store.records(connection, sorted({ask.station for ask in asks}))
        if self._open:
            records += await self._register(connection, asks, records)
        epochs = await store.epochs(connection, len(asks))
        known: dict[str, list[Record]] = {}
        for record in records:
            known.setdefault(record.station, []).append(record)
        return [
            Found(meant(ask, known.get(ask.station, [])), epoch)
            for ask, epoch in zip(asks, epochs, strict=True)
        ]

    async def _register(
        self, connection: Connection, asks: list[Admit], records: list[Record]
    ) -> list[Record]:
        """First sight. Only the default tenant is open: a URL must not make tenants."""
        seen = {record.station for record in records}
        new = {
            ask.station
            for ask in asks
            if ask.station not in seen and ask.named_tenant in {None, DEFAULT_TENANT}
        }
        if not new:
            return []
        added = await store.register(connection, DEFAULT_TENANT, sorted(new))
        now = await store.now(connection)
        await self._outbox.add(
            connection,
            [StationRegistered(tenant=DEFAULT_TENANT, at=now, station=name) for name in added],
        )
        # Another instance may have been first with some of them, so they are read, not assumed.
        return await store.records(connection, sorted(new))


def meant(ask: Admit, records: Sequence[Record]) -> list[Record]:
    """The stations that a handshake may mean: of the named tenant, or of any."""
    return [record for record in records if ask.named_tenant in {None, record.tenant}]


class Boots:
    """Keep what stations say at boot; the answer is how they are registered, None if they are
    not.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def __call__(self, connection: Connection, boots: list[Boot]) -> list[Booked | None]:
        latest = {(boot.tenant, boot.station): boot for boot in boots}
        known = await store_boot.book(connection, list(latest.values()))
        await self._outbox.add(
            connection,
            [booted(latest[name], answer.registration) for name, answer in known.items()],
        )
        return [known.get((boot.tenant, boot.station)) for boot in boots]


def booted(boot: Boot, answer: Registration) -> StationBooted:
    return StationBooted(
        tenant=boot.tenant,
        at=boot.at,
        station=boot.station,
        version=boot.version,
        status=answer,
        vendor=boot.vendor,
        model=boot.model,
        firmware=boot.firmware,
        serial_number=boot.serial_number,
        reason=boot.reason,
    )


class Sockets:
    """Fold opened and closed sockets into presence, in order of arrival."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def __call__(self, connection: Connection, words: list[Opened | Closed]) -> list[None]:
        names = sorted({(word.tenant, word.station) for word in words})
        known = await store_presence.known(connection, names)
        changed: dict[Name, None] = {}
        events: list[Event] = []
        for word in words:
            name = (word.tenant, word.station)
            if name not in known:
                continue
            key, before = known[name]
            after = presence.fold(before, word)
            if after is before:
                continue
            known[name] = (key, after)
            changed[name] = None
            events += news(word, was_online=before.online, is_online=after.online)
        if changed:
            await store_presence.write(connection, [known[name] for name in changed])
            await self._outbox.add(connection, events)
        return [None] * len(words)


def news(word: Opened | Closed, *, was_online: bool, is_online: bool) -> list[Event]:
    """A newer socket is news even when the station was there: it connected anew."""
    if isinstance(word, Opened):
        return [
            StationConnected(
                tenant=word.tenant,
                at=word.at,
                station=word.station,
                version=word.version,
                edge=word.edge,
                epoch=word.epoch,
            )
        ]
    if was_online and not is_online:
        return [
            StationDisconnected(
                tenant=word.tenant,
                at=word.at,
                station=word.station,
                epoch=word.epoch,
                reason=word.reason,
            )
        ]
    return []


class Statuses:
    """Fold reports into the states of connectors, in order of arrival, and into the history."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def __call__(self, connection: Connection, told: list[Told]) -> list[None]:
        owners = await store_status.owners(
            connection, sorted({(each.tenant, each.station) for each in told})
        )
        # A station that was removed meanwhile has no connectors any more.
        mine = [each for each in told if (each.tenant, each.station) in owners]
        places = {self._place(owners, each): None for each in mine}
        known = await store_status.states(connection, list(places))
        changed: dict[Place, State] = {}
        history: list[tuple[int, Report]] = []
        events: list[Event] = []
        for each in mine:
            owner = owners[each.tenant, each.station]
            place = self._place(owners, each)
            before = known.get(place, State())
            outcome = status.fold(before, each.report, owner.booted_at)
            if outcome.state is not before:
                known[place] = changed[place] = outcome.state
            if outcome.news:
                history.append((owner.key, each.report))
            if outcome.changed:
                events.append(status_changed(each, before))
        await store_status.write(connection, changed)
        await store_status.remember(connection, history)
        await self._outbox.add(connection, events)
        return [None] * len(told)

    @staticmethod
    def _place(owners: dict[Name, store_status.Owner], each: Told) -> Place:
        return Place(owners[each.tenant, each.station].key, *each.report.place)


def status_changed(told: Told, before: State) -> ConnectorStatusChanged:
    report = told.report
    return ConnectorStatusChanged(
        tenant=told.tenant,
        at=report.at,
        station=told.station,
        evse=report.evse,
        connector=report.connector,
        status=report.status,
        previous=before.status,
        error_code=report.error_code,
        info=report.info,
        vendor_id=report.vendor_id,
        vendor_error_code=report.vendor_error_code,
        received_at=report.received_at,
    )


def disconnected(gone: store_presence.Gone, reason: str) -> StationDisconnected:
    """A station taken offline without a word of its edge."""
    at: datetime = gone.since
    return StationDisconnected(
        tenant=gone.tenant, at=at, station=gone.station, epoch=gone.epoch, reason=reason
    )
