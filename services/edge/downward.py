"""The CALLs to one station: one at a time, the others wait, each until its deadline.

Every caller is told what became of its CALL: answered, error, timed out or offline.
"""

import asyncio
from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Raw

from libs.bus import BusError, CallFailed, Offline, TimedOut, Unavailable
from libs.bus.envelope import Down
from libs.bus.station_subscription import Reply
from libs.contracts.command import INVALID_ANSWER
from libs.ocpp import catalog, frame
from libs.ocpp.fault import Code, Violation, spell
from libs.ocpp.frame import CallError, CallResult, FrameFault
from libs.runtime import log
from services.edge import counters
from services.edge.inspection import conform
from services.edge.journal import Exchange, error_of, now

if TYPE_CHECKING:
    from services.edge.connection import Connection

logger = log.get("edge")


class Outgoing:
    """A CALL to the station, waiting or sent."""

    __slots__ = ("action", "at", "given_up", "id", "payload", "quirks", "reply", "timer")

    def __init__(self, id: str, action: str, payload: Raw, reply: Reply) -> None:
        self.id = id
        self.action = action
        self.payload = payload
        self.reply = reply
        self.at: datetime = now()
        self.quirks: list[str] = []
        self.timer: asyncio.TimerHandle | None = None
        self.given_up = False
        """Its caller was told that it took too long; the station is still at it."""

    def exchange(self) -> Exchange:
        return Exchange("down", self.id, self.action, self.payload, self.at, self.quirks)


