"""A local controller's part (L03, L04): fetches firmware once, and offers it to its stations over
HTTP on loopback, until it is told to stop.
"""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from libs.ocpp import v201
from libs.station import transfer
from libs.station.clock import Timer
from libs.station.feature import Feature
from libs.station.transfer import Fault, Transfer

HOST = "127.0.0.1"
REQUEST_BYTES_MAX = 8 << 10
REQUEST_SECONDS_MAX = 10.0


class Offer(Struct, frozen=True, kw_only=True):
    """A file to be offered."""

    number: int
    location: str
    checksum: str
    """MD5, in small letters."""
    retries: int = 0
    retry_seconds: float = 60


class Publisher(Feature):
    """Files that are offered, by their checksum, and the one that is being fetched."""

    __slots__ = ("_attempts", "_fetching", "_offered", "_server", "_status", "_timer", "_transfer")

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._offered: dict[str, bytes] = {}
        self._fetching: Offer | None = None
        self._status: v201.PublishFirmwareStatus = "Idle"
        self._server: asyncio.Task[asyncio.Server] | None = None
        self._transfer: Transfer[bytes] | None = None
        self._timer: Timer | None = None
        self._attempts = 0

    def fell(self) -> None:
        """Nothing of it survives a power cut."""
        if self._transfer is not None:
            self._transfer.cancel()
        if self._timer is not None:
            self._timer.cancel()
        self._transfer = self._timer = self._fetching = None
        self._offered.clear()
        self._close()

    @property
    def busy(self) -> bool:
        return self._fetching is not None

    def begin(self, offer: Offer) -> None:
        """Once the answer is sent."""
        self._fetching, self._attempts = offer, 0
        self._tell(offer, "Downloading")
        self._download()

    def withdraw(self, checksum: str) -> Literal["DownloadOngoing", "NoFirmware", "Unpublished"]:
        if self._fetching is not None and self._fetching.checksum == checksum:
            return "DownloadOngoing"
        if self._offered.pop(checksum, None) is None:
            return "NoFirmware"
        if not self._offered:
            self._close()
        return "Unpublished"

    def trigger(self, message: str) -> Callable[[], None] | None:
        if message != "PublishFirmwareStatusNotification":
            return None
        return self._say_where

    # How it goes

    def _download(self) -> None:
        offer = self._fetching
        if offer is None:
            return
        self._attempts += 1
        self._transfer = Transfer(
            self.station.clock,
            lambda cancelled: transfer.download(offer.location, cancelled),
            self._downloaded,
        )

    def _downloaded(self, outcome: bytes | Fault) -> None:
        offer = self._fetching
        if offer is None:
            return
        if isinstance(outcome, Fault):
            if outcome.why == "failed" and self._attempts <= offer.retries:
                after = self.station.clock.after_patience
                self._timer = after(offer.retry_seconds, self._download)
            else:
                self._end(offer, "DownloadFailed")
            return
        self._tell(offer, "Downloaded")
        # MD5 is what the protocol names; it guards against damage, not against people.
        if hashlib.md5(outcome, usedforsecurity=False).hexdigest() != offer.checksum:
            self._end(offer, "InvalidChecksum")
            return
        self._tell(offer, "ChecksumVerified")
        self._offered[offer.checksum] = outcome
        if self._server is None:
            self._server = asyncio.get_running_loop().create_task(self._open())
        self._server.add_done_callback(lambda opened: self._opened(offer, opened))

    async def _open(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, HOST, 0, limit=REQUEST_BYTES_MAX)

    def _opened(self, offer: Offer, opened: "asyncio.Task[asyncio.Server]") -> None:
        if opened.cancelled() or self._fetching is not offer:
            return
        if opened.exception() is not None:
            self._server = None
            self._offered.pop(offer.checksum, None)
            self._end(offer, "PublishFailed")
            return
        port = opened.result().sockets[0].getsockname()[1]
        self._end(offer, "Published", f"http://{HOST}:{port}/{offer.checksum}")

    def _close(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        if server.done() and not server.cancelled() and server.exception() is None:
            server.result().close()
        else:
            server.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One GET of a station; no more of HTTP than that."""
        try:
            async with asyncio.timeout(REQUEST_SECONDS_MAX):
                head = await reader.readuntil(b"\r\n\r\n")
                content = self._offered.get(path_of(head))
                status = b"200 OK" if content is not None else b"404 Not Found"
                body = content or b""
                length = str(len(body)).encode()
                writer.write(b"HTTP/1.1 %b\r\nContent-Length: %b\r\n" % (status, length))
                writer.write(b"Connection: close\r\n\r\n" + body)
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            return
        finally:
            writer.close()

    # What is said

    def _end(
        self, offer: Offer, status: v201.PublishFirmwareStatus, location: str | None = None
    ) -> None:
        self._fetching = self._transfer = self._timer = None
        self._tell(offer, status, location)

    def _tell(
        self, offer: Offer, status: v201.PublishFirmwareStatus, location: str | None = None
    ) -> None:
        self._status = status
        self.station.say(
            v201.PublishFirmwareStatusNotification(
                status=status,
                location=[location] if location else None,
                request_id=offer.number,
            )
        )

    def _say_where(self) -> None:
        offer = self._fetching
        if offer is not None:
            self._tell(offer, self._status)
        else:
            self.station.say(v201.PublishFirmwareStatusNotification(status="Idle"))


def path_of(head: bytes) -> str:
    """Of a GET what is asked for; empty for anything else."""
    words = head.split(b"\r\n", 1)[0].split(b" ")
    is_get = len(words) == 3 and words[0] == b"GET"
    return words[1].decode("ascii", "replace").strip("/").lower() if is_get else ""
