"""Reservations end in time, also where no station says so: 1.6 has no message for it."""

import asyncio
from datetime import UTC, datetime

from libs.postgres import transient
from libs.runtime import log
from services.reservations import store
from services.reservations.app import App
from services.reservations.ending import close
from services.reservations.state import Word

logger = log.get("reservations")

EVERY_SECONDS = 0.5
BATCH_MAX = 500
ANSWER_SECONDS_MAX = 600
"""Who was asked longer ago than this, asked a process of ours that ended since."""


async def sweep(app: App) -> None:
    """For ever, until cancelled; any number of instances may do it."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await expire(app)
        except Exception as error:
            if not transient(error):
                logger.exception("sweep failed")


async def expire(app: App) -> None:
    now = datetime.now(UTC)
    async with app.outbox.transaction() as connection:
        await store.doubt(connection, ANSWER_SECONDS_MAX)
        await store.forget_words(connection, ANSWER_SECONDS_MAX)
        due = await store.expired(connection, app.config.expiry_grace_seconds, BATCH_MAX)
        for row in due:
            word = Word(why="expired", at=now, reason="by our clock")
            await close(app, connection, row, word)
