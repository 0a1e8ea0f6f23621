"""What must not be lost because the database is away just now."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from libs.postgres.fault import transient
from libs.runtime import log

ResultT = TypeVar("ResultT")

EVERY_SECONDS = 0.5

logger = log.get("postgres")


async def patiently(work: Callable[[], Awaitable[ResultT]], seconds: float) -> ResultT:
    """Do it again while the database is away, for up to so long: the last fault then.

    Whether a commit that broke off counted is unknown, so ``work`` must bear being done twice.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        try:
            return await work()
        except Exception as error:
            if not transient(error) or loop.time() + EVERY_SECONDS > deadline:
                raise
            logger.warning("waiting for the database", error=repr(error))
        await asyncio.sleep(EVERY_SECONDS)
