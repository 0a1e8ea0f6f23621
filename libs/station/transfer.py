"""Files over HTTP, in a few threads that all stations share: nothing else waits for them."""

import asyncio
import base64
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Event
from typing import Generic, Literal, TypeVar
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from libs.station.clock import Clock

WORKERS_MAX = 8
SOCKET_SECONDS = 20.0
FILE_BYTES_MAX = 64 << 20
"""A virtual station has no room for more."""
PIECE_BYTES = 64 << 10
REDIRECTS_MAX = 5
REDIRECTS = {301, 302, 303, 307, 308}
OTHER_METHOD = {405, 501}

Why = Literal["address", "protocol", "denied", "failed"]
"""No address, a protocol that is not spoken here, refused by the server, anything else."""

workers = ThreadPoolExecutor(WORKERS_MAX, thread_name_prefix="transfer")

ResultT = TypeVar("ResultT")


class Fault(Exception):
    """A transfer that failed."""

    def __init__(self, why: Why, description: str) -> None:
        super().__init__(description)
        self.why: Why = why


class Transfer(Generic[ResultT]):
    """Work in a thread; ``done`` gets its result or fault in the event loop, unless cancelled.

    A station without an event loop, whose time a test turns by hand, has no network.
    """

    __slots__ = ("_done", "_loop", "cancelled")

    def __init__(
        self,
        clock: Clock,
        work: Callable[[Event], ResultT],
        done: Callable[[ResultT | Fault], None],
    ) -> None:
        self.cancelled = Event()
        self._done = done
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            clock.after_patience(0, lambda: self._give(Fault("failed", "no network")))
            return
        workers.submit(work, self.cancelled).add_done_callback(self._ended)

    def cancel(self) -> None:
        self.cancelled.set()

    def _ended(self, future: Future[ResultT]) -> None:
        # The loop may be gone: then nobody wants to know any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._tell, future)

    def _tell(self, future: Future[ResultT]) -> None:
        error = future.exception()
        if error is None:
            self._give(future.result())
        elif isinstance(error, Fault):
            self._give(error)
        elif not self.cancelled.is_set():
            raise error

    def _give(self, outcome: ResultT | Fault) -> None:
        if not self.cancelled.is_set():
            self._done(outcome)


def download(location: str, cancelled: Event) -> bytes:
    """The file at an address. Raises :class:`Fault`."""
    for _ in range(REDIRECTS_MAX):
        parts = address(location)
        with closing(connection(parts)) as server, faults():
            server.request("GET", target(parts), headers=headers(parts))
            answer = server.getresponse()
            if answer.status not in REDIRECTS:
                expect(answer)
                return content(answer, cancelled)
            location = urljoin(location, answer.headers.get("Location", ""))
    raise Fault("failed", "too many redirects")


def upload(location: str, name: str, data: bytes) -> None:
    """Put a file at an address, or into it where it ends with a slash; where the server takes no
    PUT, post it as a form. Raises :class:`Fault`.
    """
    parts = address(location)
    if parts.path.endswith("/"):
        parts = parts._replace(path=parts.path + quote(name))
    with closing(connection(parts)) as server, faults():
        plain = {**headers(parts), "Content-Type": "text/plain"}
        server.request("PUT", target(parts), data, plain)
        answer = server.getresponse()
        answer.read(PIECE_BYTES)
    if answer.status in OTHER_METHOD:
        answer = post(parts, name, data)
    expect(answer)


def post(parts: SplitResult, name: str, data: bytes) -> HTTPResponse:
    boundary = secrets.token_hex(16)
    about = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    head = f"--{boundary}\r\n{about}\r\nContent-Type: text/plain\r\n\r\n".encode()
    body = head + data + f"\r\n--{boundary}--\r\n".encode()
    form = {**headers(parts), "Content-Type": f"multipart/form-data; boundary={boundary}"}
    with closing(connection(parts)) as server, faults():
        server.request("POST", target(parts), body, form)
        answer = server.getresponse()
        answer.read(PIECE_BYTES)
        return answer


class faults:  # noqa: N801 - reads as what it does
    """What a network does, as a :class:`Fault`."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError | HTTPException):
            raise Fault("failed", f"{type(error).__name__}: {error}") from error


def address(location: str) -> SplitResult:
    try:
        parts = urlsplit(location)
        _ = parts.port
    except ValueError as error:
        raise Fault("address", str(error)) from error
    if not parts.scheme or not parts.netloc:
        raise Fault("address", f"{location!r} is no address")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Fault("protocol", f"{parts.scheme} is not spoken here")
    return parts


def connection(parts: SplitResult) -> HTTPConnection:
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=SOCKET_SECONDS)


def target(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    return f"{path}?{parts.query}" if parts.query else path


def headers(parts: SplitResult) -> dict[str, str]:
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def expect(answer: HTTPResponse) -> None:
    if answer.status in {401, 403}:
        raise Fault("denied", f"the server answered {answer.status}")
    if not 200 <= answer.status < 300:
        raise Fault("failed", f"the server answered {answer.status}")


def content(answer: HTTPResponse, cancelled: Event) -> bytes:
    found = bytearray()
    while piece := answer.read(PIECE_BYTES):
        found += piece
        if cancelled.is_set():
            raise Fault("failed", "cancelled")
        if len(found) > FILE_BYTES_MAX:
            raise Fault("failed", "the file is too large")
    return bytes(found)
