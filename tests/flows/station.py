"""A station whose answers the test writes, and that keeps what it did not wait for."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from picows import WSMsgType, WSTransport, ws_connect

from tests import bare
from tests.system import System

Answer = dict[str, Any] | bare.Refused | str | None
"""A payload, a CALLERROR, the text of a payload that may be anything, or silence."""


class Station(bare.Socket):
    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, Answer] = {}
        """By action; others are granted."""
        self.asked: asyncio.Queue[tuple[str, str, dict[str, Any]]] = asyncio.Queue()
        """Calls of the CSMS: id, action, payload."""
        self.strays: list[list[Any]] = []
        """Frames that are neither a call nor an answer to one."""

    def on_text(self, transport: WSTransport, data: bytes) -> None:
        kind, number, *rest = json.loads(data)
        if kind == 2:
            action, payload = rest
            self.calls.append((action, payload))
            self.asked.put_nowait((number, action, payload))
            granted = {"status": bare.STATUSES.get(action, "Accepted")}
            self.answer(number, self.answers.get(action, granted))
        elif (waiter := self.waiting.pop(number, None)) is not None:
            waiter.set_result(data)
        else:
            self.strays.append([kind, number, *rest])

    def answer(self, number: str, answer: Answer) -> None:
        match answer:
            case None:
                return
            case bare.Refused():
                code, description, details = answer.args
                self.tell(json.dumps([4, number, code, description, details]))
            case str():
                self.tell(f'[3,"{number}",{answer}]')
            case _:
                self.tell(json.dumps([3, number, answer]))

    def tell(self, text: str) -> None:
        """Send a text message, whatever it is."""
        assert self.transport is not None
        self.transport.send(WSMsgType.TEXT, text.encode())

    async def say(self, text: str, number: str) -> list[Any]:
        """Send a text message; the frame that answers this id."""
        waiter: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.waiting[number] = waiter
        self.tell(text)
        return cast("list[Any]", json.loads(await asyncio.wait_for(waiter, 30)))

    async def told(self) -> list[list[Any]]:
        """The strays so far, once the CSMS has handled all that was sent before."""
        await self.ask("Heartbeat", {})
        return self.strays

    async def call(self) -> tuple[str, dict[str, Any]]:
        """The next call of the CSMS: action and payload."""
        _, action, payload = await asyncio.wait_for(self.asked.get(), 30)
        return action, payload


async def plug(url: str, path: str, version: str, headers: dict[str, str] | None = None) -> Station:
    """A socket, not booted."""
    _, station = await ws_connect(
        Station,
        f"{url}/{path}",
        extra_headers={
            "Sec-WebSocket-Protocol": bare.SUBPROTOCOLS[version],
            **(headers or {}),
        },
        websocket_handshake_timeout=30,
    )
    assert isinstance(station, Station)
    return station


@asynccontextmanager
async def connected(
    system: System, path: str, version: str, headers: dict[str, str] | None = None
) -> AsyncIterator[Station]:
    """A station that has not booted."""
    station = await plug(system.ocpp_url, path, version, headers)
    try:
        yield station
    finally:
        station.close()


@asynccontextmanager
async def booted(
    system: System, path: str, version: str, headers: dict[str, str] | None = None
) -> AsyncIterator[Station]:
    """A station that is accepted."""
    async with connected(system, path, version, headers) as station:
        answer = await station.ask("BootNotification", bare.BOOTS[version])
        assert answer["status"] == "Accepted", answer
        yield station
