"""The process ``devices``."""

import asyncio
from datetime import UTC, datetime, timedelta

from libs.bus import Bus
from libs.postgres import transient
from libs.runtime import Life, log, run
from services.devices import store, store_requests
from services.devices.app import NAME, App, Config, opened
from services.devices.handlers import router

__all__ = ["NAME", "Config", "router", "serve"]

KEEP_EVERY_SECONDS = 3600.0

logger = log.get(NAME)


async def serve(config: Config, life: Life) -> None:
    async with Bus.open(config.nats_url, name=NAME) as bus, opened(config, bus) as app:
        await bus.ensure_streams()
        life.check("nats", lambda: bus.connected)
        serving = await bus.serve(router, app)
        keeping = asyncio.create_task(keep_reports(app), name="keep reports")
        life.ready()
        await life.stopping.wait()
        await serving.stop()
        keeping.cancel()
        await asyncio.wait([keeping])


async def keep_reports(app: App) -> None:
    """Partitions of coming weeks are made in time, old ones dropped; for ever, until cancelled."""
    while True:
        await asyncio.sleep(KEEP_EVERY_SECONDS)
        try:
            await store.keep_reports(app.pool, app.config.report_days)
            oldest = datetime.now(UTC) - timedelta(days=app.config.report_days)
            await store_requests.forget(app.pool, oldest)
        except Exception as error:
            if not transient(error):
                logger.exception("old reports were not dropped")


if __name__ == "__main__":
    run(NAME, Config, serve)
