"""The API in this process, asked directly or over its socket; its owners are one peer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from libs.bus import Bus
from libs.postgres import connect, migrate
from services.api.__main__ import MIGRATIONS
from services.api.access import Gate
from services.api.app import App
from services.api.server import Server, listen
from services.api.site import build, routes
from services.api.store import Store
from services.api.vitals import Vitals
from tests.services.api import peer_lists, peer_reservations  # noqa: F401 - register their answers
from tests.services.api.peer import Peer, router


@pytest_asyncio.fixture
async def peer(bus: Bus) -> AsyncIterator[Peer]:
    peer = Peer(bus)
    serving = await bus.serve(router, peer)
    yield peer
    peer.slow and peer.slow.set()
    await serving.stop()


@pytest_asyncio.fixture
async def store(database: str) -> AsyncIterator[Store]:
    await migrate(database, "api", MIGRATIONS)
    async with await connect(database, "api", size=5) as pool:
        await pool.execute("TRUNCATE api.idempotency")
        yield Store(pool, lease=timedelta(seconds=60), keep=timedelta(days=1))


@pytest_asyncio.fixture
async def make_app(bus: Bus, store: Store) -> Callable[..., App]:
    def make(**more: Any) -> App:
        settings = {
            "gate": Gate(None, is_open=True),
            "stopping": asyncio.Event(),
            "files": bus.objects("test-files"),
            "upload_url": "http://127.0.0.1",
            "patience_seconds": 0.3,
            "repeat_patience_seconds": 5.0,
            **more,
        }
        return App(bus=bus, store=store, vitals=Vitals(bus, store), **settings)

    return make


async def until(condition: Callable[[], object]) -> None:
    """Wait for what another task does."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def calling(app: App, tenant: str | None, **more: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application in this process."""
    transport = httpx.ASGITransport(build(app), raise_app_exceptions=True)
    headers = {"Voltbus-Tenant": tenant} if tenant else {}
    url = "http://127.0.0.1/api/v1/"
    async with httpx.AsyncClient(
        transport=transport, base_url=url, headers=headers | more.pop("headers", {}), **more
    ) as client:
        yield client


@asynccontextmanager
async def listening(app: App) -> AsyncIterator[str]:
    """The application on a socket of its own; its URL."""
    server = Server(build(app), listen("127.0.0.1", 0))
    serving = asyncio.create_task(server.run_until(app.stopping))
    await server.up.wait()
    try:
        yield server.url
    finally:
        app.stopping.set()
        await asyncio.wait_for(serving, 5)


@pytest_asyncio.fixture
async def api(make_app: Callable[..., App], tenant: str) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(make_app(), tenant) as client:
        yield client


@pytest.fixture
def problem() -> Callable[..., dict[str, Any]]:
    """A problem without its fixed texts, which their own table holds."""

    def short(answer: httpx.Response) -> dict[str, Any]:
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert body["status"] == answer.status_code
        assert body["type"] == f"/api/v1/problems/{body['code']}"
        assert body["hint"]
        assert body["title"]
        return {k: body[k] for k in ("status", "code", "detail", "errors") if k in body}

    return short


@pytest.fixture
def site(make_app: Callable[..., App]) -> Litestar:
    return routes(make_app())
