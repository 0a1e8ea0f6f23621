"""Server-sent events over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from libs.bus import Bus, cloudevent
from libs.bus.message import Event
from libs.contracts.stations import StationRemoved
from libs.contracts.transactions import TransactionStarted
from services.api.app import App
from tests.services.api.conftest import listening, until

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
Problem = Callable[[httpx.Response], dict[str, Any]]


def started(tenant: str, name: str) -> TransactionStarted:
    return TransactionStarted(
        tenant=tenant, at=NOON, station="CP-1", id=name, transaction=name, started_at=NOON
    )


def removed(tenant: str, name: str) -> StationRemoved:
    return StationRemoved(tenant=tenant, at=NOON, station=name)


async def announce(bus: Bus, *events: Event) -> None:
    for event in events:
        told = cloudevent.announcement(event, "test")
        await bus.announce(told.subject, told.body, told.id)


class Reader:
    """The events of a stream, and its comments."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.lines = response.aiter_lines()

    async def event(self) -> dict[str, str]:
        """The next event; comments are passed over."""
        fields: dict[str, str] = {}
        while True:
            line = await asyncio.wait_for(anext(self.lines), 10)
            name, _, value = line.partition(": ")
            if line == "" and "data" in fields:
                return fields
            if name:
                fields[name] = value

    async def comment(self) -> str:
        while True:
            line = await asyncio.wait_for(anext(self.lines), 10)
            if line.startswith(":"):
                return line.removeprefix(": ")

    async def names(self, count: int) -> list[str]:
        return [
            (await self.event())["data"].split('"id":"')[-1].split('"')[0] for _ in range(count)
        ]


@asynccontextmanager
async def reading(url: str, tenant: str, query: str = "", **headers: str) -> AsyncIterator[Reader]:
    async with (
        httpx.AsyncClient() as client,
        client.stream(
            "GET",
            f"{url}/api/v1/events?tenant={tenant}{query}",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        ) as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        yield Reader(response)


async def test_an_event_is_shown_as_the_cloud_event_that_it_is(
    make_app: Callable[..., App], bus: Bus, tenant: str
) -> None:
    async with listening(make_app()) as url, reading(url, tenant, "&after=0") as reader:
        event = started(tenant, "one")
        await announce(bus, event)
        got = await reader.event()
    assert got["event"] == "transaction.started"
    assert got["data"].encode() == cloudevent.encode(event, "test")
    assert int(got["id"]) > 0


async def test_a_stream_is_resumed_where_it_ended(
    make_app: Callable[..., App], bus: Bus, tenant: str
) -> None:
    """SSE: a client that reconnects sends the id that it saw last."""
    async with listening(make_app()) as url:
        await announce(bus, *(started(tenant, f"n{n}") for n in range(3)))
        async with reading(url, tenant, "&after=0") as reader:
            assert await reader.names(1) == ["n0"]
            last = (await reader.event())["id"]
        await announce(bus, started(tenant, "n3"))
        async with reading(url, tenant, Last_Event_ID=last) as reader:
            assert await reader.names(2) == ["n2", "n3"]


async def test_without_a_place_a_stream_begins_now(
    make_app: Callable[..., App], bus: Bus, tenant: str
) -> None:
    await announce(bus, started(tenant, "old"))
    async with listening(make_app(heartbeat_seconds=0.05)) as url, reading(url, tenant) as reader:
        first = asyncio.create_task(reader.event())
        number = 0
        while not first.done():
            await announce(bus, started(tenant, f"new{number}"))
            await asyncio.wait({first}, timeout=0.05)
            number += 1
        assert '"id":"new' in (await first)["data"]


async def test_a_stream_holds_the_types_that_were_asked_for(
    make_app: Callable[..., App], bus: Bus, tenant: str
) -> None:
    await announce(bus, started(tenant, "a"), removed(tenant, "CP-9"), started(tenant, "b"))
    async with listening(make_app()) as url:
        for types in ("station.removed", "station.*", "station.removed,cdr.created"):
            async with reading(url, tenant, f"&after=0&types={types}") as reader:
                assert (await reader.event())["event"] == "station.removed"
        async with reading(url, tenant, "&after=0&types=transaction.*") as reader:
            assert await reader.names(2) == ["a", "b"]


async def test_a_stream_holds_one_tenant(
    make_app: Callable[..., App], bus: Bus, tenant: str
) -> None:
    await announce(bus, started(f"{tenant}x", "theirs"), started(tenant, "ours"))
    async with listening(make_app()) as url, reading(url, tenant, "&after=0") as reader:
        assert await reader.names(1) == ["ours"]


async def test_a_silent_stream_shows_that_it_lives(
    make_app: Callable[..., App], tenant: str
) -> None:
    app = make_app(heartbeat_seconds=0.05)
    async with listening(app) as url, reading(url, tenant) as reader:
        assert [await reader.comment() for _ in range(3)] == [
            "voltbus events",
            "still here",
            "still here",
        ]


async def test_a_reader_that_leaves_makes_room(
    make_app: Callable[..., App], tenant: str, problem: Problem
) -> None:
    app = make_app(streams=asyncio.Semaphore(1))
    async with listening(app) as url:
        async with reading(url, tenant), httpx.AsyncClient() as client:
            await until(app.streams.locked)
            refused = await client.get(f"{url}/api/v1/events")
            assert problem(refused)["code"] == "too_many_streams"
        await until(lambda: not app.streams.locked())
        async with reading(url, tenant):
            await until(app.streams.locked)


async def test_open_streams_end_with_the_process(make_app: Callable[..., App], tenant: str) -> None:
    app = make_app()
    async with listening(app) as url, reading(url, tenant) as reader:
        await reader.comment()
        app.stopping.set()
        async with asyncio.timeout(3):
            assert [line async for line in reader.lines if line.startswith("id")] == []


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("types=everything", "types"),
        ("types=event.>", "types"),
        ("types=*.*", "types"),
        ("after=first", "Last-Event-ID"),
        ("after=-1", "Last-Event-ID"),
        ("after=99999999999999999999", "Last-Event-ID"),
    ],
)
async def test_a_place_or_a_type_that_is_none_is_refused(
    api: httpx.AsyncClient, problem: Problem, query: str, parameter: str
) -> None:
    found = problem(await api.get(f"events?{query}"))
    assert (found["status"], [error["parameter"] for error in found["errors"]]) == (
        422,
        [parameter],
    )
