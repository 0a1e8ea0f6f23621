"""A web server that gives files and takes them, and misbehaves when told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.system import eventually


class Web:
    """``files`` by path; ``refusals``: statuses of the next answers; ``methods`` that store."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.taken: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.asked: list[str] = []
        self.refusals: list[int] = []
        self.methods = {"PUT", "POST"}
        self.url = ""

    async def until(self, count: int) -> None:
        """Return when so many requests came; they come in other threads."""

        async def so_many() -> bool:
            return len(self.asked) >= count

        await eventually(so_many)


class Handler(BaseHTTPRequestHandler):
    web: Web

    def do_GET(self) -> None:
        self.web.asked.append(self.path)
        if self.web.refusals:
            self.reply(self.web.refusals.pop(0))
        elif self.path in self.web.files:
            self.reply(200, self.web.files[self.path])
        else:
            self.reply(404)

    def take(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.web.asked.append(self.path)
        if self.web.refusals:
            self.reply(self.web.refusals.pop(0))
        elif self.command not in self.web.methods:
            self.reply(405)
        else:
            self.web.taken.append((self.command, self.path, body, dict(self.headers)))
            self.reply(200)

    do_PUT = do_POST = take  # noqa: N815 - the library's names

    def reply(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/moved")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


@contextmanager
def serving() -> Iterator[Web]:
    web = Web()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"web": web}))
    web.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