class Downward:
    """What is under way to the station; made with the first CALL to it."""

    __slots__ = ("connection", "count", "current", "waiting")

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection
        self.count = 0
        self.current: Outgoing | None = None
        self.waiting: deque[Outgoing] = deque()

    @property
    def idle(self) -> bool:
        return self.current is None and not self.waiting

    def call(self, action: str, down: Down, reply: Reply) -> None:
        """Send it, now or when its turn comes."""
        app = self.connection.app
        if len(self.waiting) >= app.limits.calls_down_waiting_max:
            self.tell(
                reply, Unavailable(f"{len(self.waiting)} CALLs wait for this station already")
            )
            return
        counters.calls_down.value += 1
        self.count += 1
        # An epoch is given once on the whole platform, so the id is unique for all time (part 4,
        # 4.1.4).
        outgoing = Outgoing(f"{self.connection.epoch}-{self.count}", action, down.payload, reply)
        outgoing.timer = app.loop.call_later(down.timeout_seconds, self.expire, outgoing)
        self.waiting.append(outgoing)
        if self.current is None:
            self.next()

    def next(self) -> None:
        """The slot is free."""
        self.current = outgoing = self.waiting.popleft() if self.waiting else None
        if outgoing is None:
            self.connection.settled()
            return
        outgoing.at = now()
        data = frame.encode_call(outgoing.id, outgoing.action, bytes(outgoing.payload))
        self.connection.send(data)

    # -- what the station says --------------------------------------------------------------------

    def result(self, result: CallResult) -> bool:
        """An answer; false when nobody waits for it (any more)."""
        outgoing = self.current
        if outgoing is None or outgoing.id != result.id:
            return False
        try:
            payload = self.checked(outgoing, bytes(result.payload))
        except Violation as violation:
            self.dispute(outgoing, violation.code, violation.description)
            return True
        self.finish(outgoing)
        if outgoing.given_up:
            counters.late.value += 1
        else:
            self.hand_over(outgoing, payload)
        self.connection.app.journal.answered(self.connection, outgoing.exchange(), result.payload)
        self.next()
        return True

    def hand_over(self, outgoing: Outgoing, payload: bytes) -> None:
        counters.outcome("answered")
        try:
            outgoing.reply.result(payload)
        except BusError as error:
            logger.warning(
                "answer of a station lost", station=self.connection.station, reason=str(error)
            )

    def checked(self, outgoing: Outgoing, payload: bytes) -> bytes:
        """The answer as it goes to the caller: as it came, or mended."""
        kind = catalog.find(self.connection.version, outgoing.action)
        if kind is None:
            return payload
        strict, expects = self.connection.strict, self.connection.expects
        mended = conform(kind.response, payload, strict=strict, expects=expects)
        outgoing.quirks += [quirk for quirk in mended.quirks if self.connection.quirk(quirk)]
        return mended.payload

    def dispute(self, outgoing: Outgoing, code: Code, description: str) -> None:
        """The answer is not what the message's type says; 2.1 stations are told."""
        if self.connection.version == "v21":
            self.connection.send(frame.encode_result_error(outgoing.id, code, description, {}))
        spelled = spell(code, self.connection.version)
        self.fail(outgoing, CallFailed(spelled, f"{INVALID_ANSWER}: {description}"))

    def error(self, error: CallError) -> bool:
        """CALLERROR; false when nobody waits for it."""
        outgoing = self.current
        if outgoing is None or outgoing.id != error.id:
            return False
        self.fail(outgoing, CallFailed(error.code, error.description, error.details))
        return True

    def broken(self, id: str, fault: FrameFault) -> bool:
        """A frame that is none, under the id of our CALL: the answer will never be better."""
        outgoing = self.current
        if outgoing is None or outgoing.id != id:
            return False
        self.dispute(outgoing, fault.code, fault.description)
        return True

    # -- how it ends ------------------------------------------------------------------------------

    def expire(self, outgoing: Outgoing) -> None:
        """The deadline has come. A station that still answers does so in vain; its slot is free,
        unless it is known to take longer, and to be able to do one thing only.
        """
        if outgoing is self.current:
            if not outgoing.given_up:
                counters.outcome("timeout")
                self.tell(outgoing.reply, TimedOut("the station did not answer in time"))
                if self.lingers(outgoing):
                    return
            self.finish(outgoing)
            self.connection.app.journal.failed(self.connection, outgoing.exchange(), "timeout")
            self.next()
        else:
            self.waiting.remove(outgoing)
            counters.outcome("expired")
            self.tell(outgoing.reply, TimedOut("its turn did not come in time"))

    def lingers(self, outgoing: Outgoing) -> bool:
        """Whether a slow station keeps its slot, until it answers or its own time is over."""
        speech = self.connection.speech
        if speech is None or speech.answer_seconds is None:
            return False
        rest = speech.answer_seconds - (now() - outgoing.at).total_seconds()
        if rest <= 0:
            return False
        outgoing.given_up = True
        outgoing.timer = self.connection.app.loop.call_later(rest, self.expire, outgoing)
        return True

    def end(self) -> None:
        """The socket is closed."""
        current, waiting = self.current, list(self.waiting)
        self.waiting.clear()
        for outgoing in (current, *waiting):
            if outgoing is not None:
                self.finish(outgoing)
            if outgoing is not None and not outgoing.given_up:
                counters.outcome("offline")
                self.tell(outgoing.reply, Offline("the station's socket closed"))
        if current is not None:
            self.connection.app.journal.failed(self.connection, current.exchange(), "unanswered")

    def fail(self, outgoing: Outgoing, failure: CallFailed) -> None:
        self.finish(outgoing)
        if not outgoing.given_up:
            counters.outcome("error")
            self.tell(outgoing.reply, failure)
        error = error_of(failure.code, failure.description, failure.details)
        self.connection.app.journal.failed(self.connection, outgoing.exchange(), "error", error)
        self.next()

    def finish(self, outgoing: Outgoing) -> None:
        if outgoing.timer is not None:
            outgoing.timer.cancel()
        if outgoing is self.current:
            self.current = None

    def tell(self, reply: Reply, failure: BusError) -> None:
        """Tell the caller; when even that cannot be said, its own time-out does."""
        try:
            reply.fail(failure)
        except BusError as error:
            logger.warning(
                "outcome of a call lost", station=self.connection.station, reason=str(error)
            )
