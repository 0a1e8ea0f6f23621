"""Hands for what is due: what takes long keeps one of them, and delays nothing else."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

ItemT = TypeVar("ItemT")


class Crew(Generic[ItemT]):
    """Sees to up to ``hands`` items at a time, each in a task; ``see_to`` raises nothing.

    As a context manager: what is under way at the end is cancelled, and waited for.
    """

    def __init__(
        self,
        hands: int,
        take: Callable[[int], Awaitable[Sequence[ItemT]]],
        see_to: Callable[[ItemT], Coroutine[Any, Any, None]],
    ) -> None:
        self.hands = hands
        self._take = take
        self._see_to = see_to
        self._busy: set[asyncio.Task[None]] = set()

    @property
    def free(self) -> int:
        return self.hands - len(self._busy)

    async def turn(self) -> None:
        """Take what free hands can hold, and do not wait until it is done."""
        if not self.free:
            return
        for item in await self._take(self.free):
            task = asyncio.create_task(self._see_to(item))
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        busy = list(self._busy)
        for task in busy:
            task.cancel()
        if busy:
            await asyncio.wait(busy)
