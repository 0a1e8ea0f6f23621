"""Faults need a platform of their own, whose PostgreSQL really commits to disk."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.system import System


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "chaos" in item.path.parts:
            item.add_marker(pytest.mark.chaos)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    async with System(tmp_path_factory.mktemp("chaos"), durable=True) as running:
        yield running


@pytest_asyncio.fixture
async def system(platform: System) -> AsyncIterator[System]:
    async with platform.client() as seen:
        yield seen
