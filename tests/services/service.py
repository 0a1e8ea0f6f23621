"""A service under test, in this process, against real servers; and stations as the bus sees
them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, Self, TypeVar

import msgspec

from libs.bus import Address, Bus, Down, Event, Reply, Up, cloudevent, envelope
from libs.bus.serving import fact_decoder
from libs.ocpp import codec
from libs.ocpp.message import Request, Response, Version
from libs.runtime import Life

ResponseT = TypeVar("ResponseT", bound=Response)

START_SECONDS_MAX = 20
WAIT_SECONDS_MAX = 10


@asynccontextmanager
async def running(service: ModuleType, **settings: Any) -> AsyncGenerator[Any]:
    """The service's ``serve`` as a task; its Config."""
    config = service.Config(**settings)
    life = Life(service.NAME)
    task = asyncio.create_task(service.serve(config, life))
    ready = asyncio.create_task(life.until_ready())
    await asyncio.wait(
        {task, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=START_SECONDS_MAX
    )
    if task.done():
        ready.cancel()
        await task
    assert ready.done()
    try:
        yield config
    finally:
        life.stop()
        await asyncio.wait_for(task, START_SECONDS_MAX)


async def up(
    bus: Bus,
    station: Address,
    request: Request[ResponseT],
    *,
    received_at: datetime | None = None,
    epoch: int = 1,
) -> ResponseT:
    """What an edge does with a station's CALL; the typed answer, held to its schema."""
    body = envelope.encode(
        Up(
            id="m1",
            received_at=received_at or datetime.now(UTC),
            edge="edge-test",
            epoch=epoch,
            payload=msgspec.Raw(codec.encode(request)),
        )
    )
    answer = await bus.up(
        station.tenant, station.station, request.version, request.action, body, timeout=10
    )
    return codec.decode(request.response, answer)


class Peer:
    """A connected station as other services see it: it answers calls down with what it is told
    to."""

    def __init__(self, bus: Bus, station: Address) -> None:
        self.calls: list[tuple[Version, str, dict[str, Any]]] = []
        self.answer: dict[str, Any] | Callable[[Reply], None] = {"status": "Accepted"}
        self._heard = asyncio.Event()
        self._subscription = bus.serve_station(station.tenant, station.station, self._on_call)

    def _on_call(self, version: Version, action: str, down: Down, reply: Reply) -> None:
        self.calls.append((version, action, msgspec.json.decode(bytes(down.payload))))
        self._heard.set()
        if callable(self.answer):
            self.answer(reply)
        else:
            reply.result(msgspec.json.encode(self.answer))

    async def heard(self, count: int = 1) -> list[tuple[Version, str, dict[str, Any]]]:
        """The calls, once there are that many."""
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            while len(self.calls) < count:
                self._heard.clear()
                await self._heard.wait()
        return self.calls

    def leave(self) -> None:
        self._subscription.unsubscribe()


T = TypeVar("T")


async def eventually(
    ask: Callable[[], Awaitable[T]],
    check: Callable[[T], object] = bool,
    seconds: float = WAIT_SECONDS_MAX,
) -> T:
    """The first answer that passes the check."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        answer = await ask()
        if check(answer):
            return answer
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {seconds} s; last: {answer!r}")
        await asyncio.sleep(0.02)


class Ear:
    """Events and notices of a tenant, from the moment it is entered."""

    def __init__(self, bus: Bus, tenant: str, *kinds: type[Any]) -> None:
        self._bus = bus
        self._kinds = kinds
        self._tenant = tenant
        self._heard = asyncio.Event()
        self.facts: list[Any] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for kind in self._kinds:
            pattern = kind.pattern(tenant=self._tenant)
            tail = self._bus.tail(pattern)
            self._tasks.append(asyncio.create_task(self._listen(kind, tail)))
        await asyncio.sleep(0)  # the tasks subscribe at their first step
        await self._bus.barrier()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

    async def _listen(self, kind: type[Any], tail: AsyncIterator[tuple[str, bytes]]) -> None:
        decode = fact_decoder(kind)
        async for _, body in tail:
            self.facts.append(decode(body))
            self._heard.set()

    async def heard(self, count: int) -> list[Any]:
        """All facts so far, once there are that many."""
        await self._wait(lambda: len(self.facts) >= count)
        return list(self.facts)

    async def until(self, kind: type[Any]) -> list[Any]:
        """All facts so far, once one of this kind is among them."""
        await self._wait(lambda: any(isinstance(fact, kind) for fact in self.facts))
        return list(self.facts)

    async def _wait(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            while not enough():
                self._heard.clear()
                await self._heard.wait()


async def announce(bus: Bus, event: Event) -> None:
    """Put an event into the stream, as its owner's outbox does."""
    each = cloudevent.announcement(event, "test")
    await bus.announce(each.subject, each.body, each.id)
