"""The body of an upload as it comes: never whole in memory, never too much, never too slow."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, cast

import multipart
from litestar.datastructures import Headers
from litestar.types import Receive
from multipart import MultipartError, MultipartSegment, PushMultipartParser

IDLE_SECONDS_MAX = 60.0
"""A station that sends nothing for so long has lost its connection."""
ENVELOPE_BYTES_MAX = 64 << 10
"""What a form may add to its file."""
MULTIPART = "multipart/form-data"


parse_header: Callable[[str], tuple[str, dict[str, str]]] = cast(
    "Any", multipart
).parse_options_header


class Broken(Exception):
    """The body ended before its end, or is not what it says. The text says what is wrong."""


class TooSlow(Exception):
    """Nothing came for too long."""


class TooLarge(Exception):
    """More came than is taken."""


class Body:
    """The bytes of a request."""

    def __init__(self, receive: Receive, idle_seconds: float = IDLE_SECONDS_MAX) -> None:
        self._receive = receive
        self._idle_seconds = idle_seconds
        self.bytes_max = 0
        self.awaited = False
        """Its sender waits to hear that it is wanted (Expect: 100-continue)."""
        self.received = 0
        self.ended = False

    async def parts(self) -> AsyncIterator[bytes]:
        """Up to the end; ``Broken``, ``TooSlow``, ``TooLarge``."""
        while not self.ended:
            part = await self._next()
            self.received += len(part)
            if self.received > self.bytes_max:
                raise TooLarge(f"More than {self.bytes_max} bytes came.")
            if part:
                yield part

    async def drain(self, bytes_max: int, seconds: float) -> None:
        """Read what nobody wants, so that who sends it gets to see the answer."""
        try:
            async with asyncio.timeout(seconds):
                while not self.ended and bytes_max > 0:
                    bytes_max -= len(await self._next())
        except (Broken, TooSlow, TimeoutError):
            return

    async def _next(self) -> bytes:
        try:
            message: Any = await asyncio.wait_for(self._receive(), self._idle_seconds)
        except TimeoutError:
            raise TooSlow(f"Nothing came for {self._idle_seconds:g} s.") from None
        if message["type"] != "http.request":
            self.ended = True
            raise Broken(f"The connection ended after {self.received} bytes.")
        self.ended = not message.get("more_body", False)
        return message.get("body", b"")


class Sent:
    """The file in a request: the body itself, or the first file of a form."""

    def __init__(self, headers: Headers, name: str | None) -> None:
        declared, options = parse_header(headers.get("content-type", ""))
        self.is_form = declared == MULTIPART
        self.boundary = options.get("boundary", "")
        self.file_name = name or named(headers)
        self.content_type: str | None = None if self.is_form else declared or None
        self._file: MultipartSegment | None = None
        self._current: MultipartSegment | None = None

    async def parts(self, body: Body) -> AsyncIterator[bytes]:
        """The file's bytes. ``Broken`` also when there are none."""
        size = 0
        async for part in self._form(body) if self.is_form else body.parts():
            size += len(part)
            yield part
        if size == 0:
            raise Broken("There is no file in it.")

    async def _form(self, body: Body) -> AsyncIterator[bytes]:
        try:
            async for piece in self._parsed(body):
                yield piece
        except MultipartError as error:
            raise Broken(f"It is no {MULTIPART}: {error}.") from error

    async def _parsed(self, body: Body) -> AsyncIterator[bytes]:
        with PushMultipartParser(self.boundary) as parser:
            async for part in body.parts():
                for piece in self._pieces(parser.parse(part)):
                    yield piece

    def _pieces(
        self, events: Iterable[MultipartSegment | bytes | bytearray | None]
    ) -> Iterator[bytes]:
        """Of the segments the first that is a file; what is beside it is passed over."""
        for event in events:
            if isinstance(event, MultipartSegment):
                self._current = event
                if self._file is None and is_file(event):
                    self._file = self._found(event)
            elif event and self._current is self._file:
                yield bytes(event)

    def _found(self, segment: MultipartSegment) -> MultipartSegment:
        self.file_name = segment.filename or self.file_name
        self.content_type = segment.content_type
        return segment


def is_file(segment: MultipartSegment) -> bool:
    """Fields of a form have no file name; some stations give none to their one file either."""
    return segment.filename is not None or segment.name == "file"


def named(headers: Headers) -> str | None:
    """The file name in Content-Disposition."""
    _, options = parse_header(headers.get("content-disposition", ""))
    return options.get("filename") or None
