"""Where files of stations are kept: the NATS object store, or anything that speaks S3."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from libs.bus import Bus
from libs.bus.objects import Stored

NATS = "nats:"
S3 = "s3:"
NATS_BYTES_MAX = 32 << 30
"""What the bucket holds at most when we make it; `nats stream edit` changes it."""


class Files(Protocol):
    """A store. Nothing is in memory as a whole, nothing stays of what broke off."""

    async def put(self, name: str, parts: AsyncIterable[bytes], /) -> Stored:
        """Write a file; ``StoreFull``, ``Unavailable``, and whatever ``parts`` raises."""
        ...

    def read(self, name: str, /) -> AsyncIterator[bytes]:
        """The file, piece by piece. ``NotFound``, ``InternalError`` when it is damaged."""
        ...

    async def delete(self, name: str, /) -> None:
        """Take it away; one that is not there is no fault."""
        ...


class StoreSettings(Struct, frozen=True, kw_only=True):
    """Where, and with which key. Without keys, those of the machine's role are used."""

    store: Annotated[str, Meta(pattern="^(nats:[A-Za-z0-9_-]+|s3:[a-z0-9.-]+(/.*)?)$")]
    endpoint: str | None = None
    region: str | None = None
    access_key: str | None = None
    secret_key: str | None = None


def opened(settings: StoreSettings, bus: Bus) -> Files:
    kind, _, place = settings.store.partition(":")
    if kind == "nats":
        return bus.objects(place, bytes_max=NATS_BYTES_MAX)
    from services.api.s3 import S3Files  # noqa: PLC0415 - its library is loaded only where used

    return S3Files(settings, place)
