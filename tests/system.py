"""The whole platform as an operator runs it: each service a process, on free loopback ports.

Tests of flows and of faults drive it through its websocket and its HTTP API alone.
"""

import asyncio
import copy
import itertools
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import psutil

from libs.bus.embedded import NatsServer
from libs.postgres.embedded import PostgresServer
from libs.runtime.child import Child

ROOT = Path(__file__).parent.parent
SERVICES = (
    "stations", "authorization", "transactions", "devices", "reservations", "edge", "api",
)  # fmt: skip
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 30


PORTS = 20_000 + 100 * (os.getpid() % 100)
"""Runs of tests side by side have a hundred ports each, as far as their numbers are apart."""


def free_port() -> int:
    """A port that was free a moment ago, below the range that the kernel gives to clients, and not
    given out here just before.
    """
    for port in itertools.islice(ports, 200):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"no free port between {PORTS} and {PORTS + 100}")


ports = itertools.cycle(range(PORTS, PORTS + 100))


T = TypeVar("T")


def plain_client(base_url: str, seconds: float) -> httpx.AsyncClient:
    """Without TLS, whose certificates take longer to load than most tests."""
    return httpx.AsyncClient(base_url=base_url, timeout=seconds, verify=False)


async def kill_server(pid: int | None) -> None:
    """SIGKILL, and wait until the process has ended."""
    assert pid is not None
    process = psutil.Process(pid)
    process.kill()

    async def gone() -> bool:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE

    await eventually(gone)


