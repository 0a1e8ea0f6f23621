"""The process ``devices``."""

from libs.bus import Bus
from libs.runtime import Life, run
from services.devices import chores
from services.devices.app import NAME, Config, opened
from services.devices.handlers import router

__all__ = ["NAME", "Config", "router", "serve"]


async def serve(config: Config, life: Life) -> None:
    async with Bus.open(config.nats_url, name=NAME) as bus, opened(config, bus) as app:
        await bus.ensure_streams()
        life.check("nats", lambda: bus.connected)
        serving = await bus.serve(router, app)
        async with chores.at_work(app):
            life.ready()
            await life.stopping.wait()
            await serving.stop()


if __name__ == "__main__":
    run(NAME, Config, serve)
