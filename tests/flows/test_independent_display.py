"""A 2.0.1 station that is not ours (PyPI ``ocpp``) shows messages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import websockets
from ocpp.routing import after, on
from ocpp.v201 import call as call201
from ocpp.v201 import call_result as result201

from tests.flows.independent import Station201
from tests.system import System, eventually

PART = 2


class Billboard(Station201):
    """Keeps what it is told to show, and reports it in parts of two."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.shown: dict[int, dict[str, Any]] = {}

    @on("SetDisplayMessage")
    async def on_set(self, message: dict[str, Any]) -> Any:
        if message["message"]["format"] != "UTF8":
            return result201.SetDisplayMessage("NotSupportedMessageFormat")
        self.shown[message["id"]] = message
        return result201.SetDisplayMessage("Accepted")

    @on("ClearDisplayMessage")
    async def on_clear(self, id: int) -> Any:
        known = self.shown.pop(id, None)
        return result201.ClearDisplayMessage("Unknown" if known is None else "Accepted")

    @on("GetDisplayMessages")
    async def on_get(self, **_: Any) -> Any:
        return result201.GetDisplayMessages("Accepted" if self.shown else "Unknown")

    @after("GetDisplayMessages")
    async def report(self, request_id: int, **_: Any) -> None:
        messages = list(self.shown.values())
        for begin in range(0, len(messages), PART):
            part = messages[begin : begin + PART]
            more = begin + PART < len(messages)
            await self.call(
                call201.NotifyDisplayMessages(request_id, message_info=part, tbc=more),
                suppress=False,
            )


@asynccontextmanager
async def billboard(system: System, identity: str) -> AsyncIterator[Billboard]:
    async with websockets.connect(
        f"{system.ocpp_url}/{identity}", subprotocols=[websockets.Subprotocol("ocpp2.0.1")]
    ) as socket:
        station = Billboard(identity, socket)
        loop = asyncio.create_task(station.start())
        try:
            assert await station.boot() == "Accepted"
            yield station
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)


async def test_messages_are_set_refused_reported_and_cleared(system: System, identity: str) -> None:
    path = f"stations/{identity}/displays"
    text = {"format": "UTF8", "content": "Hello"}

    async def known() -> list[int]:
        items = await system.all(path)
        return [item["id"] for item in items if item["confirmed_at"]]

    async with billboard(system, identity) as station:
        for number in (1, 2, 3):
            body = {"priority": "InFront", "state": "Idle", "message": text}
            answer = await system.put(f"{path}/{number}", body)
            assert answer["payload"] == {"status": "Accepted"}
        html = {"priority": "InFront", "message": {**text, "format": "HTML"}}
        refused = await system.put(f"{path}/4", html)
        assert refused["payload"] == {"status": "NotSupportedMessageFormat"}
        assert station.shown[3]["message"] == text
        # It forgets one by itself, which only its report tells.
        del station.shown[1]
        answer = await system.post(f"{path}/refresh")
        assert answer["payload"] == {"status": "Accepted"}
        assert await eventually(known, lambda found: len(found) == 2) == [2, 3]
        cleared = await system.http.delete(f"{path}/3")
        assert cleared.json()["payload"] == {"status": "Accepted"}
        unknown = await system.http.delete(f"{path}/3")
        assert unknown.json()["payload"] == {"status": "Unknown"}
        assert await known() == [2]
        assert set(station.shown) == {2}
