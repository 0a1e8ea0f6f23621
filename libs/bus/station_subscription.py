"""What an edge holds for each connected station: one subscription, without task or queue."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from libs.bus import envelope, subject
from libs.bus import header as headers
from libs.bus.envelope import Down
from libs.bus.errors import BusError, CallFailed, Offline
from libs.bus.wire import Interest, Wire
from libs.ocpp.message import Version

LATE_SECONDS = 5.0
"""How long a call may be on its way to a station that has gone."""

OnCall = Callable[[Version, str, Down, "Reply"], None]
"""``on_call(version, action, down, reply)``: synchronous; the answer may be given later."""


class Reply:
    """The way back to who called a station; used once."""

    __slots__ = ("_inbox", "_wire", "traceparent")

    def __init__(self, wire: Wire, inbox: str, traceparent: str | None) -> None:
        self._wire = wire
        self._inbox = inbox
        self.traceparent = traceparent

    def result(self, payload: bytes) -> None:
        """The station's CALLRESULT, as it came."""
        if self._inbox:
            self._wire.send(self._inbox, payload)

    def error(
        self, code: str, description: str = "", details: dict[str, Any] | None = None
    ) -> None:
        """The station's CALLERROR; its code as it came."""
        self.fail(CallFailed(code, description, details))

    def fail(self, error: BusError) -> None:
        """Anything else: ``Offline``, ``TimedOut``, ``Unavailable``."""
        if self._inbox:
            header, body = headers.error_message(error)
            self._wire.send(self._inbox, body, header=header)


class StationSubscription(Interest):
    """The CALLs to one station; gone with :meth:`unsubscribe`."""

    __slots__ = ("_on_call", "_wire")

    def __init__(self, wire: Wire, tenant: str, station: str, on_call: OnCall) -> None:
        super().__init__(subject.down_pattern(tenant, station))
        self._wire = wire
        self._on_call = on_call

    def receive(self, subject: bytes, reply: bytes, payload: bytes, header: bytes) -> None:
        _, _, _, _, version, action = subject.decode().split(".")
        trace = headers.parse(header).get(headers.TRACE) if header else None
        back = Reply(self._wire, reply.decode(), trace)
        self._on_call(cast("Version", version), action, envelope.decode_down(payload), back)

    def unsubscribe(self) -> None:
        """From now on no calls come here."""
        self._wire.ignore(self)

    def close(self) -> None:
        """The station has gone. A call that was routed here before the server knew is told so: it
        would wait for its time-out otherwise.
        """
        self._on_call = refuse
        self._wire.leave(self)
        asyncio.get_running_loop().call_later(LATE_SECONDS, self._wire.ignore, self)


def refuse(version: Version, action: str, down: Down, reply: Reply) -> None:
    reply.fail(Offline("the station's socket closed"))
