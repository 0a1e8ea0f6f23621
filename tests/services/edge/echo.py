"""A listener with an echo behind its sockets instead of OCPP."""

from libs.bus import Bus
from services.edge.app import App
from services.edge.handshake import Wanted
from services.edge.limits import Limits
from services.edge.listener import Listener
from services.edge.websocket import WebSocket
from tests.services.edge.wire import (
    Wire,
)

SIZE_MAX = 100_000
LIMITS = Limits(
    message_bytes_max=SIZE_MAX,
    frames_per_second_max=500,
    frame_penalties_max=1,
    ping_after_seconds=1,
    pong_within_seconds=1,
    close_within_seconds=1,
)
DEFLATE = "permessage-deflate"


class Echo:
    """Says what it hears; to ``close`` it closes, at ``boom`` it breaks."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.ended: list[tuple[int, str]] = []

    def opened(self, socket: WebSocket) -> None:
        self.socket = socket
        self.app.wheel.put(socket, 1)

    def received(self, message: bytes) -> None:
        if message == b"close":
            self.socket.close(1012, "as you like")
        elif message == b"boom":
            raise RuntimeError("broken on purpose")
        else:
            self.socket.send(message)

    def closed(self, code: int, reason: str) -> None:
        self.ended.append((code, reason))


class Server:
    """The listener and its sockets, with an echo behind them instead of OCPP."""

    def __init__(self, bus: Bus) -> None:
        self.app = App(bus, "edge", LIMITS)
        self.listener = Listener(self.admit, self.app)
        self.echoes: list[Echo] = []
        self.port = 0

    async def admit(self, wanted: Wanted, _: str) -> WebSocket:
        echo = Echo(self.app)
        self.echoes.append(echo)
        return WebSocket(echo, self.app.sockets, wanted.deflate_bits)


async def closes(wire: Wire, server: Server, code: int) -> None:
    """The server closes with this code, ends the connection, and its receiver hears the same."""
    assert (await wire.closing()).code == code
    assert [ended[0] for ended in server.echoes[-1].ended] == [code]
