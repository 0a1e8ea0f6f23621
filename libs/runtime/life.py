"""The life of a service in its process: starting, ready, stopping."""

import asyncio
from collections.abc import Callable

from libs.runtime import log

logger = log.get("runtime")


class Life:
    """What a service tells its surroundings, and is told by them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.stopping = asyncio.Event()
        self._ready = asyncio.Event()
        self._checks: dict[str, Callable[[], bool]] = {}

    def ready(self) -> None:
        """It serves now."""
        self._ready.set()
        logger.info("service is ready", service=self.name)

    def stop(self) -> None:
        """Tell it to finish what it has begun and to return."""
        self.stopping.set()

    async def until_ready(self) -> None:
        """Wait until it serves."""
        await self._ready.wait()

    @property
    def has_served(self) -> bool:
        """Whether it was ready at any time."""
        return self._ready.is_set()

    def check(self, what: str, works: Callable[[], bool]) -> None:
        """Ready only while ``works()``, as in ``life.check("nats", lambda: bus.connected)``."""
        self._checks[what] = works

    @property
    def is_ready(self) -> bool:
        """Whether work may be sent to it."""
        return not self.missing()

    def missing(self) -> list[str]:
        """What it lacks to be ready; empty when it is."""
        if self.stopping.is_set():
            return ["stopping"]
        if not self._ready.is_set():
            return ["starting"]
        return [what for what, works in self._checks.items() if not works()]
