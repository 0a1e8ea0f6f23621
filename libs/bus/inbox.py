# ruff: noqa: ASYNC109 - a timer of the event loop costs less than a timeout context
"""Request and reply: one subscription for all answers, a future for each question."""

import asyncio
import secrets

from libs.bus import header as headers
from libs.bus.errors import NoOwner, TimedOut, Unavailable
from libs.bus.wire import Listening, Wire


class Reply:
    """What came back: the body, and the header if there is one."""

    __slots__ = ("body", "header")

    def __init__(self, body: bytes, header: bytes) -> None:
        self.body = body
        self.header = header


class Inbox:
    """Where the answers to one connection's requests arrive."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._loop = asyncio.get_running_loop()
        self.prefix = f"{wire.inbox_prefix}.{secrets.token_hex(8)}."
        self._skip = len(self.prefix)
        self._count = 0
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._brittle: set[int] = set()
        wire.listen(Listening(f"{self.prefix}*", self._receive))
        wire.on_lost.append(self._lost)

    def __len__(self) -> int:
        """Questions without an answer."""
        return len(self._waiting)

    async def request(
        self,
        subject: str,
        payload: bytes,
        timeout: float,
        *,
        header: bytes = b"",
        patient: bool = False,
    ) -> Reply:
        """Ask. ``NoOwner`` at once when nobody listens; ``TimedOut``; ``Unavailable`` without NATS.

        When the connection is lost meanwhile, the answer may be lost with it: ``Unavailable`` at
        once, unless ``patient``, which is for what must not be asked twice.
        """
        wire = self._wire
        if not wire.is_connected:
            raise Unavailable("no connection to NATS")
        self._count = token = self._count + 1
        wire.send(subject, payload, f"{self.prefix}{token}", header)
        future: asyncio.Future[Reply] = self._loop.create_future()
        self._waiting[token] = future
        if not patient:
            self._brittle.add(token)
        timer = self._loop.call_later(timeout, self._expire, token, timeout)
        try:
            reply = await future
        finally:
            timer.cancel()
            self._waiting.pop(token, None)
            self._brittle.discard(token)
        if reply.header and headers.status(reply.header) == headers.NO_RESPONDERS:
            raise NoOwner(f"nobody answers {subject}")
        return reply

    def _receive(self, subject: bytes, _reply: bytes, payload: bytes, header: bytes) -> None:
        future = self._waiting.pop(int(subject[self._skip :]), None)
        if future is not None and not future.done():
            future.set_result(Reply(payload, header))

    def _expire(self, token: int, timeout: float) -> None:
        future = self._waiting.pop(token, None)
        if future is not None and not future.done():
            future.set_exception(TimedOut(f"no answer within {timeout:g} s"))

    def close(self) -> None:
        """Nobody will answer any more."""
        self._brittle.update(self._waiting)
        self._lost()

    def _lost(self) -> None:
        for token in list(self._brittle):
            future = self._waiting.pop(token, None)
            if future is not None and not future.done():
                future.set_exception(Unavailable("the connection to NATS was lost"))
