"""The CALLs of one station: one at a time, in order, each asked of the service that owns its
action.

An owner that is away is asked again inside a hold time just under the stations' own time-out. Then
there is
silence: who gets no answer repeats, who gets CALLERROR may drop the message for good.
"""

import asyncio
import random
from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Raw, Struct

from libs.bus import BusError, CallFault, envelope
from libs.bus.envelope import Up
from libs.bus.trace import TRACEPARENT
from libs.ocpp import frame
from libs.ocpp.fault import spell
from libs.ocpp.frame import Call, Send
from libs.runtime import log, trace
from services.edge import counters, gate
from services.edge.inspection import inspect, sent_by_stations, unwrapped
from services.edge.journal import Exchange, error_of, now
from services.edge.replay import Replay
from services.edge.websocket import POLICY_VIOLATION

if TYPE_CHECKING:
    from services.edge.connection import Connection

logger = log.get("edge")

HEARTBEAT = "Heartbeat"
EMPTY = b"{}"

OVERLAPPING = "CALL before the answer to the last"
REUSED = "message id used again"


class Pending(Struct, gc=False):
    """A CALL under way or waiting."""

    call: Call
    frame: bytes
    at: datetime
    quirks: list[str] = []


class Upward:
    """What is under way from the station; a task runs only while something is."""

    __slots__ = ("connection", "current", "replay", "sends", "waiting")

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection
        self.current: Pending | None = None
        self.waiting: deque[Pending] | None = None
        self.replay: Replay | None = None
        self.sends = 0
        """SENDs under way."""

    @property
    def idle(self) -> bool:
        return self.current is None

    # -- frames come in -------------------------------------------------------------------------

    def receive(self, call: Call, data: bytes) -> None:
        connection = self.connection
        if (
            call.action == HEARTBEAT
            and connection.boot_status == "Accepted"
            and bytes(call.payload) == EMPTY
        ):
            self.beat(call)
            return
        pending = Pending(call, data, now())
        if self.replay is not None:
            match self.replay.verdict(call.id, data):
                case "new":
                    pass
                case "reused":
                    self.quirk(pending, REUSED)
                case "repeated":
                    counters.repeated.value += 1
                    connection.send(self.replay.answer(call.id))
                    return
        if self.current is None:
            self.current = pending
            connection.app.tasks.start(self.work(pending))
        else:
            self.wait(pending)

    def beat(self, call: Call) -> None:
        """A Heartbeat asks for the time, and nobody else knows it better. The log record is its
        publication.
        """
        at = now()
        answer = heartbeat_answer(at)
        self.connection.send(frame.encode_result(call.id, answer))
        exchange = Exchange("up", call.id, HEARTBEAT, EMPTY, at)
        self.connection.app.journal.answered(self.connection, exchange, answer)

    def wait(self, pending: Pending) -> None:
        """A station must wait for its answer (part 4, 4.1.1); one that does not is served in
        order, up to a limit.
        """
        waiting = self.waiting or deque()
        for other in (self.current, *waiting):
            if other is not None and other.frame == pending.frame:
                counters.repeated.value += 1
                return
        if len(waiting) >= self.connection.app.limits.calls_waiting_max:
            self.connection.close(POLICY_VIOLATION, "too many CALLs before an answer")
            return
        self.quirk(pending, OVERLAPPING)
        waiting.append(pending)
        self.waiting = waiting

    def send(self, sent: Send) -> None:
        """A SEND is never answered (2.1 part 4); what is wrong with it is counted."""
        if self.sends >= self.connection.app.limits.calls_waiting_max:
            counters.silent("SEND too often")
            return
        self.sends += 1
        pending = Pending(Call(sent.id, sent.action, sent.payload), b"", now())
        self.connection.app.tasks.start(self.pass_on(pending))

    # -- one after the other --------------------------------------------------------------------

    async def work(self, pending: Pending) -> None:
        """Handle a CALL and those that came meanwhile; what a closed socket left behind nobody
        waits for.
        """
        try:
            await self.handle(pending)
            while self.waiting and self.connection.socket is not None:
                self.current = self.waiting.popleft()
                await self.handle(self.current)
        finally:
            self.waiting = self.current = None
        self.connection.settled()

    async def handle(self, pending: Pending) -> None:
        counters.calls_up.value += 1
        if not trace.sampled():
            await self.exchange_of(pending)
            return
        with trace.root(
            "station call", action=pending.call.action, station=self.connection.station
        ):
            token = TRACEPARENT.set(trace.traceparent())
            try:
                await self.exchange_of(pending)
            finally:
                TRACEPARENT.reset(token)

    async def exchange_of(self, pending: Pending) -> None:
        """Ask, answer, tell the log."""
        call = pending.call
        try:
            answer = await self.answer(pending)
        except CallFault as fault:
            self.refuse(pending, fault)
        except BusError as error:
            self.give_up(pending, error)
        except Exception:
            logger.exception("CALL could not be handled", action=call.action)
            self.give_up(pending, BusError("the edge could not handle it", code="InternalError"))
        else:
            delivered = self.say(pending, frame.encode_result(call.id, answer))
            self.connection.app.journal.record(
                self.connection,
                self.exchange(pending),
                "answered" if delivered else "unanswered",
                response=answer,
            )

    async def answer(self, pending: Pending) -> bytes:
        """The payload of the CALLRESULT. ``CallFault``: the CALLERROR; another ``BusError``: no
        answer came.
        """
        connection, version = self.connection, self.connection.version
        call = unwrapped(version, pending.call)
        action = call.action
        refusal = gate.refusal(
            connection.boot_status, version=version, action=action, asked_for=connection.asked_for
        )
        if refusal is not None and not connection.early(action):
            raise CallFault("SecurityError", refusal)
        inspected = inspect(
            version,
            action,
            bytes(call.payload),
            strict=connection.strict,
            expects=connection.expects,
        )
        for quirk in inspected.quirks:
            self.quirk(pending, quirk)
        if action == HEARTBEAT:
            return heartbeat_answer(now())
        up = Up(
            id=call.id,
            received_at=pending.at,
            edge=connection.app.name,
            epoch=connection.epoch,
            payload=Raw(inspected.payload),
            quirks=pending.quirks,
            violation=inspected.violation,
        )
        answer = await self.ask(action, envelope.encode(up))
        if action == gate.BOOT:
            connection.booted(answer)
        return answer

    async def ask(self, action: str, body: bytes) -> bytes:
        """Ask the owner, again and again while it is away, inside the hold time."""
        connection, limits = self.connection, self.connection.app.limits
        clock = connection.app.loop.time
        deadline = clock() + limits.hold_seconds
        pause = limits.retry_seconds_min
        while True:
            try:
                return await connection.app.bus.up(
                    connection.tenant,
                    connection.station,
                    connection.version,
                    action,
                    body,
                    timeout=min(limits.attempt_seconds, deadline - clock()),
                )
            except BusError as error:
                wait = random.uniform(pause / 2, pause)
                if not error.passing or clock() + wait >= deadline or connection.socket is None:
                    raise
            counters.retries.value += 1
            await asyncio.sleep(wait)
            pause = min(pause * 2, limits.retry_seconds_max)

    async def pass_on(self, pending: Pending) -> None:
        """Publish a SEND; its owner's answer is of no interest to anybody."""
        counters.calls_up.value += 1
        exchange = self.exchange(pending)
        journal = self.connection.app.journal
        try:
            kind = sent_by_stations(self.connection.version, pending.call.action)
            if not kind.unanswered:
                raise CallFault("NotSupported", f"{kind.action} is a CALL, not a SEND")
            await self.answer(pending)
        except BusError as error:
            journal.failed(
                self.connection, exchange, "error", error_of(error.code, error.description)
            )
        else:
            journal.failed(self.connection, exchange, "unanswered")
        finally:
            self.sends -= 1

    # -- how it ends ----------------------------------------------------------------------------

    def refuse(self, pending: Pending, fault: CallFault) -> None:
        """CALLERROR, in the version's spelling."""
        code = spell(fault.fault, self.connection.version)
        counters.error(fault.fault)
        self.say(
            pending, frame.encode_error(pending.call.id, code, fault.description, fault.details)
        )
        error = error_of(code, fault.description, fault.details)
        self.connection.app.journal.failed(self.connection, self.exchange(pending), "error", error)

    def give_up(self, pending: Pending, error: BusError) -> None:
        """No answer came. A broken handler is told to the station, unless the message is the
        ledger's.
        """
        version, action = self.connection.version, pending.call.action
        if not error.passing and not gate.is_transaction(version, action):
            self.refuse(pending, CallFault("InternalError", "the platform could not handle it"))
            return
        counters.silent(error.code)
        logger.warning(
            "CALL left without an answer",
            tenant=self.connection.tenant,
            station=self.connection.station,
            action=action,
            reason=str(error),
        )
        told = error_of(error.code, error.description)
        self.connection.app.journal.failed(
            self.connection, self.exchange(pending), "unanswered", told
        )

    def say(self, pending: Pending, answer: bytes) -> bool:
        """Send an answer, and keep it for the case that it gets lost. False: the socket is gone."""
        if self.replay is None:
            self.replay = Replay(self.connection.app.limits.answers_remembered_max)
        self.replay.remember(pending.call.id, pending.frame, answer)
        self.connection.send(answer)
        return self.connection.socket is not None

    def exchange(self, pending: Pending) -> Exchange:
        call = pending.call
        return Exchange("up", call.id, call.action, call.payload, pending.at, pending.quirks)

    def quirk(self, pending: Pending, name: str) -> None:
        if self.connection.quirk(name):
            pending.quirks.append(name)


def heartbeat_answer(at: datetime) -> bytes:
    """UTC with milliseconds (2.x part 4: at most three digits)."""
    return b'{"currentTime":"%bZ"}' % at.isoformat(timespec="milliseconds")[:-6].encode()
