"""One platform for all flows: every service a process, driven by websocket and API alone."""

import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.system import System

numbers = itertools.count(1)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    async with System(tmp_path_factory.mktemp("platform")) as running:
        yield running


@pytest_asyncio.fixture
async def system(platform: System) -> AsyncIterator[System]:
    """The platform with an HTTP client that belongs to this test's loop."""
    async with platform.client() as seen:
        yield seen


@pytest.fixture
def identity() -> str:
    """A station that no other test uses."""
    return f"FLOW-{next(numbers)}"
