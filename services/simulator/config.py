"""How a simulator is told what to simulate."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from libs.ocpp.message import Version

TOKENS = tuple(f"DEMO{number:04d}" for number in range(1, 11))


class Config(Struct, frozen=True, kw_only=True):
    simulate: Annotated[int, Meta(ge=0, le=100_000, description="How many stations")] = 5
    simulate_url: Annotated[
        str, Meta(description="Where they connect; their identity is appended")
    ] = "ws://127.0.0.1:9000/"
    simulate_versions: Annotated[
        tuple[Version, ...], Meta(min_length=1, description="OCPP versions, taken in turn")
    ] = ("v16", "v201", "v21")
    simulate_prefix: Annotated[
        str, Meta(description="What their identities begin with; a number follows")
    ] = "SIM-"
    simulate_password: Annotated[
        str | None, Meta(description="HTTP basic password of all of them")
    ] = None
    simulate_evses: Annotated[int, Meta(ge=1, le=100, description="EVSEs of each station")] = 2
    simulate_tokens: Annotated[
        tuple[str, ...], Meta(min_length=1, description="Tokens that are presented")
    ] = TOKENS
    simulate_busy: Annotated[
        bool, Meta(description="Sessions of minutes, at once, instead of a usual day")
    ] = False
    simulate_speed: Annotated[float, Meta(gt=0, description="Simulated seconds in a real one")] = (
        1.0
    )
    simulate_seed: Annotated[int, Meta(description="The same seed makes the same visits")] = 1
    simulate_connects_per_second: Annotated[
        float, Meta(gt=0, description="How fast the stations are switched on")
    ] = 100.0
    simulate_home: Annotated[
        Path | None, Meta(description="Folder where the stations keep their memory, if any")
    ] = None
    simulate_report_seconds: Annotated[
        float, Meta(gt=0, description="How often progress is logged")
    ] = 10.0
    health_port: int = 0
