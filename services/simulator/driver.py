"""Drives one EVSE through its visits, one timer at a time."""

from collections.abc import Callable

from libs.station import local
from libs.station.clock import Timer
from libs.station.controller import Controller
from libs.station.moment import Token
from services.simulator.day import Visit

GOODBYE_SECONDS = 4.0
"""From stopping with the card to pulling the plug."""


class Driver:
    """``visits`` says who comes next; each visit is decided when the last one is over."""

    __slots__ = ("_evse", "_over", "_station", "_timer", "_tokens", "_visit", "_visits")

    def __init__(
        self,
        station: Controller,
        evse: int,
        visits: Callable[[], Visit],
        tokens: tuple[Token, ...],
    ) -> None:
        self._station = station
        self._evse = station.evses[evse]
        self._visits = visits
        self._visit = visits()
        self._tokens = tokens
        self._timer: Timer | None = None
        self._over = False

    def start(self) -> None:
        self._wait(self._visit.gap, self._arrive)

    def stop(self) -> None:
        """Nobody comes any more, and who is there ends the session and leaves."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._over = True
        self._evse.stop("Local")
        self._evse.unplug()

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        self._timer = self._station.clock.after(seconds, then)

    @property
    def _token(self) -> Token:
        return self._tokens[self._visit.guest.token]

    def _arrive(self) -> None:
        if not self._station.ready or not self._evse.free:
            self._next()
        elif self._visit.guest.card_first:
            self._present()
            self._wait(self._visit.hesitation, self._plug)
        else:
            self._evse.plug(self._visit.guest.car)
            self._wait(self._visit.hesitation, self._present_and_stay)

    def _plug(self) -> None:
        self._evse.plug(self._visit.guest.car)
        self._stay()

    def _present_and_stay(self) -> None:
        self._present()
        self._stay()

    def _present(self) -> None:
        if self._evse.free:
            local.present(self._station, self._evse.id, self._token, self._seen)

    def _stay(self) -> None:
        self._wait(self._visit.stay, self._leave)

    def _leave(self) -> None:
        if self._visit.guest.says_goodbye and self._evse.token == self._token:
            local.present(self._station, self._evse.id, self._token, self._seen)
            self._wait(GOODBYE_SECONDS, self._unplug)
        else:
            self._unplug()

    def _unplug(self) -> None:
        self._evse.unplug()
        self._next()

    def _next(self) -> None:
        self._visit = self._visits()
        self._wait(self._visit.gap, self._arrive)

    def _seen(self, shown: str) -> None:
        """A guest who is refused stays plugged in, like people do."""
        if self._over and shown == "Accepted":
            # The server allowed it when everybody had left.
            self._evse.stop("Local")
