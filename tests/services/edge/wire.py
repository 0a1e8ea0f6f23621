"""A websocket client of bare bytes: it sends what a test says and shows what came back."""

import asyncio
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
SECONDS_MAX = 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
SUBPROTOCOLS = {"v16": "ocpp1.6", "v201": "ocpp2.0.1", "v21": "ocpp2.1"}


@dataclass
class Frame:
    opcode: int
    payload: bytes
    fin: bool = True
    rsv1: bool = False

    @property
    def code(self) -> int:
        """The code of a close."""
        assert self.opcode == CLOSE, self
        return int.from_bytes(self.payload[:2], "big") if self.payload else 1005

    @property
    def reason(self) -> str:
        return self.payload[2:].decode()


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bool = True
) -> bytes:
    """A frame as a client sends it. ``rsv``: 4 is rsv1, 2 is rsv2, 1 is rsv3."""
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    size = len(payload)
    bit = 0x80 if mask else 0
    if size < 126:
        head = bytes([first, bit | size])
    elif size < 65_536:
        head = bytes([first, bit | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([first, bit | 127]) + size.to_bytes(8, "big")
    if not mask:
        return head + payload
    key = os.urandom(4)
    repeated = (key * (size // 4 + 1))[:size]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(
        size, "big"
    )
    return head + key + masked


def request(path: str, subprotocol: str | None = "ocpp1.6", **headers: str) -> bytes:
    """The head of a handshake; keyword arguments are more headers, or others."""
    fields = {
        "Host": "csms",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
    }
    if subprotocol is not None:
        fields["Sec-WebSocket-Protocol"] = subprotocol
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in fields.items() if value]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode("latin-1")


@dataclass
class Answer:
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    body: str = ""


class Closed(Exception):
    """The connection ended without another frame."""


class Wire:
    """One TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.answer = Answer(0, {})
        self.number = 0

    @classmethod
    async def connect(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    @classmethod
    async def open(
        cls, port: int, path: str = "/CP1", subprotocol: str = "ocpp1.6", **headers: str
    ) -> Self:
        """A websocket that was accepted."""
        wire = await cls.connect(port)
        answer = await wire.handshake(request(path, subprotocol, **headers))
        assert answer.status == 101, answer
        assert answer.headers["sec-websocket-accept"] == ACCEPT
        return wire

    async def handshake(self, head: bytes) -> Answer:
        """Send a request; its answer, with its body if it is a refusal."""
        self.send(head)
        async with asyncio.timeout(SECONDS_MAX):
            raw = await self.reader.readuntil(b"\r\n\r\n")
            status, *lines = raw.decode("latin-1").strip().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines)
            original = {line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in lines}
            if "sec-websocket-accept" in headers:
                headers["sec-websocket-accept"] = original["sec-websocket-accept"]
            self.answer = Answer(int(status.split(" ")[1]), headers)
            if self.answer.status != 101:
                self.answer.body = (await self.reader.read()).decode()
        return self.answer

    def send(self, *data: bytes) -> None:
        self.writer.write(b"".join(data))

    def text(self, text: str | bytes) -> None:
        self.send(frame(TEXT, text.encode() if isinstance(text, str) else text))

    async def receive(self, seconds: float = SECONDS_MAX) -> Frame:
        """The next frame; ``Closed`` when there is none."""
        try:
            async with asyncio.timeout(seconds):
                first, second = await self.reader.readexactly(2)
                size = second & 0x7F
                if size == 126:
                    size = int.from_bytes(await self.reader.readexactly(2), "big")
                elif size == 127:
                    size = int.from_bytes(await self.reader.readexactly(8), "big")
                assert not second & 0x80, "a server does not mask"
                payload = await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Closed from error
        return Frame(first & 0xF, payload, bool(first & 0x80), bool(first & 0x40))

    async def closing(self, seconds: float = SECONDS_MAX) -> Frame:
        """The close, whatever comes before it; answer it, and see the connection end."""
        while (received := await self.receive(seconds)).opcode != CLOSE:
            pass
        self.send(frame(CLOSE, received.payload[:2]))
        async with asyncio.timeout(SECONDS_MAX):
            # A server that has hung up already resets what comes after it.
            with suppress(ConnectionError):
                assert await self.reader.read() == b""
        self.writer.close()
        return received

    async def gone(self) -> None:
        """Wait until the server has ended the connection, whatever it still says."""
        async with asyncio.timeout(SECONDS_MAX):
            with suppress(ConnectionError):
                while await self.reader.read(65_536):
                    pass
        self.writer.close()

    def cut(self) -> None:
        """As a power loss does."""
        self.writer.close()
        self.writer.transport.abort()

    # -- OCPP -----------------------------------------------------------------------------------

    async def message(self, seconds: float = SECONDS_MAX) -> Any:
        """The next text message, as JSON."""
        received = await self.receive(seconds)
        assert received.opcode == TEXT, (received, received.opcode == CLOSE and received.code)
        return json.loads(received.payload)

    def start(self, action: str, payload: Any = None, id: str | None = None) -> str:
        """Send a CALL; its id."""
        self.number += 1
        number = id or f"m{self.number}"
        self.text(json.dumps([2, number, action, {} if payload is None else payload]))
        return number

    async def call(self, action: str, payload: Any = None, id: str | None = None) -> Any:
        """Send a CALL and read the frame that answers it."""
        number = self.start(action, payload, id)
        answer = await self.message()
        assert answer[1] == number, answer
        return answer

    async def silent(self, seconds: float = 0.3) -> None:
        """Nothing comes: the one thing that cannot be waited for but with a clock."""
        try:
            received = await self.receive(seconds)
        except TimeoutError:
            return
        raise AssertionError(f"not silent: {received}")
