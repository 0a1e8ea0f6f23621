"""Files in anything that speaks S3.

Loaded only where it is configured. What a crash leaves half written in a multipart upload, the
bucket's own lifecycle rule takes away; a rule of a few days does.
"""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from datetime import timedelta
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from libs.bus import NotFound, Unavailable
from libs.bus.objects import Stored
from services.api.files import StoreSettings

PART_BYTES = 8 << 20
PARTS_AT_ONCE = 2
"""With the part being filled, what of a file is in memory at most."""

RETRY = timedelta(seconds=20)
FAULTS = (BaseError, OSError)


class S3Files:
    """A bucket, or what is below a prefix in it."""

    def __init__(self, settings: StoreSettings, place: str) -> None:
        bucket, _, prefix = place.partition("/")
        given = {
            "endpoint": settings.endpoint,
            "region": settings.region,
            "access_key_id": settings.access_key,
            "secret_access_key": settings.secret_key,
        }
        config: dict[str, Any] = {name: value for name, value in given.items() if value}
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            client_options={"allow_http": True},
            retry_config={"max_retries": 5, "retry_timeout": RETRY},
            **config,
        )

    async def put(self, name: str, parts: AsyncIterable[bytes]) -> Stored:
        """In parts as they come. What ``parts`` raises ends the writing, and nothing is there."""
        source = Source(parts)
        try:
            await obstore.put_async(
                self._store,
                name,
                source.parts(),
                use_multipart=True,
                chunk_size=PART_BYTES,
                max_concurrency=PARTS_AT_ONCE,
            )
        except Exception as error:
            if source.fault is not None:
                raise source.fault from error
            if isinstance(error, FAULTS):
                raise away("take it", error) from error
            raise
        return Stored(source.size, source.digest.hexdigest())

    async def read(self, name: str) -> AsyncIterator[bytes]:
        try:
            found = await obstore.get_async(self._store, name)
            async for chunk in found.stream():
                yield bytes(chunk)
        except FileNotFoundError:
            raise NotFound(f"there is no file {name}") from None
        except FAULTS as error:
            raise away("give it", error) from error

    async def delete(self, name: str) -> None:
        try:
            await obstore.delete_async(self._store, name)
        except FileNotFoundError:
            return
        except FAULTS as error:
            raise away("take it away", error) from error


def away(what: str, error: Exception) -> Unavailable:
    """The first line says it; the library tells its whole inside below."""
    return Unavailable(f"the store does not {what}: {str(error).partition(chr(10))[0]}")


class Source:
    """Counts and hashes what goes by, and remembers what broke it: the library wraps that."""

    def __init__(self, parts: AsyncIterable[bytes]) -> None:
        self._parts = parts
        self.digest = hashlib.sha256()
        self.size = 0
        self.fault: Exception | None = None

    async def parts(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._parts:
                self.digest.update(part)
                self.size += len(part)
                yield part
        except Exception as error:
            self.fault = error
            raise
