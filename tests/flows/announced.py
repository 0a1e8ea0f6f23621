"""What the platform announced, as an operator hears it."""

import asyncio
import json
from typing import Any

from tests.system import System


async def events(system: System, identity: str, types: str, count: int) -> list[dict[str, Any]]:
    """The first of a station's, from the beginning of the stream."""
    found: list[dict[str, Any]] = []
    query = {"types": types, "after": "0"}
    async with (
        asyncio.timeout(20),
        system.http.stream("GET", "events", params=query) as stream,
    ):
        async for line in stream.aiter_lines():
            if line.startswith("data:"):
                event = json.loads(line[5:])
                if event["data"]["station"] == identity:
                    found.append(event["data"])
            if len(found) == count:
                return found
    raise AssertionError(found)
