"""Places for files of stations: what may be written there, and how long it is kept."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from libs.bus import Bus, Conflict, NotFound
from libs.contracts.uploads import (
    BeginUpload,
    DropFiles,
    EndUpload,
    FailUpload,
    GetFile,
    GetUpload,
    ListStaleFiles,
    UploadStored,
    UploadView,
)
from services.devices import store_uploads
from services.devices.store_uploads import Place
from tests.services.service import Ear

HASH = "ab" * 32


def name() -> str:
    return uuid.uuid4().hex


@pytest_asyncio.fixture
async def database_connection(service: Any) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(service.postgres_dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def place(database_connection: asyncpg.Connection, tenant: str) -> Place:
    return await made(database_connection, tenant, hours=1)


async def made(connection: asyncpg.Connection, tenant: str, *, hours: float) -> Place:
    now, secret = datetime.now(UTC), name()
    expires = now + timedelta(hours=hours)
    place = Place(tenant, "CP1", secret, f"http://up/{secret}/", now, expires, 1000)
    await store_uploads.add(connection, place)
    return place


async def written(bus: Bus, place: Place) -> UploadView:
    """A station sends a file of 3 bytes."""
    ticket = await bus.ask(BeginUpload(secret=place.secret, object=name()))
    return await bus.ask(EndUpload(object=ticket.object, file_name="log.zip", size=3, sha256=HASH))


async def test_a_file_is_written_once_and_announced(bus: Bus, place: Place, tenant: str) -> None:
    async with Ear(bus, tenant, UploadStored) as ear:
        view = await written(bus, place)
        [event] = await ear.heard(1)
    assert (view.state, view.file_name, view.size, view.sha256) == ("stored", "log.zip", 3, HASH)
    assert (event.station, event.upload, event.size) == ("CP1", view.id, 3)
    with pytest.raises(Conflict) as refused:
        await bus.ask(BeginUpload(secret=place.secret, object=name()))
    assert refused.value.details == {"reason": "stored"}


async def test_a_try_that_failed_may_be_repeated(bus: Bus, place: Place, tenant: str) -> None:
    ticket = await bus.ask(BeginUpload(secret=place.secret, object=name()))
    receiving = await bus.ask(GetUpload(tenant=tenant, upload=ticket.upload))
    await bus.ask(FailUpload(object=ticket.object, reason="the connection broke"))
    waiting = await bus.ask(GetUpload(tenant=tenant, upload=ticket.upload))
    assert (receiving.state, waiting.state) == ("receiving", "waiting")
    assert waiting.failure == "the connection broke"
    stored = await written(bus, place)
    assert (stored.state, stored.tries, stored.failure) == ("stored", 2, None)


async def test_of_two_tries_at_once_the_first_that_ends_counts(bus: Bus, place: Place) -> None:
    tickets = [await bus.ask(BeginUpload(secret=place.secret, object=name())) for _ in range(2)]
    ends = [EndUpload(object=each.object, size=n, sha256=HASH) for n, each in enumerate(tickets)]
    outcomes = await asyncio.gather(*(bus.ask(end) for end in ends), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "UploadView"]


async def test_after_its_time_a_place_takes_nothing(
    bus: Bus, database_connection: asyncpg.Connection, tenant: str
) -> None:
    place = await made(database_connection, tenant, hours=-0.1)
    with pytest.raises(Conflict) as refused:
        await bus.ask(BeginUpload(secret=place.secret, object=name()))
    assert refused.value.details == {"reason": "expired"}


async def test_what_begins_in_time_may_end_late(
    bus: Bus, place: Place, database_connection: asyncpg.Connection
) -> None:
    ticket = await bus.ask(BeginUpload(secret=place.secret, object=name()))
    await database_connection.execute(
        "UPDATE devices.upload SET expires_at = now() WHERE secret = $1", place.secret
    )
    view = await bus.ask(EndUpload(object=ticket.object, size=3, sha256=HASH))
    assert view.state == "stored"


async def test_an_address_that_nobody_gave_out_is_not_found(service: Any, bus: Bus) -> None:
    with pytest.raises(NotFound):
        await bus.ask(BeginUpload(secret="guessed", object=name()))
    with pytest.raises(NotFound):
        await bus.ask(EndUpload(object="never begun", size=3, sha256=HASH))


async def test_another_tenant_does_not_see_it(bus: Bus, place: Place) -> None:
    view = await written(bus, place)
    with pytest.raises(NotFound):
        await bus.ask(GetFile(tenant="other", upload=view.id))


async def test_old_files_and_tries_that_never_ended_are_told_and_dropped(
    bus: Bus, place: Place, database_connection: asyncpg.Connection, tenant: str
) -> None:
    kept = await written(bus, await made(database_connection, tenant, hours=1))
    old = await written(bus, place)
    hung = await bus.ask(
        BeginUpload(secret=(await made(database_connection, tenant, hours=1)).secret, object=name())
    )
    await database_connection.execute(
        "UPDATE devices.upload SET stored_at = now() - interval '31 days' WHERE secret = $1",
        place.secret,
    )
    await database_connection.execute(
        "UPDATE devices.upload_try SET begun_at = now() - interval '13 hours' WHERE object = $1",
        hung.object,
    )
    file = await bus.ask(GetFile(tenant=tenant, upload=old.id))
    stale = (await bus.ask(ListStaleFiles())).objects
    assert {file.object, hung.object} <= set(stale)
    assert (await bus.ask(GetFile(tenant=tenant, upload=kept.id))).object not in stale
    await bus.ask(DropFiles(objects=stale))
    assert (await bus.ask(ListStaleFiles())).objects == []
    with pytest.raises(NotFound, match="is gone"):
        await bus.ask(GetFile(tenant=tenant, upload=old.id))
    waiting = await bus.ask(GetUpload(tenant=tenant, upload=hung.upload))
    assert waiting.state == "waiting"
