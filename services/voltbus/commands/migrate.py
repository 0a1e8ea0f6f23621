"""``voltbus migrate``: bring the schema of every service up to date."""

import asyncio
from argparse import Namespace
from typing import Annotated

from msgspec import Meta, Struct

from libs.postgres import DatabaseAway, migrate
from libs.runtime import CannotStart, Surroundings, load, log
from services.voltbus.sentence import Failure
from services.voltbus.services import migrations


class Settings(Struct, frozen=True, kw_only=True):
    postgres_dsn: Annotated[str, Meta(description="The database")]


def main(_: Namespace) -> int:
    surroundings = load(Surroundings)
    settings = load(Settings)
    log.configure("warning", surroundings.log_format)
    asyncio.run(all_of_them(settings.postgres_dsn))
    return 0


async def all_of_them(dsn: str) -> None:
    for name, folder in migrations().items():
        try:
            applied = await migrate(dsn, name, folder)
        except CannotStart:
            raise
        except DatabaseAway as fault:
            raise Failure(str(fault)) from fault
        except Exception as error:
            raise Failure(f"The migration of {name} failed: {error}") from error
        print(f"{name}: {', '.join(applied) or 'up to date'}", flush=True)
