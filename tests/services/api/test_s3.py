"""Files in a store that speaks S3, against a server that does."""

import asyncio
import hashlib
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from libs.bus import NotFound, Unavailable
from libs.runtime.child import Child
from services.api.files import StoreSettings
from services.api.s3 import PART_BYTES, S3Files
from tests.system import eventually, free_port

FILE = secrets.token_bytes(2 * PART_BYTES + 17)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def endpoint(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A server of the package moto, with the bucket `files`."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    log = tmp_path_factory.mktemp("s3") / "moto.log"
    server = Child([Path(sys.executable).parent / "moto_server", "-p", str(port)], log=log)
    server.start()

    async def made() -> int:
        with suppress(httpx.HTTPError):
            async with httpx.AsyncClient() as client:
                return (await client.put(f"{url}/files")).status_code
        return 0

    await eventually(made, lambda status: status == 200)
    yield url
    await server.stop()


def opened(endpoint: str, place: str = "files/station/logs") -> S3Files:
    settings = StoreSettings(
        store=f"s3:{place}",
        endpoint=endpoint,
        region="eu-west-1",
        access_key="made-up",
        secret_key="made-up",
    )
    return S3Files(settings, place)


async def pieces(data: bytes, size: int = 1_000_003) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def read(files: S3Files, name: str) -> bytes:
    return b"".join([chunk async for chunk in files.read(name)])


@pytest.mark.parametrize("size", [1, PART_BYTES, len(FILE)])
async def test_a_file_comes_back_as_it_went_in(endpoint: str, size: int) -> None:
    files = opened(endpoint)
    stored = await files.put(f"f{size}", pieces(FILE[:size]))
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(FILE[:size]).hexdigest())
    assert await read(files, f"f{size}") == FILE[:size]


async def test_it_lies_below_the_prefix(endpoint: str) -> None:
    await opened(endpoint).put("placed", pieces(b"here"))
    async with httpx.AsyncClient() as client:
        listed = (await client.get(f"{endpoint}/files?prefix=station/logs/placed")).text
    assert "<Key>station/logs/placed</Key>" in listed


async def test_a_file_that_is_deleted_is_gone(endpoint: str) -> None:
    files = opened(endpoint)
    await files.put("gone", pieces(b"soon"))
    await files.delete("gone")
    await files.delete("gone")
    with pytest.raises(NotFound):
        await read(files, "gone")


async def test_what_breaks_off_leaves_nothing(endpoint: str) -> None:
    files = opened(endpoint)

    async def broken() -> AsyncIterator[bytes]:
        yield FILE
        raise ConnectionResetError("half way")

    with pytest.raises(ConnectionResetError, match="half way"):
        await files.put("half", broken())
    with pytest.raises(NotFound):
        await read(files, "half")


async def test_a_bucket_that_is_not_there_is_no_mistake_of_the_station(endpoint: str) -> None:
    files = opened(endpoint, "nowhere")
    with pytest.raises(Unavailable):
        await asyncio.wait_for(files.put("one", pieces(b"x")), 20)
