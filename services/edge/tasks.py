"""Who is started here is awaited here: the short tasks of handshakes and CALLs."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from libs.runtime import log

logger = log.get("edge")


class Tasks:
    """Running tasks; each forgotten when it ends. Their errors are their own to catch."""

    __slots__ = ("loop", "running")

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self.loop.create_task(work)
        self.running.add(task)
        task.add_done_callback(self.ended)
        return task

    def ended(self, task: asyncio.Task[None]) -> None:
        self.running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("task failed", error=repr(error))

    async def end(self) -> None:
        """Cancel what still runs, and wait until it has ended."""
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)
