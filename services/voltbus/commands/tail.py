"""``voltbus tail``: what happens on the bus, one line each."""

import asyncio
import logging
import os
import sys
from argparse import Namespace
from difflib import get_close_matches
from typing import Annotated

from msgspec import Meta, Struct

from libs.bus import Bus, subject
from libs.ocpp import catalog
from libs.runtime import load
from services.voltbus.line import Filter, Painter, line_of
from services.voltbus.sentence import MISUSED, Failure

CONNECT_SECONDS = 5


class Settings(Struct, frozen=True, kw_only=True):
    nats_url: Annotated[str, Meta(description="Where the bus is")] = "nats://127.0.0.1:4222"


def main(asked: Namespace) -> int:
    logging.disable()  # what is wrong with the connection is told as a sentence
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    wanted = Filter(action=action_of(asked.action), errors=asked.errors, events=asked.events)
    patterns = subject.watched(asked.tenant, asked.station)
    asyncio.run(follow(load(Settings).nats_url, patterns, wanted, Painter(coloured)))
    return 0


def action_of(name: str | None) -> str | None:
    """As OCPP spells it; what no version knows would be waited for in vain."""
    known = {action for actions in catalog.ACTIONS.values() for action in actions}
    if name is None or name in known:
        return name
    near = get_close_matches(name.casefold(), {each.casefold(): each for each in known}, 1)
    hint = next((f" Near: {each}." for each in known if near and each.casefold() == near[0]), "")
    raise Failure(f"No version of OCPP has an action {name}.{hint}", MISUSED)


async def follow(url: str, patterns: list[str], wanted: Filter, painter: Painter) -> None:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            bus = await Bus.connect(url, name="voltbus tail")
    except (TimeoutError, OSError) as error:
        raise Failure(f"No NATS at {url}; VOLTBUS_NATS_URL says where it is.") from error
    try:
        async for address, body in bus.tail(*patterns):
            line = line_of(address, body, wanted, painter)
            if line is not None:
                print(line, flush=True)
    finally:
        await bus.close()
