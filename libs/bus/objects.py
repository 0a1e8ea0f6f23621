"""Files in JetStream: the layout of the NATS object store (ADR-20), so `nats object` reads them.

A file is written in chunks with an acknowledgement for each, and there only once its description is
written behind them. Names are tokens that our own code makes up; what people call a file is theirs.
"""

import asyncio
import hashlib
import random
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterable, AsyncIterator
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, json

from libs.bus import header as headers
from libs.bus import subject
from libs.bus.errors import BusError, InternalError, NoOwner, NotFound, Unavailable
from libs.bus.inbox import Inbox
from libs.bus.stream import API_TIMEOUT_SECONDS, NAME_IN_USE, ApiError, Fault, Streams
from libs.bus.wire import Wire

CHUNK_BYTES = 128 << 10
PATIENCE_SECONDS = 15.0
"""How long a chunk is tried again while NATS restarts."""
SEQUENCE = "Nats-Sequence"
ROLLUP = "Nats-Rollup"
STREAM_NOT_FOUND = 10059
STORE_FULL = {10023, 10047, 10077}
"""Insufficient resources, storage exceeded, maximum bytes exceeded."""


class StoreFull(BusError):
    """There is no room for a file; trying again helps when others are gone."""

    code = "StoreFull"


class Stored(Struct, frozen=True):
    """What was written."""

    size: int
    sha256: str
    """Hexadecimal."""


class Options(Struct, frozen=True):
    max_chunk_size: int = CHUNK_BYTES


class Description(Struct, frozen=True, kw_only=True):
    """What the object store keeps of a file, in the spelling of ADR-20."""

    name: str
    bucket: str
    nuid: str
    size: int
    mtime: str
    chunks: int
    digest: str
    options: Options = Options()
    deleted: bool = False


class Ack(Struct, frozen=True):
    """What JetStream says of a message that it was to store."""

    seq: int = 0
    error: Fault | None = None


decode_ack = json.Decoder(Ack).decode
decode_description = json.Decoder(Description).decode


class Objects:
    """The files of one bucket, which is made with the first of them."""

    def __init__(self, wire: Wire, inbox: Inbox, streams: Streams, limits: dict[str, Any]) -> None:
        self._wire = wire
        self._inbox = inbox
        self._streams = streams
        self._limits = limits
        self.bucket: str = limits["bucket"]
        self.stream = f"OBJ_{self.bucket}"

    async def put(self, name: str, parts: AsyncIterable[bytes]) -> Stored:
        """Write a file. When it breaks off, or ``parts`` raises, nothing of it stays."""
        digest, size, count = hashlib.sha256(), 0, 0
        address = subject.object_chunk(self.bucket, name)
        try:
            async for chunk in chunks(parts):
                await self._store(address, chunk, {headers.MESSAGE_ID: f"{name}.{count}"})
                digest.update(chunk)
                size, count = size + len(chunk), count + 1
            about = Description(
                name=name,
                bucket=self.bucket,
                nuid=name,
                size=size,
                mtime=datetime.now(UTC).isoformat().replace("+00:00", "Z"),
                chunks=count,
                digest=f"SHA-256={urlsafe_b64encode(digest.digest()).decode()}",
            )
            where = subject.object_description(self.bucket, name)
            await self._store(where, json.encode(about), {ROLLUP: "sub"})
        except BaseException:
            await asyncio.shield(self._undo(name))
            raise
        return Stored(size, digest.hexdigest())

    async def read(self, name: str) -> AsyncIterator[bytes]:
        """The file, chunk by chunk. ``NotFound``; ``InternalError`` when it is damaged."""
        about = await self.about(name)
        address, after, size = subject.object_chunk(self.bucket, name), 0, 0
        digest = hashlib.sha256()
        while size < about.size:
            found = await self._get({"next_by_subj": address, "seq": after + 1})
            if found is None:
                break
            after, chunk = found
            digest.update(chunk)
            size += len(chunk)
            yield chunk
        if about.digest != f"SHA-256={urlsafe_b64encode(digest.digest()).decode()}":
            raise InternalError(f"the file {name} is damaged in the store")

    async def about(self, name: str) -> Description:
        """What is known of a file. ``NotFound`` when there is none."""
        found = await self._get({"last_by_subj": subject.object_description(self.bucket, name)})
        about = None if found is None else decode_description(found[1])
        if about is None or about.deleted:
            raise NotFound(f"there is no file {name}")
        return about

    async def delete(self, name: str) -> None:
        """Take away a file, or what there is of one that was never finished."""
        for address in (
            subject.object_description(self.bucket, name),
            subject.object_chunk(self.bucket, name),
        ):
            try:
                await self._streams.api(subject.stream_purge(self.stream), {"filter": address})
            except ApiError as error:
                if error.number != STREAM_NOT_FOUND:
                    raise

    # -- how it works ----------------------------------------------------------------------------

    async def _undo(self, name: str) -> None:
        """What cannot be taken away now, the owner of the name does later."""
        try:
            await self.delete(name)
        except BusError:
            return

    async def _store(self, address: str, body: bytes, fields: dict[str, str]) -> None:
        """Publish, and wait until it is kept; a repeated chunk is known by its message id."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        header = headers.build(fields)
        while True:
            try:
                await self._stored(address, body, header)
                return
            except BusError as error:
                if not error.passing or loop.time() > deadline:
                    raise
            await asyncio.sleep(random.uniform(0.05, 0.3))

    async def _stored(self, address: str, body: bytes, header: bytes) -> None:
        try:
            answer, _ = await self._inbox.request(address, body, API_TIMEOUT_SECONDS, header=header)
        except NoOwner:
            await self._make()
            raise
        ack = decode_ack(answer)
        if ack.error is not None and ack.error.err_code in STORE_FULL:
            raise StoreFull(f"the store takes no more: {ack.error.description}")
        if ack.error is not None:
            raise Unavailable(f"the store does not take it: {ack.error.description}")

    async def _make(self) -> None:
        """Make the bucket where it is missing; limits that an operator changed stay as they are."""
        config = {
            "name": self.stream,
            "subjects": subject.object_subjects(self.bucket),
            "storage": "file",
            "discard": "new",
            "max_bytes": self._limits["bytes_max"],
            "num_replicas": self._limits["replicas"],
            "allow_rollup_hdrs": True,
            "allow_direct": True,
        }
        try:
            await self._streams.api(subject.stream_create(self.stream), config)
        except ApiError as error:
            if error.number != NAME_IN_USE:
                raise

    async def _get(self, which: dict[str, Any]) -> tuple[int, bytes] | None:
        """One message of the stream: its sequence and body."""
        address = subject.direct_get(self.stream)
        try:
            body, header = await self._inbox.request(
                address, json.encode(which), API_TIMEOUT_SECONDS
            )
        except NoOwner:
            return None
        if headers.status(header):
            return None
        return int(headers.parse(header)[SEQUENCE]), body


async def chunks(parts: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Parts of any size as chunks of one size; the last may be smaller."""
    pending = bytearray()
    async for part in parts:
        pending += part
        while len(pending) >= CHUNK_BYTES:
            yield bytes(pending[:CHUNK_BYTES])
            del pending[:CHUNK_BYTES]
    if pending:
        yield bytes(pending)
