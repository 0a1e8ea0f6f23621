"""The station's own CALLs: one unanswered at a time, the others in line (OCPP-J: one per
direction).
"""

import secrets
from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct

from libs.ocpp import catalog, codec, frame
from libs.ocpp.fault import Violation
from libs.ocpp.message import Request, Version
from libs.station.clock import Clock, Timer
from libs.station.observer import Observer

LINE_MAX = 200
"""CALLs that may wait in line; beyond it they fail at once."""


class Failure(Struct, frozen=True):
    """Why a CALL has no answer: CALLERROR, silence, a broken connection, a wrong answer."""

    kind: Literal["error", "timeout", "lost", "invalid"]
    code: str = ""
    description: str = ""


Done = Callable[[Any], None]
"""Gets the typed answer or a Failure, once."""


class Asked(Struct, frozen=True):
    request: Request[Any]
    done: Done
    id: str


class Calls:
    """``send`` writes a frame. Every id is new for ever, whatever the seed of the station is:
    servers remember ids.
    """

    __slots__ = (
        "_clock", "_count", "_deadline", "_flying", "_line", "_observer", "_prefix", "_send",
        "_sent_at", "_timer", "_version", "timeout_seconds",
    )  # fmt: skip

    def __init__(
        self, version: Version, clock: Clock, send: Callable[[bytes], None], observer: Observer
    ) -> None:
        self.timeout_seconds = 30.0
        self._version: Version = version
        self._clock = clock
        self._send = send
        self._observer = observer
        self._prefix = secrets.token_hex(8)
        self._count = 0
        self._line: list[Asked] = []
        self._flying: Asked | None = None
        self._sent_at = self._deadline = 0.0
        self._timer: Timer | None = None

    @property
    def quiet(self) -> bool:
        """Nothing is on its way or in line."""
        return self._flying is None and not self._line

    def new_id(self) -> str:
        self._count += 1
        return f"{self._prefix}-{self._count}"

    def ask(self, request: Request[Any], done: Done, *, id: str | None = None) -> str:
        """Send a CALL as soon as it is its turn; returns its message id."""
        asked = Asked(request, done, id or self.new_id())
        if self._flying is None:
            self._fly(asked)
        elif len(self._line) < LINE_MAX:
            self._line.append(asked)
        else:
            done(Failure("lost", description="too many calls wait in line"))
        return asked.id

    def result(self, answer: frame.CallResult) -> None:
        asked = self._landed(answer.id)
        if asked is None:
            return
        request = catalog.find(self._version, asked.request.action)
        response = request.response if request else type(asked.request).response
        try:
            message = codec.decode(response, bytes(answer.payload))
        except Violation as violation:
            if self._version == "v21":
                self._complain(answer.id, violation)
            self._fail(asked, Failure("invalid", violation.code, violation.description))
            return
        self._observer.exchange(asked.request.action, self._clock.wheel.now() - self._sent_at)
        self._settle(asked, message)

    def error(self, answer: frame.CallError) -> None:
        asked = self._landed(answer.id)
        if asked is not None:
            self._fail(asked, Failure("error", answer.code, answer.description))

    def drop(self) -> None:
        """The connection is gone, and with it all that was asked."""
        lost = [*([self._flying] if self._flying else []), *self._line]
        self._flying, self._line = None, []
        for asked in lost:
            self._observer.failed(asked.request.action, "lost", "")
            asked.done(Failure("lost"))

    def _fly(self, asked: Asked) -> None:
        self._flying = asked
        self._sent_at = self._clock.wheel.now()
        self._deadline = self._sent_at + self.timeout_seconds / self._clock.link_speed
        if self._timer is None:
            self._timer = self._clock.after_patience(self.timeout_seconds, self._late)
        payload = codec.encode(asked.request)
        self._send(frame.encode_call(asked.id, asked.request.action, payload))

    def _late(self) -> None:
        """One timer serves all calls in turn: it sleeps on when the call it was set for was
        answered.
        """
        self._timer = None
        if self._flying is None:
            return
        left = self._deadline - self._clock.wheel.now()
        if left > 0:
            self._timer = self._clock.wheel.after(left, self._late)
            return
        asked, self._flying = self._flying, None
        self._fail(asked, Failure("timeout"))

    def _landed(self, id: str) -> Asked | None:
        """The call that this answers; an answer that came too late belongs to none."""
        if self._flying is None or self._flying.id != id:
            return None
        asked, self._flying = self._flying, None
        return asked

    def _fail(self, asked: Asked, failure: Failure) -> None:
        text = f"{failure.code} {failure.description}".strip()
        self._observer.failed(asked.request.action, failure.kind, text)
        self._settle(asked, failure)

    def _settle(self, asked: Asked, outcome: Any) -> None:
        asked.done(outcome)
        if self._flying is None and self._line:
            self._fly(self._line.pop(0))

    def _complain(self, id: str, violation: Violation) -> None:
        """2.1 tells the server that its answer is wrong."""
        self._send(frame.encode_result_error(id, violation.code, violation.description, {}))
