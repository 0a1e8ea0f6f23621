# ruff: noqa: ASYNC109 - deadlines in common cost less than a timeout context each
"""Request and reply: one subscription for all answers, a future for each question."""

import asyncio
import secrets
from collections.abc import Iterable, Sequence

from libs.bus import header as headers
from libs.bus.deadline import Deadlines
from libs.bus.errors import NoOwner, TimedOut, Unavailable
from libs.bus.wire import Listening, Wire

Reply = tuple[bytes, bytes]
"""Body and header; the header is empty in most."""


class Inbox:
    """Where the answers to one connection's requests arrive."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._loop = asyncio.get_running_loop()
        self.prefix = f"{wire.inbox_prefix}.{secrets.token_hex(8)}."
        self._skip = len(self.prefix)
        self._count = 0
        self._waiting: dict[int, asyncio.Future[Reply | None]] = {}
        self._patient: set[int] = set()
        self._deadlines = Deadlines(self._expire)
        wire.listen(Listening(f"{self.prefix}*", self._receive))
        wire.on_lost.append(self._lost)

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
        if not self._wire.alive:
            raise Unavailable("no connection to NATS")
        self._count = token = self._count + 1
        self._wire.send(subject, payload, f"{self.prefix}{token}", header)
        future = self._waiting[token] = self._loop.create_future()
        if patient:
            self._patient.add(token)
        self._deadlines.add(token, timeout)
        try:
            reply = await future
        finally:
            self._waiting.pop(token, None)
            if patient:
                self._patient.discard(token)
        if reply is None:
            raise TimedOut(f"no answer within {timeout:g} s")
        if reply[1] and headers.status(reply[1]) == headers.NO_RESPONDERS:
            raise NoOwner(f"nobody answers {subject}")
        return reply

    def close(self) -> None:
        """Nobody will answer any more."""
        self._deadlines.close()
        self._give_up(list(self._waiting))

    def _receive(self, subject: bytes, _reply: bytes, payload: bytes, header: bytes) -> None:
        future = self._waiting.pop(int(subject[self._skip :]), None)
        if future is not None and not future.done():
            future.set_result((payload, header))

    def _expire(self, tokens: Sequence[int]) -> None:
        for token in tokens:
            future = self._waiting.pop(token, None)
            if future is not None and not future.done():
                future.set_result(None)

    def _lost(self) -> None:
        self._give_up([token for token in self._waiting if token not in self._patient])

    def _give_up(self, tokens: Iterable[int]) -> None:
        for token in tokens:
            future = self._waiting.pop(token)
            if not future.done():
                future.set_exception(Unavailable("the connection to NATS was lost"))
