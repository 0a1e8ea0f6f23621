"""uvicorn inside a loop that already runs, without signal handlers of its own."""

import asyncio
import contextlib
import socket
from collections.abc import Generator
from typing import Any

import uvicorn

from libs.runtime.configuration import cannot_listen

STOP_SECONDS_MAX = 3
BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A listening address, or a sentence that names the variable to change. Port 0: any free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise cannot_listen(host, port, error, "HTTP_PORT") from error
    listening.listen(BACKLOG)
    return listening


class Server(uvicorn.Server):
    """Ends when told, not by signals: those belong to whoever runs the process."""

    def __init__(self, application: Any, listening: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                ws="none",
                timeout_keep_alive=75,
                timeout_graceful_shutdown=STOP_SECONDS_MAX,
            )
        )
        self.listening = listening
        self.up = asyncio.Event()

    @property
    def url(self) -> str:
        host, port, *_ = self.listening.getsockname()
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def run_until(self, stopping: asyncio.Event) -> None:
        """Serve until told to stop, then finish what has begun."""
        serving = asyncio.create_task(self.serve(sockets=[self.listening]))
        waiting = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
            self.should_exit = True
            await serving
        finally:
            waiting.cancel()
            self.listening.close()
