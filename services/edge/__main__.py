from typing import Annotated

from msgspec import Meta

from libs.bus import Bus
from libs.runtime import Life, run
from services.edge.edge import Place, running
from services.edge.limits import Limits

NAME = "edge"


class Config(Limits, frozen=True, kw_only=True):
    """Where it listens; all else are limits."""

    nats_url: str = "nats://127.0.0.1:4222"
    ocpp_host: Annotated[str, Meta(description="The address that stations connect to")] = (
        "127.0.0.1"
    )
    ocpp_port: Annotated[int, Meta(ge=0, le=65_535, description="0 is any")] = 9000
    ocpp_reuse_port: Annotated[
        bool, Meta(description="Several edges of one machine share the port")
    ] = False
    health_port: int = 0


async def serve(config: Config, life: Life) -> None:
    """Until told to stop; then stations are sent to other edges."""
    place = Place(host=config.ocpp_host, port=config.ocpp_port, reuse_port=config.ocpp_reuse_port)
    async with Bus.open(config.nats_url, name=NAME) as bus, running(bus, place, config):
        life.check("nats", lambda: bus.connected)
        life.ready()
        await life.stopping.wait()


if __name__ == "__main__":
    run(NAME, Config, serve)
