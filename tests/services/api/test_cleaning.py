"""Files that nobody needs any more leave the store."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from libs.bus import Bus, NotFound, Router
from libs.contracts.stations import Done
from libs.contracts.uploads import DropFiles, ListStaleFiles, Objects
from services.api.app import App
from services.api.cleaning import clean_some

router = Router("cleaning")


@router.answers(ListStaleFiles)
async def stale(names: list[str], ask: ListStaleFiles) -> Objects:
    return Objects(objects=names[: ask.limit])


@router.answers(DropFiles)
async def drop(names: list[str], ask: DropFiles) -> Done:
    for name in ask.objects:
        names.remove(name)
    return Done()


@pytest_asyncio.fixture
async def names(bus: Bus) -> AsyncIterator[list[str]]:
    names: list[str] = []
    serving = await bus.serve(router, names)
    yield names
    await serving.stop()


async def parts() -> AsyncIterator[bytes]:
    yield b"of a log"


async def test_what_may_go_goes(
    make_app: Callable[..., App], bus: Bus, tenant: str, names: list[str]
) -> None:
    """One that is not there (a try that broke off before its first byte) is no hindrance."""
    files: Any = bus.objects(tenant)
    await files.put("old", parts())
    await files.put("kept", parts())
    names += ["old", "never written"]
    app = make_app(files=files)
    assert (await clean_some(app), names) == (2, [])
    assert await clean_some(app) == 0
    assert (await files.about("kept")).size == 8
    with pytest.raises(NotFound):
        await files.about("old")
