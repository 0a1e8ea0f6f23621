"""The process ``reservations``."""

import asyncio

from libs.bus import Bus
from libs.runtime import Life, run
from services.reservations.app import NAME, Config, opened
from services.reservations.handlers import router
from services.reservations.sweep import sweep

__all__ = ["NAME", "Config", "router", "serve"]


async def serve(config: Config, life: Life) -> None:
    async with Bus.open(config.nats_url, name=NAME) as bus, opened(config, bus) as app:
        await bus.ensure_streams()
        life.check("nats", lambda: bus.connected)
        serving = await bus.serve(router, app)
        sweeping = asyncio.create_task(sweep(app), name="sweep")
        life.ready()
        await life.stopping.wait()
        sweeping.cancel()
        await asyncio.wait([sweeping])
        await serving.stop()


if __name__ == "__main__":
    run(NAME, Config, serve)
