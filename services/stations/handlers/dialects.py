"""Dialects: which there are, which a station has, and learning one by asking."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from msgspec import json
from msgspec.structs import replace

from libs.bus import Address, Conflict, Invalid, NotFound
from libs.bus.log import LogRecord
from libs.contracts import calling
from libs.contracts.dialects import (
    ApplyProbe,
    DialectDecided,
    DialectPage,
    GetDialect,
    GetStationDialect,
    ListDialects,
    Probe,
    ProbeStation,
    StationDialect,
)
from libs.ocpp.dialect import Dialect, merged
from libs.ocpp.message import Version
from services.stations import habit, probing, store_dialects
from services.stations.app import App, router
from services.stations.habit import Known
from services.stations.probing import Answer, Step

PAGE_MAX = 500
RECORDS_MAX = 200
"""Of the message log, in which the calls of a probe are looked for."""
PROBE_SECONDS_MAX = 30.0
READS_MAX = 10
READ_AGAIN_SECONDS = 0.1
FRESH = 3
SILENT_MAX = 3
"""So many calls in a row without an answer: it is not there to be asked."""


@router.answers(ListDialects)
async def list_dialects(app: App, ask: ListDialects) -> DialectPage:
    limit = min(max(ask.limit, 1), PAGE_MAX)
    names = sorted(name for name in app.book.dialects if name > (ask.after or ""))
    return DialectPage(
        items=[app.book[name] for name in names[:limit]],
        next=names[limit - 1] if len(names) > limit else None,
    )


@router.answers(GetDialect)
async def get_dialect(app: App, ask: GetDialect) -> Dialect:
    dialect = app.book.get(ask.name)
    if dialect is None:
        raise NotFound(f"There is no dialect {ask.name!r}.")
    return dialect


@router.answers(GetStationDialect)
async def get_station_dialect(app: App, ask: GetStationDialect) -> StationDialect:
    return await shown(app, ask.tenant, ask.station)


async def shown(app: App, tenant: str, station: str) -> StationDialect:
    known = await known_of(app, tenant, station)
    found = habit.find(app.book, known)
    return StationDialect(
        station=station,
        name=found.dialect.name if found.dialect else None,
        origin=found.origin,
        learned=known.learned is not None,
        dialect=found.dialect,
        probe=await last_probe(app, tenant, station),
    )


async def known_of(app: App, tenant: str, station: str) -> Known:
    known = await store_dialects.habit(app.pool, tenant, station)
    if known is None:
        raise NotFound(f"There is no station {station!r}.")
    return known


async def last_probe(app: App, tenant: str, station: str) -> Probe | None:
    kept = await store_dialects.last_probe(app.pool, tenant, station)
    if kept is None:
        return None
    return replace(json.decode(kept[0], type=Probe), applied_at=kept[1])


# -- learning -----------------------------------------------------------------------------------


@router.answers(ProbeStation)
async def probe(app: App, ask: ProbeStation) -> Probe:
    if not 0 < ask.seconds <= PROBE_SECONDS_MAX:
        raise Invalid(f"A call waits up to {PROBE_SECONDS_MAX:.0f} seconds.", field="seconds")
    known = await known_of(app, ask.tenant, ask.station)
    if known.version is None:
        raise Conflict(f"Station {ask.station!r} never connected.")
    at = datetime.now(UTC)
    answers = await asked(app, Address(ask.tenant, ask.station), known.version, ask.seconds)
    records = await recorded(app, ask, at)
    concluded = probing.conclude(answers, records, habit.find(app.book, known).dialect)
    found = Probe(
        id=str(uuid4()),
        station=ask.station,
        at=at,
        calls=len(answers),
        facts=concluded.facts,
        quirks=concluded.quirks,
        proposed=concluded.proposed,
    )
    text = json.encode(found).decode()
    await store_dialects.keep_probe(app.pool, ask.tenant, ask.station, at, text)
    if ask.apply and found.proposed is not None:
        await hold(app, ask.tenant, ask.station, found.proposed)
        return replace(found, applied_at=datetime.now(UTC))
    return found


async def asked(app: App, to: Address, version: Version, seconds: float) -> list[Answer]:
    """One call after the other, so that its slowness is its own."""
    answers: list[Answer] = []
    for step in probing.plan(version):
        answers.append(await ask_one(app, to, version, step, seconds))
        if answers[-1].result.status == "offline":
            raise Conflict(f"Station {to.station!r} is offline: only one that is there can tell.")
        last = answers[-SILENT_MAX:]
        if len(last) == SILENT_MAX and all(one.result.status == "timeout" for one in last):
            break
    return answers


async def ask_one(app: App, to: Address, version: Version, step: Step, seconds: float) -> Answer:
    begun = datetime.now(UTC)
    request = calling.message(version, step.action, step.payload)
    result = await calling.call_raw(app.bus, to, type(request), json.encode(step.payload), seconds)
    return Answer(step, result, (datetime.now(UTC) - begun).total_seconds())


async def recorded(app: App, ask: ProbeStation, since: datetime) -> list[LogRecord]:
    """What the message log has of it; the last record may take a moment to get there."""
    records: list[LogRecord] = []
    for _ in range(READS_MAX):
        found = await app.bus.read_log(ask.tenant, ask.station, limit=RECORDS_MAX)
        records = [record for _, record in found]
        if any(r.direction == "down" and r.requested_at >= since for r in records[:FRESH]):
            break
        await asyncio.sleep(READ_AGAIN_SECONDS)
    return [record for record in records if record.requested_at >= since or record.quirks]


@router.answers(ApplyProbe)
async def apply_probe(app: App, ask: ApplyProbe) -> StationDialect:
    await known_of(app, ask.tenant, ask.station)
    if ask.forget:
        await hold(app, ask.tenant, ask.station, None)
        return await shown(app, ask.tenant, ask.station)
    last = await last_probe(app, ask.tenant, ask.station)
    if last is None or last.proposed is None:
        raise Conflict(f"No probe of station {ask.station!r} proposes anything: probe it first.")
    await hold(app, ask.tenant, ask.station, last.proposed)
    return await shown(app, ask.tenant, ask.station)


async def hold(app: App, tenant: str, station: str, learned: Dialect | None) -> None:
    """From now on, also for the socket that is open."""
    text = None
    if learned is not None:
        # What an earlier probe taught was in force in this one, so it found only what is new.
        before = (await known_of(app, tenant, station)).learned
        whole = merged(json.decode(before, type=Dialect), learned) if before else learned
        text = json.encode(whole).decode()
    await store_dialects.learn(app.pool, tenant, station, text, datetime.now(UTC))
    found = habit.find(app.book, await known_of(app, tenant, station))
    app.bus.tell(DialectDecided(tenant=tenant, station=station, speech=found.speech))
