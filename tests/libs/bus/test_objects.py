"""Files in JetStream, against the real server."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.bus import Bus, NotFound
from libs.bus.embedded import NatsServer
from libs.bus.objects import CHUNK_BYTES, Objects, StoreFull, chunks
from libs.bus.stream import Streams

FILE = secrets.token_bytes(3 * CHUNK_BYTES + 17)


async def pieces(data: bytes, size: int = 10_007) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def read(objects: Objects, name: str) -> bytes:
    return b"".join([chunk async for chunk in objects.read(name)])


async def kept(bus: Bus, objects: Objects) -> int:
    """Messages in the stream of a bucket."""
    streams: Streams = bus._streams
    return (await streams.info(objects.stream)).messages


@pytest.fixture
def objects(bus: Bus, tenant: str) -> Objects:
    return bus.objects(tenant)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, len(FILE)])
async def test_a_file_comes_back_as_it_went_in(objects: Objects, size: int) -> None:
    stored = await objects.put("one", pieces(FILE[:size]))
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(FILE[:size]).hexdigest())
    assert await read(objects, "one") == FILE[:size]


async def test_it_is_kept_in_chunks_of_one_size(objects: Objects) -> None:
    assert [len(chunk) async for chunk in chunks(pieces(FILE))] == [CHUNK_BYTES] * 3 + [17]
    await objects.put("one", pieces(FILE))
    about = await objects.about("one")
    assert (about.chunks, about.size, about.name) == (4, len(FILE), "one")


async def test_files_do_not_mix(objects: Objects) -> None:
    await asyncio.gather(*(objects.put(f"f{n}", pieces(FILE[n:])) for n in range(5)))
    assert [await read(objects, f"f{n}") for n in range(5)] == [FILE[n:] for n in range(5)]


async def test_a_file_that_is_deleted_leaves_nothing(bus: Bus, objects: Objects) -> None:
    await objects.put("one", pieces(FILE))
    await objects.delete("one")
    assert await kept(bus, objects) == 0
    with pytest.raises(NotFound):
        await objects.about("one")


async def test_what_breaks_off_leaves_nothing(bus: Bus, objects: Objects) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield FILE
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await objects.put("one", broken())
    assert await kept(bus, objects) == 0


async def test_a_bucket_that_nobody_made_has_no_files(objects: Objects) -> None:
    with pytest.raises(NotFound):
        await read(objects, "one")
    await objects.delete("one")


async def test_a_full_bucket_says_so_at_once(bus: Bus, tenant: str) -> None:
    objects = bus.objects(tenant, bytes_max=2 * CHUNK_BYTES)
    await objects.put("small", pieces(FILE[:100]))
    with pytest.raises(StoreFull, match="maximum bytes exceeded"):
        await objects.put("large", pieces(FILE))
    assert await read(objects, "small") == FILE[:100]


async def test_writing_goes_on_after_a_restart_of_nats(tmp_path: Path) -> None:
    """No chunk is lost, and none is there twice."""
    server = NatsServer(tmp_path, port=None)
    await server.start()
    async with Bus.open(server.url, name="test") as bus:
        objects = bus.objects("files")

        async def interrupted() -> AsyncIterator[bytes]:
            yield FILE[: CHUNK_BYTES + 5]
            await server.kill()
            await server.start()
            yield FILE[CHUNK_BYTES + 5 :]

        await objects.put("one", interrupted())
        assert await read(objects, "one") == FILE
    await server.stop()
