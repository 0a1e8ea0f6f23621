"""Small servers that are not ours: PyPI ``ocpp`` for 1.6 and 2.0.1, and its schemas for 2.1.

They note every CALL, answer as a test tells them, and check every payload by the package's schemas.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import ocpp
import websockets
from ocpp.charge_point import camel_to_snake_case, snake_to_camel_case
from ocpp.routing import on
from ocpp.v16 import ChargePoint as ChargePoint16
from ocpp.v16 import call as call16
from ocpp.v16 import call_result as result16
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call as call201
from ocpp.v201 import call_result as result201
from websockets.asyncio.server import Server, ServerConnection, serve

Payload = dict[str, Any]
Silence = object()
SUBPROTOCOLS = {"v16": "ocpp1.6", "v201": "ocpp2.0.1", "v21": "ocpp2.1"}
SCHEMAS = Path(ocpp.__file__).parent / "v21" / "schemas"


class Call(SimpleNamespace):
    """A CALL of the station; ``payload`` is as on the wire, ``point`` is its connection."""

    action: str
    payload: Payload
    id: str
    point: Any


def now() -> str:
    return datetime.now(UTC).isoformat()


class Csms:
    """``answers``: by action what to answer instead of the usual: a payload in snake case, a
    function of the payload, an Exception for CALLERROR, or ``Silence``."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.calls: list[Call] = []
        self.points: list[Any] = []
        self.refused: list[int] = []
        self.headers: list[Any] = []
        self.faults: list[str] = []
        self.answers: dict[str, Any] = {}
        self.open = True
        self.slow_seconds = 0.0
        """How long each answer takes (not of 2.1)."""
        self._news = asyncio.Event()
        self._server: Server | None = None
        self._transactions = itertools.count(1)
        self._port = 0

    # What the station said

    def said(self, action: str) -> list[Payload]:
        return [call.payload for call in self.calls if call.action == action]

    def actions(self) -> list[str]:
        return [call.action for call in self.calls]

    async def heard(self, action: str, count: int = 1) -> Payload:
        """Wait until an action was called so often; the last payload."""
        await self.until(lambda: len(self.said(action)) >= count, f"{count} x {action}")
        return self.said(action)[count - 1]

    async def until(self, condition: Callable[[], bool], what: str = "a condition") -> None:
        try:
            async with asyncio.timeout(10):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as error:
            raise TimeoutError(f"waited for {what}; heard {self.actions()[-30:]}") from error

    def note(self, point: Any, raw: str) -> Any:
        """Record a CALL; what to answer instead of the usual, None for the usual."""
        frame = json.loads(raw)
        if frame[0] != 2:
            return None
        self.calls.append(Call(action=frame[2], payload=frame[3], id=frame[1], point=point))
        self.news()
        wanted = self.answers.get(frame[2])
        return wanted(frame[3]) if callable(wanted) else wanted

    def news(self) -> None:
        self._news.set()

    # What the server does

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/"

    async def call(self, action: str, **payload: Any) -> Any:
        """Ask the station over its newest connection; the answer's fields in snake case."""
        return await self.points[-1].ask(action, payload)

    async def start(self) -> None:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self._port,
            subprotocols=[websockets.Subprotocol(SUBPROTOCOLS[self.version])],
            process_request=self._admit,
            compression=None,
            ping_interval=None,
        )
        self._port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            for point in self.points:
                point.transport.abort()
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def cut(self) -> None:
        """Drop the newest connection without goodbye."""
        self.points[-1].transport.abort()

    def transaction(self) -> int:
        return next(self._transactions)

    def _admit(self, connection: ServerConnection, request: Any) -> Any:
        self.headers.append(request.headers)
        if self.open:
            return None
        self.refused.append(503)
        self.news()
        return connection.respond(503, "closed")

    async def _serve(self, connection: ServerConnection) -> None:
        kind = {"v16": Point16, "v201": Point201, "v21": Point21}[self.version]
        point = kind("station", connection)
        point.csms, point.transport = self, connection.transport
        self.points.append(point)
        self.news()
        try:
            await point.start()
        except websockets.ConnectionClosed:
            pass
        finally:
            point.closed = True
            self.news()


class Point:
    """What the three have in common."""

    csms: Csms
    transport: Any
    closed = False

    async def route_message(self, raw: str) -> None:
        wanted = self.csms.note(self, raw)
        await asyncio.sleep(self.csms.slow_seconds)
        if wanted is None:
            await super().route_message(raw)  # type: ignore[misc]
            return
        if wanted is Silence:
            return
        number = json.loads(raw)[1]
        if isinstance(wanted, Exception):
            await self._send(json.dumps([4, number, str(wanted), "", {}]))
        else:
            await self._send(json.dumps([3, number, snake_to_camel_case(wanted)]))

    async def _send(self, message: str) -> None:
        # The package would stop reading what came before the goodbye.
        with suppress(websockets.ConnectionClosed):
            await super()._send(message)  # type: ignore[misc]


