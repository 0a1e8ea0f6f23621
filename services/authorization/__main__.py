"""The process ``authorization``."""

import asyncio

from libs.bus import Bus
from libs.runtime import Life, run
from services.authorization.app import NAME, Config, opened
from services.authorization.chores import chores, flush_sightings, make_demo_tokens
from services.authorization.handlers import router

__all__ = ["NAME", "Config", "router", "serve"]


async def serve(config: Config, life: Life) -> None:
    async with Bus.open(config.nats_url, name=NAME) as bus, opened(config, bus) as app:
        await bus.ensure_streams()
        life.check("nats", lambda: bus.connected)
        if config.demo_tokens:
            await make_demo_tokens(app)
        serving = await bus.serve(router, app)
        working = asyncio.create_task(chores(app), name="chores")
        life.ready()
        await life.stopping.wait()
        await serving.stop()
        working.cancel()
        await asyncio.wait([working])
        await flush_sightings(app)


if __name__ == "__main__":
    run(NAME, Config, serve)
