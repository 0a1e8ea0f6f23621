"""A bare websocket that speaks OCPP-J frames: nothing between a test and the wire."""

import asyncio
import json
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

SUBPROTOCOLS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}
STATUSES = {"UnlockConnector": "Unlocked"}
"""What the CSMS is answered where it is not ``Accepted``."""
ANSWER_SECONDS_MAX = 60


class Refused(Exception):
    """A CALLERROR: code, description, details."""


class Socket(WSListener):
    """One socket: ask and be answered; what the CSMS asks is always granted."""

    def __init__(self) -> None:
        self.transport: WSTransport | None = None
        self.waiting: dict[str, asyncio.Future[bytes]] = {}
        self.calls: list[tuple[str, Any]] = []
        self.sent = 0
        self.prefix = ""
        self.closed = asyncio.get_running_loop().create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            self.on_text(transport, frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()

    def on_text(self, transport: WSTransport, data: bytes) -> None:
        if data.startswith(b"[2,"):
            _, number, action, payload = json.loads(data)
            self.calls.append((action, payload))
            answer = json.dumps({"status": STATUSES.get(action, "Accepted")})
            transport.send(WSMsgType.TEXT, f'[3,"{number}",{answer}]'.encode())
            return
        number = data[4 : data.index(b'"', 4)].decode()
        waiter = self.waiting.pop(number, None)
        if waiter is not None and not waiter.done():
            waiter.set_result(data)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if not self.closed.done():
            self.closed.set_result(None)
        for waiter in self.waiting.values():
            if not waiter.done():
                waiter.set_exception(ConnectionError("the socket was closed"))
        self.waiting.clear()

    async def exchange(
        self, action: str, payload: str, seconds: float = ANSWER_SECONDS_MAX
    ) -> bytes:
        """Send a CALL; the frame that answers it."""
        if self.transport is None or self.closed.done():
            raise ConnectionError("the socket is closed")
        self.sent += 1
        number = f"{self.prefix}{self.sent}"
        waiter: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.waiting[number] = waiter
        self.transport.send(WSMsgType.TEXT, f'[2,"{number}","{action}",{payload}]'.encode())
        try:
            return await asyncio.wait_for(waiter, seconds)
        finally:
            self.waiting.pop(number, None)

    async def ask(self, action: str, payload: Any, seconds: float = ANSWER_SECONDS_MAX) -> Any:
        """Send a CALL; the payload of its CALLRESULT. :class:`Refused` for a CALLERROR."""
        frame = json.loads(await self.exchange(action, json.dumps(payload), seconds))
        if frame[0] == 4:
            raise Refused(*frame[2:])
        return frame[2]

    def close(self) -> None:
        """Cut the socket without a closing handshake, as a power loss does."""
        if self.transport is not None:
            self.transport.disconnect(graceful=False)


async def connect(
    url: str, identity: str, version: str = "2.0.1", *, kind: type[Socket] = Socket
) -> Socket:
    """A socket of a station, not booted."""
    _, socket = await ws_connect(
        kind,
        f"{url}/{identity}",
        extra_headers={"Sec-WebSocket-Protocol": SUBPROTOCOLS[version]},
        websocket_handshake_timeout=30,
    )
    if socket is None:
        raise ConnectionError("the edge ended while it answered the handshake")
    assert isinstance(socket, Socket)
    return socket


BOOTS: dict[str, Any] = {
    "1.6": {"chargePointVendor": "Bare", "chargePointModel": "One"},
    "2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "Bare", "model": "One"}},
}
BOOTS["2.1"] = BOOTS["2.0.1"]


async def boot(url: str, identity: str, version: str = "2.0.1") -> Socket:
    """A socket of a station that is accepted."""
    socket = await connect(url, identity, version)
    answer = await socket.ask("BootNotification", BOOTS[version])
    assert answer["status"] == "Accepted", answer
    return socket
