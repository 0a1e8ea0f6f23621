"""The message log of a station, as any reader of the bus sees it."""

import asyncio
import json
from typing import Any

from libs.bus import Bus
from libs.bus import subject as subjects


class Record(dict[str, Any]):
    """A log record as any reader of the bus sees it."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name)


class Log:
    """The records of one station, as they come."""

    def __init__(self, bus: Bus, station: str) -> None:
        self.records = bus.tail(subjects.log("default", station))

    @classmethod
    async def of(cls, bus: Bus, station: str) -> "Log":
        log = cls(bus, station)
        log.first = asyncio.ensure_future(anext(log.records))
        await asyncio.sleep(0)
        await bus.barrier()
        return log

    async def next(self) -> Record:
        _, body = await asyncio.wait_for(self.first, 10)
        self.first = asyncio.ensure_future(anext(self.records))
        return Record(json.loads(body))