async def eventually(
    ask: Callable[[], Awaitable[T]],
    check: Callable[[T], object] = bool,
    *,
    seconds: float = 30,
) -> T:
    """The first answer that passes the check; the error when none does in time names the last."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        answer = await ask()
        if check(answer):
            return answer
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {seconds} s; last: {answer!r}")
        await asyncio.sleep(0.05)


class System:
    """NATS, PostgreSQL and the services. ``settings``: environment variables, unprefixed.

    With several ``instances`` the second transactions is named ``transactions-2``, and so on; each
    edge and api has ports of its own.
    """

    def __init__(
        self, home: Path, *, durable: bool = False, instances: int = 1, **settings: object
    ) -> None:
        self.home = home
        self.settings = settings
        self.tails = ["", *(f"-{number}" for number in range(2, instances + 1))]
        self.names = [service + tail for tail in self.tails for service in SERVICES]
        self.nats = NatsServer(home / "nats", port=free_port())
        self.postgres = PostgresServer(home / "postgres", port=free_port(), durable=durable)
        self.ports = {kind + tail: free_port() for tail in self.tails for kind in ("ocpp", "http")}
        self.health = {name: free_port() for name in self.names}
        self.processes: dict[str, Child] = {}
        self.http = plain_client(f"{self.api_url}/api/v1", 60)
        """Belongs to the loop that starts the system; :meth:`client` makes one for another."""

    @property
    def ocpp_url(self) -> str:
        return f"ws://127.0.0.1:{self.ports['ocpp']}"

    @property
    def ocpp_urls(self) -> list[str]:
        """Of every edge."""
        return [f"ws://127.0.0.1:{self.ports[f'ocpp{tail}']}" for tail in self.tails]

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['http']}"

    async def __aenter__(self) -> Self:
        await asyncio.gather(self.nats.start(), self.postgres.start())
        try:
            for name in self.names:
                self.spawn(name)
            for name in self.names:
                await self.ready(name)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()
        await asyncio.gather(*(self.stop(name) for name in list(self.processes)))
        await self.nats.stop()
        await self.postgres.stop()

    @asynccontextmanager
    async def client(self) -> AsyncIterator["System"]:
        """The same platform seen from another event loop."""
        seen = copy.copy(self)
        async with plain_client(f"{self.api_url}/api/v1", 60) as seen.http:
            yield seen

    def environment(self, name: str) -> dict[str, str]:
        _, dash, number = name.partition("-")
        settings: dict[str, object] = {
            "NATS_URL": self.nats.url,
            "POSTGRES_DSN": self.postgres.dsn,
            "HEALTH_PORT": self.health.get(name, 0),
            "OCPP_PORT": self.ports[f"ocpp{dash}{number}"],
            "HTTP_PORT": self.ports[f"http{dash}{number}"],
            "OPEN_REGISTRATION": "true",
            "OPEN_API": "true",
            "DEMO_TOKENS": "true",
            # A test's station is asked for nothing that the test did not ask for.
            "INVENTORY_AFTER_BOOT": "false",
            "LOG_FORMAT": "json",
            **self.settings,
        }
        own = {f"VOLTBUS_{key}": str(value) for key, value in settings.items()}
        return {**os.environ, **own, "PYTHONPATH": str(ROOT)}

    def spawn(self, name: str) -> None:
        """Start a service (again)."""
        self.processes[name] = Child(
            [sys.executable, "-m", f"services.{name.partition('-')[0]}"],
            env=self.environment(name),
            cwd=ROOT,
            log=self.home / f"{name}.log",
        )
        self.processes[name].start()

    async def ready(self, name: str) -> None:
        async def answer() -> int:
            if not self.processes[name].running:
                raise AssertionError(f"{name} ended at start:\n{self.log(name)[-4000:]}")
            with suppress(httpx.HTTPError):
                async with plain_client("", 5) as client:
                    url = f"http://127.0.0.1:{self.health[name]}/readyz"
                    return (await client.get(url)).status_code
            return 0

        await eventually(answer, lambda status: status == 200, seconds=START_SECONDS_MAX)

    async def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> int:
        """End a service's process and wait for it; its exit code."""
        return await self.processes.pop(name).stop(how, STOP_SECONDS_MAX)

    async def kill(self, name: str) -> None:
        await self.stop(name, signal.SIGKILL)

    async def restart(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        await self.stop(name, how)
        self.spawn(name)
        await self.ready(name)

    @asynccontextmanager
    async def frozen(self, *names: str) -> AsyncIterator[None]:
        """The processes stand still (SIGSTOP) and then go on, as on a host that has no time."""
        for name in names:
            os.kill(self.processes[name].pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for name in names:
                os.kill(self.processes[name].pid, signal.SIGCONT)

    @asynccontextmanager
    async def without_nats(self) -> AsyncIterator[None]:
        """Killed, and started again at the end of the block."""
        await self.nats.kill()
        try:
            yield
        finally:
            await self.nats.start()

    @asynccontextmanager
    async def without_postgres(self) -> AsyncIterator[None]:
        """Killed, and started again at the end of the block."""
        await kill_server(self.postgres.pid)
        await self.postgres.stop()
        try:
            yield
        finally:
            await self.postgres.start()

    async def kill_nats(self) -> None:
        """SIGKILL of the broker, and a new one on the same port with the same store."""
        async with self.without_nats():
            pass

    async def kill_postgres(self) -> None:
        """SIGKILL of the database's first process, and a new start, which recovers."""
        async with self.without_postgres():
            pass

    def log(self, name: str) -> str:
        path = self.home / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    async def get(self, path: str, **query: Any) -> Any:
        """A GET of the API that must succeed; the JSON."""
        answer = await self.http.get(path, params={k: v for k, v in query.items() if v is not None})
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def post(self, path: str, body: object = None, **query: Any) -> Any:
        answer = await self.http.post(path, json=body if body is not None else {}, params=query)
        assert answer.status_code in {200, 201}, f"POST {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def put(self, path: str, body: object) -> Any:
        answer = await self.http.put(path, json=body)
        assert answer.status_code in {200, 201}, f"PUT {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def all(self, path: str, **query: Any) -> list[Any]:
        """Every item of a paged list."""
        items: list[Any] = []
        after: str | None = None
        while True:
            page = await self.get(path, limit=200, after=after, **query)
            items += page["items"]
            after = page.get("next")
            if not after:
                return items
