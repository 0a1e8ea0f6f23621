"""The API keeps to its own document, whatever it is sent (issue 3, done when 5)."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from tests.flows.fuzz import Fuzz
from tests.flows.messages import ALL, authorize, event, start, status
from tests.flows.station import Station, booted
from tests.soak import long
from tests.system import System

EXAMPLES = long(3, 100)
"""Of each operation, as allowed and as forbidden, for each station."""
REACHED_MIN = 0.75
"""Of all operations, how many must have answered that all is well, or the requests are too wild."""


@pytest_asyncio.fixture
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """One of its own: what is sent here at random must not reach the stations of other tests."""
    async with System(tmp_path_factory.mktemp("fuzzed")) as running:
        yield running


async def live(station: Station, version: str) -> None:
    """Something to be found in each list."""
    await station.ask(*status(version, "Available"))
    await station.ask(*authorize(version, "DEMO0001"))
    begin = start("DEMO0001") if version == "1.6" else event("Started", "CablePluggedIn", "tx", 0)
    await station.ask(*begin)


async def explained(system: System, document: dict[str, Any]) -> AsyncIterator[str]:
    """The codes of the document; each is explained where problems point to."""
    for response in document["components"]["responses"].values():
        for code in response["content"]["application/problem+json"]["examples"]:
            described = await system.get(f"problems/{code}")
            assert described["code"] == code
            assert described["title"]
            assert described["hint"]
            yield code


@pytest.mark.timeout(long(180, 3_600))
async def test_no_request_meets_a_crash_or_an_answer_that_is_not_in_the_document(
    platform: System,
) -> None:
    document = await platform.get("openapi.json")
    async with AsyncExitStack() as stack:
        for version in ALL:
            station = await stack.enter_async_context(booted(platform, f"FUZZ-{version}", version))
            await live(station, version)
        fuzz = Fuzz(document, platform.api_url, [f"FUZZ-{version}" for version in ALL])
        await asyncio.to_thread(fuzz.run, EXAMPLES)
    assert "\n".join(str(finding) for finding in fuzz.findings.values()) == ""
    assert fuzz.codes <= {code async for code in explained(platform, document)}
    reached = {name for name, statuses in fuzz.answered.items() if min(statuses) < 300}
    assert len(reached) > REACHED_MIN * len(fuzz.answered), fuzz.answered.keys() - reached


async def test_methods_and_paths_that_are_none_are_problems_too(system: System) -> None:
    document = await system.get("openapi.json")
    paths = [re.sub(r"{\w+}", "x", path) for path in document["paths"]]
    found = set()
    for method, path in [("PATCH", path) for path in paths] + [("GET", "/api/v1/coffee")]:
        answer = await system.http.request(method, f"{system.api_url}{path}")
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json", path
        assert (problem["status"], bool(problem["hint"])) == (answer.status_code, True)
        found.add((method, problem["code"]))
    assert found == {("PATCH", "method_not_allowed"), ("GET", "no_such_path")}
