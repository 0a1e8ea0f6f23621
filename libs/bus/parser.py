"""The NATS client protocol, read without awaiting: each message goes straight to its subscription."""

from typing import Protocol

from nats.errors import ProtocolError

CRLF = b"\r\n"
CONTROL_LINE_BYTES_MAX = 4096


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
        """Bytes of an incomplete message; before they are all here, nothing is joined."""

    def feed(self, data: bytes) -> None:
        if self.chunks:
            self.chunks.append(data)
            self.held += len(data)
            if self.held < self.wanted:
                return
            data = b"".join(self.chunks)
        taken = self.take(data)
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
                    raise ProtocolError("control line too long")
                return position
            line = data[position:line_end].split(b" ")
            verb = line[0]
            start = line_end + 2
            if verb == b"MSG":
                stop = start + int(line[-1])
                if stop + 2 > end:
                    self.wanted = stop + 2 - position
                    return position
                reply = line[3] if len(line) == 5 else b""
                on_message(int(line[2]), line[1], reply, data[start:stop], b"")
                position = stop + 2
            elif verb == b"HMSG":
                body = start + int(line[-2])
                stop = start + int(line[-1])
                if stop + 2 > end:
                    self.wanted = stop + 2 - position
                    return position
                reply = line[3] if len(line) == 6 else b""
                on_message(int(line[2]), line[1], reply, data[body:stop], data[start:body])
                position = stop + 2
            else:
                self.listener.on_control(verb, data[position + len(verb) + 1 : line_end])
                position = start
        return position
