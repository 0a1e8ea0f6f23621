"""One service among others in a process: when it fails it is started again, and the others stay."""

import asyncio
import random
from typing import Any

from libs.runtime import Life, live, log
from libs.runtime.service import refusals
from services.voltbus.services import Service

logger = log.get("voltbus")

RESTART_SECONDS_MIN = 0.5
RESTART_SECONDS_MAX = 15.0
STEADY_SECONDS = 60.0
"""After so long without a failure the next one is the first again."""


class Supervised:
    """``start`` it, await ``ready``, then ``stop`` it."""

    def __init__(self, service: Service, config: Any) -> None:
        self.service = service
        self.config = config
        self.ready = asyncio.Event()
        self.stopping = asyncio.Event()
        self.life = Life(service.name)
        self.task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.task = asyncio.create_task(self.run(), name=self.service.name)

    async def stop(self, seconds: float) -> None:
        """Let it finish what it has begun; after ``seconds`` it is cut off."""
        self.stopping.set()
        self.life.stop()
        if self.task is None:
            return
        await asyncio.wait({self.task}, timeout=seconds)
        if not self.task.done():
            logger.warning("service was cut off", service=self.service.name, after_seconds=seconds)
            self.task.cancel()
            await asyncio.wait({self.task}, timeout=seconds)
        if self.task.done() and not self.task.cancelled():
            self.task.exception()  # told by `came_up`, if anybody asked

    async def came_up(self) -> None:
        """Wait until it serves for the first time; CannotStart when it never will."""
        if self.task is None:
            raise RuntimeError(f"{self.service.name} has not been started.")
        waiting = asyncio.create_task(self.ready.wait())
        try:
            await asyncio.wait({waiting, self.task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if not self.ready.is_set():
            await self.task

    def serves(self) -> bool:
        return self.life.is_ready

    async def run(self) -> None:
        wait = RESTART_SECONDS_MIN
        while not self.stopping.is_set():
            began = asyncio.get_running_loop().time()
            await self.live_once()
            if asyncio.get_running_loop().time() - began > STEADY_SECONDS:
                wait = RESTART_SECONDS_MIN
            await self.pause(random.uniform(wait / 2, wait))
            wait = min(wait * 2, RESTART_SECONDS_MAX)

    async def live_once(self) -> None:
        """From its start to its end, whatever that is."""
        self.life = Life(self.service.name)
        watching = asyncio.create_task(self.watch(self.life))
        try:
            await live(self.life, self.service.serve(self.config, self.life))
            if not self.stopping.is_set():
                logger.error("service ended by itself", service=self.service.name)
        except Exception as error:
            told = list(refusals(error))
            if told and not self.ready.is_set():
                raise told[0] from error
            logger.exception("service failed and is started again", service=self.service.name)
        finally:
            watching.cancel()

    async def watch(self, life: Life) -> None:
        await life.until_ready()
        self.ready.set()

    async def pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.stopping.wait()
        except TimeoutError:
            return
