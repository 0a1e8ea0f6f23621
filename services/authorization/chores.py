"""What this service does at its start, and now and then."""

import asyncio
from datetime import UTC, datetime

from libs.contracts.authorization import TokenChanged
from libs.postgres import transient
from libs.runtime import log
from services.authorization import store
from services.authorization.app import App
from services.authorization.list_keeper import keep_lists

logger = log.get("authorization")

DEFAULT_TENANT = "default"
DEMO_TOKENS = [f"DEMO{number:04}" for number in range(1, 11)]
PURGE_SECONDS = 600.0


async def make_demo_tokens(app: App) -> None:
    """Only those that are not there: what an operator changed stays changed."""
    async with app.outbox.transaction() as connection:
        made = await store.create(connection, DEFAULT_TENANT, DEMO_TOKENS)
        now = datetime.now(UTC)
        await app.outbox.add(
            connection, [TokenChanged(tenant=DEFAULT_TENANT, at=now, token=token) for token in made]
        )


async def chores(app: App) -> None:
    """For ever, until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(write_sightings(app))
        tasks.create_task(purge(app))
        tasks.create_task(keep_lists(app))


async def write_sightings(app: App) -> None:
    while True:
        await asyncio.sleep(app.config.seen_seconds)
        await flush_sightings(app)


async def flush_sightings(app: App) -> None:
    sightings = app.sightings.take()
    if not sightings:
        return
    try:
        await store.record(app.pool, sightings)
    except asyncio.CancelledError:
        app.sightings.give_back(sightings)
        raise
    except Exception as error:
        app.sightings.give_back(sightings)
        if not transient(error):
            logger.exception("unknown tokens were not recorded")


async def purge(app: App) -> None:
    while True:
        try:
            await store.purge(app.pool)
            await store.forget_seen(app.pool, app.config.seen_days)
        except Exception as error:
            if not transient(error):
                logger.exception("purge failed")
        await asyncio.sleep(PURGE_SECONDS)
