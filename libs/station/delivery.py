"""Tells the server what waits in the transaction queue: in order, again when it fails, given up in
the end.
"""

from collections.abc import Callable
from typing import Any

from libs.station.calls import Calls, Failure
from libs.station.clock import Clock, Timer
from libs.station.configuration import Configuration
from libs.station.dialect import Dialect
from libs.station.flash import Flash
from libs.station.moment import Moment, Verdict
from libs.station.observer import Observer
from libs.station.queue import Attempts, TransactionQueue

Heard = Callable[[Moment, Verdict | None], None]
"""Hears the answer to a transaction message."""


class Delivery:
    """Messages go out only between ``open`` and ``close``: while connected and accepted by the
    server.
    """

    __slots__ = (
        "_calls", "_clock", "_configuration", "_dialect", "_flash", "_heard", "_observer", "_open",
        "_retry", "_round", "_same_id", "_used_id", "queue",
    )  # fmt: skip

    def __init__(
        self,
        *,
        flash: Flash,
        calls: Calls,
        clock: Clock,
        dialect: Dialect,
        configuration: Configuration,
        observer: Observer,
        heard: Heard,
        same_id: bool = False,
    ) -> None:
        self.queue = TransactionQueue(flash.waiting)
        self._flash = flash
        self._calls = calls
        self._clock = clock
        self._dialect = dialect
        self._configuration = configuration
        self._observer = observer
        self._heard = heard
        self._same_id = same_id
        self._used_id: str | None = None
        self._retry: Timer | None = None
        self._open = False
        self._round = 0

    def add(self, moment: Moment) -> None:
        if not self._dialect.tells(moment):
            return
        self._observer.queued(moment)
        for shed in self.queue.add(moment):
            self._observer.settled(shed, "shed", self._clock.now(), None)
        self._pump()

    def open(self) -> None:
        self._open = True
        self._pump()

    def close(self) -> None:
        """The connection is gone; what was on its way is told again over the next one."""
        self._open = False
        self._round += 1
        self.queue.interrupt()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _pump(self) -> None:
        moment = self.queue.head()
        if moment is None or not self._open or self.queue.sending or self._retry is not None:
            return
        self.queue.sending = True
        request = self._dialect.transaction(moment, self._flash.aliases.get(moment.transaction))
        this_round = self._round
        if not self._same_id:
            self._used_id = None

        def done(answer: Any) -> None:
            # An answer of a connection that is gone says nothing about the attempt that is under
            # way now.
            if this_round == self._round:
                self._done(moment, answer)

        self._used_id = self._calls.ask(request, done, id=self._used_id)
        self._observer.sent(moment, self._used_id, self._clock.now())

    def _done(self, moment: Moment, answer: Any) -> None:
        if isinstance(answer, Failure):
            self._failed(moment, answer)
            return
        if (alias := getattr(answer, "transaction_id", None)) is not None:
            self._flash.aliases[moment.transaction] = alias
        self._settle(moment, "answered")
        self._heard(moment, self._dialect.verdict(answer))
        self._pump()

    def _failed(self, moment: Moment, failure: Failure) -> None:
        if failure.kind == "lost":
            self.queue.interrupt()
            return
        read = self._configuration.integer
        attempts = Attempts(
            limit=read("OCPPCommCtrlr.MessageAttempts[TransactionEvent]"),
            interval_seconds=read("OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]"),
        )
        wait = self.queue.fail(attempts)
        if wait is None:
            self._settle(moment, "given up")
            self._pump()
            return
        self._retry = self._clock.after_patience(wait, self._again)

    def _again(self) -> None:
        self._retry = None
        self._pump()

    def _settle(self, moment: Moment, outcome: Any) -> None:
        self.queue.take()
        self._used_id = None
        alias = self._flash.aliases.get(moment.transaction)
        if moment.kind == "Ended":
            self._flash.aliases.pop(moment.transaction, None)
        self._observer.settled(moment, outcome, self._clock.now(), alias)