class Point16(Point, ChargePoint16):
    async def ask(self, action: str, payload: Payload) -> Any:
        return await self.call(getattr(call16, action)(**payload), suppress=False)

    @on("BootNotification")
    def boot(self, **_: Any) -> Any:
        return result16.BootNotification(current_time=now(), interval=300, status="Accepted")

    @on("Heartbeat")
    def heartbeat(self) -> Any:
        return result16.Heartbeat(current_time=now())

    @on("StatusNotification")
    def status(self, **_: Any) -> Any:
        return result16.StatusNotification()

    @on("Authorize")
    def authorize(self, id_tag: str) -> Any:
        status = "Accepted" if id_tag.startswith("DEMO") else "Invalid"
        return result16.Authorize(id_tag_info={"status": status})

    @on("StartTransaction")
    def start_transaction(self, id_tag: str, **_: Any) -> Any:
        status = "Accepted" if id_tag.startswith("DEMO") else "Invalid"
        return result16.StartTransaction(
            transaction_id=self.csms.transaction(), id_tag_info={"status": status}
        )

    @on("StopTransaction")
    def stop_transaction(self, **_: Any) -> Any:
        return result16.StopTransaction()

    @on("MeterValues")
    def meter_values(self, **_: Any) -> Any:
        return result16.MeterValues()


class Point201(Point, ChargePoint201):
    async def ask(self, action: str, payload: Payload) -> Any:
        return await self.call(getattr(call201, action)(**payload), suppress=False)

    @on("BootNotification")
    def boot(self, **_: Any) -> Any:
        return result201.BootNotification(current_time=now(), interval=300, status="Accepted")

    @on("Heartbeat")
    def heartbeat(self, **_: Any) -> Any:
        return result201.Heartbeat(current_time=now())

    @on("StatusNotification")
    def status(self, **_: Any) -> Any:
        return result201.StatusNotification()

    @on("Authorize")
    def authorize(self, id_token: Payload, **_: Any) -> Any:
        status = "Accepted" if id_token["id_token"].startswith("DEMO") else "Invalid"
        return result201.Authorize(id_token_info={"status": status})

    @on("TransactionEvent")
    def transaction_event(self, id_token: Payload | None = None, **_: Any) -> Any:
        if id_token is None:
            return result201.TransactionEvent()
        status = "Accepted" if id_token["id_token"].startswith("DEMO") else "Invalid"
        return result201.TransactionEvent(id_token_info={"status": status})

    @on("MeterValues")
    def meter_values(self, **_: Any) -> Any:
        return result201.MeterValues()

    @on("NotifyReport")
    def report(self, **_: Any) -> Any:
        return result201.NotifyReport()

    @on("NotifyEvent")
    def event(self, **_: Any) -> Any:
        return result201.NotifyEvent()

    @on("ReservationStatusUpdate")
    def reservation(self, **_: Any) -> Any:
        return result201.ReservationStatusUpdate()


@cache
def validator(message: str) -> Any:
    schema = json.loads((SCHEMAS / f"{message}.json").read_text(encoding="utf-8-sig"))
    return jsonschema.Draft6Validator(schema)


def check(message: str, payload: Payload) -> None:
    validator(message).validate(payload)


class Point21:
    """2.1 without the package's RPC, which leaves calls unanswered: only its schemas are used."""

    csms: Csms
    transport: Any
    closed = False

    def __init__(self, _id: str, connection: ServerConnection) -> None:
        self._connection = connection
        self._asked: dict[str, asyncio.Future[Payload]] = {}
        self._ids = itertools.count(1)

    async def start(self) -> None:
        async for raw in self._connection:
            try:
                await self._route(str(raw))
            except jsonschema.ValidationError as error:
                self.csms.faults.append(str(error))

    async def ask(self, action: str, payload: Payload) -> Any:
        payload = snake_to_camel_case(payload)
        check(f"{action}Request", payload)
        number = f"ask-{next(self._ids)}"
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        await self._connection.send(json.dumps([2, number, action, payload]))
        result = await answer
        check(f"{action}Response", result)
        return SimpleNamespace(**camel_to_snake_case(result))

    async def _route(self, raw: str) -> None:
        wanted = self.csms.note(self, raw)
        if wanted is Silence:
            return
        frame = json.loads(raw)
        match frame[0]:
            case 2 if isinstance(wanted, Exception):
                await self._connection.send(json.dumps([4, frame[1], str(wanted), "", {}]))
            case 2:
                check(f"{frame[2]}Request", frame[3])
                answer = snake_to_camel_case(wanted) if wanted else self._usual(*frame[2:])
                check(f"{frame[2]}Response", answer)
                await self._connection.send(json.dumps([3, frame[1], answer]))
            case 3:
                self._asked.pop(frame[1]).set_result(frame[2])
            case 4:
                self._asked.pop(frame[1]).set_exception(RuntimeError(frame[2]))
            case _:
                self.csms.faults.append(raw)

    def _usual(self, action: str, payload: Payload) -> Payload:
        match action:
            case "BootNotification":
                return {"currentTime": now(), "interval": 300, "status": "Accepted"}
            case "Heartbeat":
                return {"currentTime": now()}
            case "Authorize" | "TransactionEvent" if "idToken" in payload:
                known = payload["idToken"]["idToken"].startswith("DEMO")
                return {"idTokenInfo": {"status": "Accepted" if known else "Invalid"}}
            case _:
                return {}


@asynccontextmanager
async def running(version: str) -> AsyncIterator[Csms]:
    csms = Csms(version)
    await csms.start()
    try:
        yield csms
    finally:
        await csms.stop()
    assert csms.faults == []
