"""The services that the command starts, by name."""

import importlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct

from libs.runtime import Life

CORE = ("stations", "authorization", "transactions", "devices", "reservations", "edge", "api")
"""What a platform consists of. They need no order; this one has the least to wait for."""

SIMULATOR = "simulator"
ALL = (*CORE, SIMULATOR)

FOLDER = Path(__file__).parent.parent


class Service(NamedTuple):
    name: str
    config: type[Struct]
    serve: Callable[[Any, Life], Awaitable[None]]


def find(name: str) -> Service:
    """Imported only now: the command itself must start at once."""
    main = importlib.import_module(f"services.{name}.__main__")
    return Service(main.NAME, main.Config, main.serve)


def migrations() -> dict[str, Path]:
    """The folder of migrations of each service that has a schema, which has its name."""
    folders = {name: FOLDER / name / "migrations" for name in CORE}
    return {name: folder for name, folder in folders.items() if folder.is_dir()}
