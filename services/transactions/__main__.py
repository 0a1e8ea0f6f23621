"""The process ``transactions``."""

import asyncio
from datetime import UTC, datetime

from libs.bus import Bus
from libs.runtime import Life, log, run
from services.transactions import partitions, sweeper
from services.transactions.app import App, Config, opened
from services.transactions.batch import NAME
from services.transactions.handlers import router

__all__ = ["NAME", "Config", "router", "serve"]

MAINTENANCE_SECONDS = 6 * 3600.0

logger = log.get(NAME)


async def serve(config: Config, life: Life) -> None:
    async with Bus.open(config.nats_url, name=NAME) as bus, opened(config, bus) as app:
        await bus.ensure_streams()
        life.check("nats", lambda: bus.connected)
        await partitions.maintain(app.pool, datetime.now(UTC), config.keep())
        serving = await bus.serve(router, app)
        tasks = [asyncio.create_task(sweeper.run(app)), asyncio.create_task(maintain(app))]
        life.ready()
        await life.stopping.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await serving.stop()


async def maintain(app: App) -> None:
    """Partitions for the weeks to come, for ever."""
    while True:
        await asyncio.sleep(MAINTENANCE_SECONDS)
        try:
            await partitions.maintain(app.pool, datetime.now(UTC), app.config.keep())
        except Exception:
            logger.exception("partitions were not maintained")


if __name__ == "__main__":
    run(NAME, Config, serve)
