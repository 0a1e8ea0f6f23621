"""The exchanges with a station, newest first, with secrets hidden."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from msgspec import Raw

from libs.bus import Bus, LogRecord
from libs.bus import log as bus_log
from tests.services.api.peer import Peer

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
STATION = "CP/1"


async def write(bus: Bus, tenant: str, count: int, **more: Any) -> None:
    """Exchanges between those of another station; every third a Reset, every fifth an error."""
    for number in range(count):
        record = LogRecord(
            tenant=tenant,
            station=STATION,
            version="v16",
            epoch=1,
            edge="edge",
            direction="down" if number % 3 == 0 else "up",
            id=str(number),
            action="Reset" if number % 3 == 0 else "Heartbeat",
            request=Raw(b"{}"),
            response=Raw(b"null" if number % 5 == 0 else b'{"n": 1.10}'),
            outcome="timeout" if number % 5 == 0 else "answered",
            requested_at=NOON + timedelta(seconds=number),
            **more,
        )
        bus.publish_log(tenant, STATION, bus_log.encode(record))
        bus.publish_log(tenant, "other", bus_log.encode(record))
    await bus.barrier()
    async with asyncio.timeout(10):
        while len(await bus.read_log(tenant, STATION, limit=count)) < count:
            await asyncio.sleep(0.01)


async def read(api: httpx.AsyncClient, query: str) -> list[str]:
    """The ids of all pages."""
    found: list[str] = []
    answer = await api.get(f"stations/CP%2F1/log?{query}")
    while True:
        assert answer.status_code == 200
        found += [item["id"] for item in answer.json()["items"]]
        if "next" not in answer.links:
            assert answer.json()["next"] is None
            return found
        answer = await api.get(str(answer.url.join(answer.links["next"]["url"])))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("limit=500", lambda n: True),
        ("limit=7", lambda n: True),
        ("limit=1", lambda n: True),
        ("limit=3&action=Reset", lambda n: n % 3 == 0),
        ("limit=3&direction=up", lambda n: n % 3),
        ("limit=2&errors=true", lambda n: n % 5 == 0),
        ("limit=2&errors=true&action=Reset", lambda n: n % 15 == 0),
        ("action=Never", lambda n: False),
    ],
)
async def test_the_log_is_read_page_by_page(
    api: httpx.AsyncClient,
    bus: Bus,
    peer: Peer,
    tenant: str,
    query: str,
    wanted: Callable[[int], Any],
) -> None:
    peer.add(tenant, STATION)
    await write(bus, tenant, 23)
    assert await read(api, query) == [str(n) for n in reversed(range(23)) if wanted(n)]


async def test_an_exchange_is_shown_whole(
    api: httpx.AsyncClient, bus: Bus, peer: Peer, tenant: str
) -> None:
    peer.add(tenant, STATION)
    await write(bus, tenant, 2, quirks=["no time zone"])
    answer = await api.get("stations/CP%2F1/log?limit=1")
    assert '"response":{"n": 1.10}' in answer.text
    assert answer.json()["items"] == [
        {
            "tenant": tenant,
            "station": STATION,
            "version": "v16",
            "epoch": 1,
            "edge": "edge",
            "direction": "up",
            "id": "1",
            "action": "Heartbeat",
            "request": {},
            "response": {"n": 1.1},
            "error": None,
            "outcome": "answered",
            "requested_at": "2026-11-22T12:00:01Z",
            "answered_at": None,
            "quirks": ["no time zone"],
        }
    ]


async def test_the_log_of_an_unknown_station_is_not_found(
    api: httpx.AsyncClient, peer: Peer
) -> None:
    assert (await api.get("stations/nobody/log")).status_code == 404


@pytest.mark.parametrize("query", ["after=x", "after=0", "direction=sideways", "errors=many"])
async def test_a_filter_that_makes_no_sense_is_refused(
    api: httpx.AsyncClient, peer: Peer, query: str
) -> None:
    answer = await api.get(f"stations/CP-1/log?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter")
