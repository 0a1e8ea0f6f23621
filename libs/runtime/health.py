"""The health endpoint: is the process alive, may work be sent to it, and its metrics."""

import asyncio
import contextlib
import http.client
import json
import time
from collections.abc import Iterable

from libs.runtime import exposition
from libs.runtime.configuration import cannot_listen
from libs.runtime.life import Life
from libs.runtime.metrics import REGISTRY

LOOPBACK = "127.0.0.1"
REQUEST_BYTES_MAX = 8_192
REQUEST_SECONDS = 5.0
CHECK_SECONDS = 3.0
JSON = "application/json"


class HealthServer:
    """Serves ``/healthz``, ``/readyz`` and ``/metrics`` of the services in this process."""

    def __init__(self, lives: Iterable[Life], port: int, host: str = LOOPBACK) -> None:
        self._lives = list(lives)
        self._host = host
        self._server: asyncio.Server | None = None
        self._since = time.monotonic()
        self.port = port

    async def start(self) -> None:
        """Listen; with port 0 on a free one, which ``port`` tells. ConfigError: it is taken."""
        try:
            self._server = await asyncio.start_server(
                self._serve, self._host, self.port, limit=REQUEST_BYTES_MAX
            )
        except OSError as error:
            raise cannot_listen(self._host, self.port, error, "HEALTH_PORT") from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening. Idempotent."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), REQUEST_SECONDS)
            writer.write(self._answer(head.partition(b"\r\n")[0].decode("latin-1")))
            await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            # Whoever asked went away, or never asked properly.
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _answer(self, request: str) -> bytes:
        method, _, rest = request.partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        if method not in {"GET", "HEAD"}:
            return _response("405 Method Not Allowed", JSON, '{"error": "only GET"}', method)
        if path == "/healthz":
            state = {"status": "alive", "seconds": round(time.monotonic() - self._since, 3)}
            return _response("200 OK", JSON, json.dumps(state), method)
        if path == "/readyz":
            missing = {life.name: life.missing() for life in self._lives}
            ready = not any(missing.values())
            state = {"status": "ready" if ready else "not ready", "missing": missing}
            status = "200 OK" if ready else "503 Service Unavailable"
            return _response(status, JSON, json.dumps(state), method)
        if path == "/metrics":
            return _response("200 OK", exposition.CONTENT_TYPE, exposition.text(REGISTRY), method)
        return _response(
            "404 Not Found", JSON, '{"error": "/healthz, /readyz or /metrics"}', method
        )


def _response(status: str, content_type: str, body: str, method: str) -> bytes:
    content = body.encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(content)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if method == "HEAD" else content)


def ask(port: int, path: str = "/readyz", host: str = LOOPBACK) -> tuple[int, str]:
    """Status and body of a health endpoint; OSError when nothing answers there."""
    connection = http.client.HTTPConnection(host, port, timeout=CHECK_SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def check(port: int, path: str = "/readyz", host: str = LOOPBACK) -> bool:
    """Whether the process that listens on ``port`` says it is ready. Blocking: for commands."""
    try:
        return ask(port, path, host)[0] == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
