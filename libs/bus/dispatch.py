"""Many handlers at a time, but not too many: what does not run at once waits in order."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

Handle = Callable[..., Coroutine[Any, Any, None]]


class Dispatcher:
    """Runs up to ``in_flight_max`` tasks at a time; up to ``waiting_max`` more wait their turn."""

    def __init__(self, in_flight_max: int, waiting_max: int) -> None:
        self.in_flight_max = in_flight_max
        self.waiting_max = waiting_max
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: deque[tuple[Handle, tuple[Any, ...]]] = deque()
        self._idle: asyncio.Future[None] | None = None

    def submit(self, handle: Handle, *arguments: Any) -> bool:
        """Run ``handle(*arguments)`` soon. False when there is no room: it will not run."""
        if len(self._tasks) < self.in_flight_max:
            self._start(handle, arguments)
            return True
        if len(self._waiting) >= self.waiting_max:
            return False
        self._waiting.append((handle, arguments))
        return True

    @property
    def in_flight(self) -> int:
        return len(self._tasks)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def free(self) -> int:
        """How many could start at once."""
        return self.in_flight_max - len(self._tasks)

    async def idle(self) -> None:
        """Return when all that was accepted is finished."""
        while self._tasks:
            if self._idle is None:
                self._idle = self._loop.create_future()
            await asyncio.shield(self._idle)

    def cancel(self) -> None:
        """Give up what waits and what runs."""
        self._waiting.clear()
        for task in list(self._tasks):
            task.cancel()

    def _start(self, handle: Handle, arguments: tuple[Any, ...]) -> None:
        task = self._loop.create_task(handle(*arguments))
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._waiting:
            self._start(*self._waiting.popleft())
        elif not self._tasks and self._idle is not None:
            self._idle.set_result(None)
            self._idle = None
