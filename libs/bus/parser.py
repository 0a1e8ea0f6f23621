"""The NATS client protocol, read without awaiting: each message goes straight to who listens."""

from typing import Protocol

from nats.errors import ProtocolError

CRLF = b"\r\n"
CONTROL_LINE_BYTES_MAX = 64 << 10
"""A server's INFO names all servers of its cluster."""


class Listener(Protocol):
    """Who hears what the server says."""

    def on_message(
        self, sid: int, subject: bytes, reply: bytes, payload: bytes, header: bytes
    ) -> None: ...

    def on_control(self, verb: bytes, rest: bytes) -> None: ...


class Parser:
    """Fed with what the socket brings; keeps the incomplete rest."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.chunks: list[bytes] = []
        self.held = 0
        self.wanted = 0
        """Size of an incomplete message: before it is all here, nothing is joined."""

    def feed(self, data: bytes) -> None:
        """Handle what is complete. Raises ``ProtocolError``."""
        if self.chunks:
            self.chunks.append(data)
            self.held += len(data)
            if self.held < self.wanted:
                return
            data = b"".join(self.chunks)
        try:
            taken = self.take(data)
        except (ValueError, IndexError) as error:
            raise ProtocolError(f"malformed line from the server: {error}") from None
        rest = data[taken:] if taken else data
        self.chunks = [rest] if rest else []
        self.held = len(rest)

    def take(self, data: bytes) -> int:
        """Handle all complete messages; how many bytes they were."""
        position, end = 0, len(data)
        on_message = self.listener.on_message
        self.wanted = 0
        while position < end:
            line_end = data.find(CRLF, position)
            if line_end < 0:
                if end - position > CONTROL_LINE_BYTES_MAX:
                    raise ProtocolError("a line without end from the server")
                break
            line = data[position:line_end].split(b" ")
            verb = line[0]
            body = line_end + 2
            if verb not in {b"MSG", b"HMSG"}:
                self.listener.on_control(verb, data[position + len(verb) + 1 : line_end])
                position = body
                continue
            # MSG subject sid [reply] size, HMSG subject sid [reply] header-size size
            after = body + int(line[-1])
            if after + 2 > end:
                self.wanted = after + 2 - position
                break
            if verb == b"MSG":
                reply = line[3] if len(line) == 5 else b""
                on_message(int(line[2]), line[1], reply, data[body:after], b"")
            else:
                reply = line[3] if len(line) == 6 else b""
                start = body + int(line[-2])
                on_message(int(line[2]), line[1], reply, data[start:after], data[body:start])
            position = after + 2
        return position
