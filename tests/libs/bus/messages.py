"""Messages between imaginary services, and helpers around them."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec import Raw, Struct

from libs.bus import Ask, Bus, Event, Notice, Up, cloudevent, envelope

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


class Sum(Struct, frozen=True):
    total: int


class Add(Ask[Sum]):
    subject = "api.{tenant}.sums.add"

    tenant: str
    a: int
    b: int


class Stock(Ask[list[str]]):
    subject = "api.{tenant}.sums.stock"

    tenant: str


class Painted(Event):
    subject = "event.{tenant}.wall.painted.{station}"

    station: str
    colour: str

    def key(self) -> str:
        return f"{self.station}/{self.colour}"


class Waved(Notice):
    subject = "presence.{tenant}.{station}.waved"

    tenant: str
    station: str
    text: str = ""


def painted(tenant: str, colour: str = "red", station: str = "CP1") -> Painted:
    return Painted(tenant=tenant, at=NOON, station=station, colour=colour)


def announce(bus: Bus, event: Event) -> asyncio.Future[None]:
    """Store an event, as an outbox does."""
    ready = cloudevent.announcement(event, "walls")
    return bus.announce(ready.subject, ready.body, ready.id)


def up(payload: bytes, **more: Any) -> bytes:
    """The envelope of a station's CALL."""
    facts = {"id": "1", "received_at": NOON, "edge": "edge-1", "epoch": 7, **more}
    return envelope.encode(Up(payload=Raw(payload), **facts))


async def until(condition: Callable[[], object], seconds: float = 15) -> None:
    """Wait until it is true."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)
