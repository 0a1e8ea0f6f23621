"""One clock for all sockets of a process: no timer and no task for each station."""

import asyncio
from typing import Protocol

from libs.runtime import log

logger = log.get("edge")

TICK_SECONDS = 1.0


class Visited(Protocol):
    def visit(self) -> int | None:
        """Called when its time has come; the seconds until the next visit, or ``None`` for no
        other.
        """
        ...


class Wheel:
    """Whoever is put on it is visited once, that many ticks later."""

    __slots__ = ("now", "slots")

    def __init__(self, seconds_max: int) -> None:
        self.slots: list[list[Visited]] = [[] for _ in range(seconds_max + 2)]
        self.now = 0

    def put(self, item: Visited, seconds: int) -> None:
        """``seconds``: 1 up to the wheel's greatest."""
        self.slots[(self.now + seconds) % len(self.slots)].append(item)

    def turn(self) -> None:
        """One tick further: visit all whose time has come."""
        self.now = (self.now + 1) % len(self.slots)
        due, self.slots[self.now] = self.slots[self.now], []
        for item in due:
            try:
                again = item.visit()
            except Exception:
                logger.exception("visit failed")
                continue
            if again is not None:
                self.put(item, again)

    async def run(self) -> None:
        """Turn for ever. A process that was held up does not make up for it: nobody is dead for
        our delay.
        """
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.turn()
